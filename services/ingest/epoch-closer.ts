import { z } from 'zod';
import { epochSchema, type AgentHealth } from '#contracts/delivery.ts';
import {
  streamKeyText,
  type EventRecord,
  type StreamAudit,
  type StreamClose,
  type StreamKey,
} from '#domain/sample-store.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';

const NOTHING: StreamClose = { head: 0, produced: 0, discarded: 0, carried: 0 };

/** The event by which an agent tells that it gave an epoch up. */
const supersededSchema = z.object({
  type: z.literal('epoch-superseded'),
  before: epochSchema,
  carried: z.int().min(0).default(0),
  /** Absent from agents of before. */
  head: z.int().min(0).default(0),
  produced: z.int().min(0).default(0),
  discarded: z.int().min(0).default(0),
});

export interface EpochCloserOptions {
  /** See `SampleStore.closeStream`. */
  readonly close: (stream: StreamKey, close: StreamClose) => Promise<void>;
  /** A superseded epoch that was silent for so long is closed, should its agent not have said so itself. */
  readonly supersededAfterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Closes epochs that another one of their agent has superseded: what never came of them is declared lost. */
export class EpochCloser {
  readonly #options: EpochCloserOptions;
  /** What the agent's heartbeats said last, by stream. */
  readonly #last = new Map<string, StreamClose>();
  readonly #heardAtMs = new Map<string, number>();

  constructor(options: EpochCloserOptions) {
    this.#options = options;
  }

  heard(stream: StreamKey): void {
    this.#heardAtMs.set(streamKeyText(stream), this.#options.clock.monotonic());
  }

  heartbeat(agent: string, { epoch, journal, produced, discarded }: AgentHealth): void {
    if (epoch === undefined) return;
    this.heard({ agent, epoch });
    const known = this.#last.get(streamKeyText({ agent, epoch }));
    if (!known || journal.head > known.head)
      this.#last.set(streamKeyText({ agent, epoch }), {
        head: journal.head,
        produced,
        discarded,
        carried: 0,
      });
  }

  /** The agent itself says that it gave an epoch up. */
  async superseded(record: EventRecord): Promise<void> {
    const { data } = supersededSchema.safeParse(JSON.parse(record.body));
    if (!data) return;
    const stream = { agent: record.stream.agent, epoch: data.before };
    await this.#close(stream, data, 'its agent began another epoch');
  }

  /** Closes what was superseded and fell silent. */
  async look(streams: readonly StreamAudit[]): Promise<void> {
    const { clock, supersededAfterMs } = this.#options;
    const newest = new Map<string, number>();
    for (const { stream, epochNumber } of streams)
      newest.set(stream.agent, Math.max(epochNumber, newest.get(stream.agent) ?? 0));
    for (const { stream, epochNumber, closed } of streams) {
      if (closed || epochNumber === newest.get(stream.agent)) continue;
      const heardAtMs = this.#heardAtMs.get(streamKeyText(stream));
      if (heardAtMs === undefined) this.heard(stream);
      else if (clock.monotonic() - heardAtMs >= supersededAfterMs)
        await this.#close(
          stream,
          NOTHING,
          'a later epoch of its agent is there and nothing of it comes any more',
        );
    }
  }

  /** @param said by the agent itself, beside what its heartbeats told */
  async #close(stream: StreamKey, said: StreamClose, why: string): Promise<void> {
    const { carried } = said;
    const heard = this.#last.get(streamKeyText(stream)) ?? NOTHING;
    const { head, produced, discarded } = said.head > heard.head ? said : heard;
    const close = { head, produced, discarded, carried };
    await this.#options.close(stream, close);
    this.#options.log.warn(
      { ...stream, ...close, why },
      'a superseded epoch is closed: what never came of it is lost',
    );
    this.#last.delete(streamKeyText(stream));
    this.#heardAtMs.delete(streamKeyText(stream));
  }
}

/** Whether the event may tell of a superseded epoch. */
export const isSuperseding = ({ body }: EventRecord): boolean => body.includes('"epoch-superseded"');
