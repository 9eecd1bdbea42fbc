import type { EdgeAgentConfig } from '#contracts/config/edge-agent.ts';
import type { ConditionCommand, ConditionResult } from '#contracts/condition.ts';
import type { AgentHealth } from '#contracts/delivery.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { Journal } from '../journal/journal.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { MqttConnect } from './mqtt-session.ts';

export interface PublisherOptions {
  readonly config: Pick<EdgeAgentConfig, 'site' | 'agent' | 'mqtt' | 'delivery'>;
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: () => AgentHealth;
  /** By default MQTT over the network. */
  readonly connect?: MqttConnect | undefined;
  /** Asks a machine; never rejects. */
  readonly command?: ((command: ConditionCommand) => Promise<ConditionResult>) | undefined;
}
