import type { EdgeAgentConfig, MachineConfig } from '#contracts/config/edge-agent.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { FailedItem, SourceMachine, SourceSink } from '../../pipeline/source.ts';
import type { UaFailure } from './failure.ts';
import type { NotificationReader } from './notification-reader.ts';
import type { Pace } from './pace.ts';
import type { OwnIdentity } from './pki.ts';
import type { UaServices } from './session.ts';

export interface ItemsReport {
  readonly live: number;
  /** Signals that cannot be watched, each with its reason. */
  readonly failed: readonly FailedItem[];
  readonly detail: string;
}

/** What a connection to one machine works with, and whom it tells. */
export interface LiveSessionOptions {
  readonly config: MachineConfig;
  readonly machine: SourceMachine;
  readonly client: EdgeAgentConfig['opcua'];
  readonly identity: () => Promise<OwnIdentity>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly sink: SourceSink;
  /** Outlives this connection: it knows what was delivered last. */
  readonly reader: NotificationReader;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** The signals were marked Bad: fresh values are owed once online. */
  readonly wasAway: boolean;
  /** Session that a lost connection left behind. */
  readonly resume: UaServices | undefined;
  /** The old subscription was there and silent: a new one is made, the old one deleted. */
  readonly startAfresh: boolean;
  /** Requests are made so many times smaller than the server allows. */
  readonly caution: number;
  /** The server did not go back to English once: it is not asked for names in other languages any more. */
  readonly keepsLanguage: boolean;
  /** Last sign of life, ms since 1970 on the agent's clock; outlives this connection. */
  readonly alive: { ms: number };
  readonly onPhase: (phase: 'connecting' | 'browsing' | 'subscribing') => void;
  readonly onItems: (items: ItemsReport) => void;
  readonly onOnline: () => void;
  readonly onSilent: (failure: UaFailure) => void;
}
