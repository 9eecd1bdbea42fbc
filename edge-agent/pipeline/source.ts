/**
 * The joint between what reads a machine (`sources/*`) and what keeps and sends it (journal, publish).
 * One source serves one machine and owns its session; it knows nothing of the journal or MQTT.
 */
import type { AgentHealth, PathProblem } from '#contracts/delivery.ts';
import type { WireCatalogue, WireSignal } from '#contracts/catalogue.ts';
import type { ConditionBody, ConditionCommand, ConditionResult, MachineEvent } from '#contracts/condition.ts';
import type { SampleBatch } from '#domain/sample-batch.ts';
import type { SampleValue } from '#domain/sample.ts';
import type { StatusCode } from '#domain/status-code.ts';
import type { TimeNs } from '#domain/time.ts';

/** `connecting` (never online yet), `online`, `silent` (session there, no sign of life), `offline`, `refused` (certificate, login, configuration). */
export type MachineLink = AgentHealth['machines'][number]['state'];

export type FailedItem = NonNullable<AgentHealth['machines'][number]['failed']>[number];

export interface SourceState {
  readonly link: MachineLink;
  /** Items that deliver, and items the server refused (each with its reason in the log). */
  readonly items: number;
  readonly failedItems: number;
  /** The first of those that failed, at most 20. */
  readonly failed?: readonly FailedItem[] | undefined;
  /** Plain sentence: what happened, what to check. At most 500 characters. */
  readonly detail?: string | undefined;
  /** Of what keeps the machine from being read. */
  readonly problem?: PathProblem | undefined;
}

export interface Source {
  /** Resolves when the source works on its own (it need not be connected yet); never rejects for a server that is away. */
  start(sink: SourceSink, signal: AbortSignal): Promise<void>;
  /**
   * Idempotent, bounded in time. `keep`: the server-side subscription is left alive for a take-over (the agent
   * stops or restarts); `remove`: everything on the server is deleted (the machine left the configuration).
   */
  stop(how: 'keep' | 'remove'): Promise<void>;
  state(): SourceState;
  /** What somebody does about an alarm of the machine; absent where a source has no alarms. Never rejects. */
  command?(command: ConditionCommand): Promise<Omit<ConditionResult, 'id'>>;
}

export type SourceMachine = WireCatalogue['machine'];
export type SourceSignal = Omit<WireSignal, 'alias'>;

/** Where a group of samples comes from. */
export type SampleOrigin =
  /** First delivery of a Publish response. Always appended. */
  | 'publish'
  /** Republish. A notification that is journaled already is not appended again (the call resolves at once). */
  | 'republish'
  /**
   * Read of current values, ResendData, first values of a new subscription: rows equal to the signal's newest (time, status,
   * value) are left out. One that is not newer than the mark which `link` set (machine was away) keeps its own time, flagged
   * historical, and the agent says the value once more at its own time, flagged so: the mark ends there.
   */
  | 'refresh'
  /** HistoryRead: rows flagged historical; one equal to the signal's newest is left out, the rest is the source's care. */
  | 'history';

export interface NotificationPosition {
  /** Server's id of the subscription. */
  readonly subscriptionId: number;
  /** Sequence number of the NotificationMessage (wraps after 2^32 - 1 to 1). */
  readonly sequence: number;
}

export interface SampleGroup {
  readonly machineId: string;
  /**
   * Columns with `signal` = alias, in the order of the server. Read (and `timeNs` made collision-free) before
   * `append` returns its promise: the caller may reuse the columns right after the call.
   */
  readonly batch: SampleBatch;
  readonly origin: SampleOrigin;
  /** Alarms and events of the same notification; conditions that are journaled just so are left out. */
  readonly events?: readonly MachineEvent[] | undefined;
  /** Of the Publish response; absent for reads. */
  readonly notification?: NotificationPosition | undefined;
  /** When the server sent it, its own clock, ms since 1970. */
  readonly serverTimeMs?: number | undefined;
}

/** A durable sample. */
export interface NewestSample {
  readonly timeNs: TimeNs;
  readonly value: SampleValue;
  readonly statusCode: StatusCode;
}

export interface SourceGap {
  readonly machineId: string;
  /** Signal's path; absent = the whole machine. */
  readonly path?: string | undefined;
  readonly from: TimeNs;
  readonly to: TimeNs;
  /** Stable word: `server-restarted`, `queue-overflow`, `connection-lost`, `subscription-expired`, ... */
  readonly cause: string;
}

/** What the source gives to the rest of the agent. All promises resolve when the thing is durable. */
export interface SourceSink {
  /**
   * Announces the machine and its signals; answers one alias per signal, in their order. Aliases are persisted
   * by (machine, path) and never reused within an epoch: use them as OPC UA client handles, so that a take-over
   * after a restart needs no table. A new catalogue version is journaled when something changed.
   */
  catalogue(machine: SourceMachine, signals: readonly SourceSignal[]): Promise<Int32Array>;

  /**
   * Appends a group as a whole or not at all; resolves when it is durable: only then acknowledge the Publish
   * response to the server. While the disk refuses, or the journal is full under the policy `block`, the promise
   * stays pending and the group is written when space is back; keep few groups pending (2-4), then stop
   * sending Publish requests.
   * @throws OverloadError `JOURNAL_BACKLOG`: too much is pending already, nothing was taken; try again later.
   * @throws StoreUnavailableError `JOURNAL_CLOSED`: the agent stops, nothing was taken.
   */
  append(group: SampleGroup): Promise<void>;

  /** Declares a hole that could not be healed. */
  gap(gap: SourceGap): Promise<void>;

  /** Proof of life of the machine's path without data: a keep-alive, an empty Publish response. */
  alive(machineId: string): void;

  /**
   * The path's state changed. Away from `online`: every signal gets a Bad sample (`statusCode`, default
   * BadNoCommunication) and the machine's DDEATH follows. Back to `online`: DBIRTH. A source that was away must then append a
   * fresh value of every item (`origin: 'refresh'`): a server does not repeat values that did not change.
   */
  link(machineId: string, link: MachineLink, statusCode?: StatusCode): void;

  /**
   * Newest durable sample that the machine itself gave, also from before a restart (as far as the journal still has it);
   * what `link` marked, and the end of such a mark, do not count.
   */
  newest(alias: number): NewestSample | undefined;

  /** Signals of the machine still carry the mark of its absence (also an earlier process's): fresh values are owed. */
  owesValues(machineId: string): boolean;

  /** The machine's conditions that are still of interest, as durable, by `conditionKey`; also from before a restart. */
  conditions(machineId: string): ReadonlyMap<string, ConditionBody>;

  /** The machine's signals as last announced, also by an earlier process. */
  signals(machineId: string): readonly SourceSignal[];

  /** The newest notification of the machine that is durable (also from before a restart). */
  lastNotification(machineId: string): NotificationPosition | undefined;

  /** What the source wants to find again after a restart (session and subscription facts): small JSON, replaced as a whole. */
  saveHints(machineId: string, hints: unknown): Promise<void>;
  hints(machineId: string): unknown;
}
