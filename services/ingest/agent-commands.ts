import type { StreamKey } from '#domain/sample-store.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { ConditionCommand } from '#contracts/condition.ts';
import type { DeliveryAck } from '#contracts/delivery.ts';
import { DataType, encodePayload, stringMetric, type Metric } from '#contracts/sparkplug/payload.ts';
import { ACK_METRIC, CONDITION_COMMAND_METRIC, REBIRTH_METRIC } from '#contracts/sparkplug/record.ts';
import { formatTopic } from '#contracts/sparkplug/topics.ts';
import type { AgentLane } from './agent-lane.ts';
import type { IngestMetrics } from './ingest-metrics.ts';

export interface AgentCommandsOptions {
  /** False when there is no connection. */
  readonly publish: (topic: string, payload: Uint8Array) => boolean;
  readonly rebirthIntervalMs: number;
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What ingest says to agents: NCMD, which nobody else may publish. */
export class AgentCommands {
  readonly #options: AgentCommandsOptions;

  constructor(options: AgentCommandsOptions) {
    this.#options = options;
  }

  /** At most once per interval and agent. */
  askRebirth(lane: AgentLane): void {
    const { clock, rebirthIntervalMs, metrics, log } = this.#options;
    const now = clock.monotonic();
    if (now - lane.rebirthAskedAtMs < rebirthIntervalMs) return;
    const metric = { name: REBIRTH_METRIC, datatype: DataType.boolean, value: true };
    if (!this.#send(lane.agent, metric)) return;
    lane.rebirthAskedAtMs = now;
    metrics.rebirth();
    log.info({ agent: lane.agent }, 'asked for a rebirth');
  }

  acknowledge({ agent }: StreamKey, ack: DeliveryAck): boolean {
    const sent = this.#send(agent, stringMetric(ACK_METRIC, JSON.stringify(ack)));
    if (sent) this.#options.metrics.acknowledgement();
    return sent;
  }

  condition(agent: string, command: ConditionCommand): boolean {
    return this.#send(agent, stringMetric(CONDITION_COMMAND_METRIC, JSON.stringify(command)));
  }

  #send(agent: string, metric: Metric): boolean {
    const [group = '', edgeNode = ''] = agent.split('/');
    const timestamp = this.#options.clock.now();
    const payload = encodePayload({ timestamp, metrics: [{ ...metric, timestamp }] });
    return this.#options.publish(formatTopic({ type: 'NCMD', group, edgeNode }), payload);
  }
}
