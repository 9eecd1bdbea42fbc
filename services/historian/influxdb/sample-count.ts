import type { Clock } from '#platform/clock.ts';
import { numberIn, rowsOf } from './influxql.ts';
import type { Query } from './sample-queries.ts';

/** Counting all samples reads all of them: the figure may be so old. */
const COUNT_EVERY_MS = 3_600_000;

export interface SampleCountPorts {
  readonly clock: Clock;
  readonly query: Query;
  readonly bytesOnDisk: () => Promise<number | undefined>;
}

/** How many samples there are: counted now and then, and what was stored since. */
export class SampleCount {
  readonly #ports: SampleCountPorts;
  #since = 0;
  #counted:
    { readonly atMs: number; readonly samples: number; readonly bytes: number | undefined } | undefined;

  constructor(ports: SampleCountPorts) {
    this.#ports = ports;
  }

  get samples(): number {
    return (this.#counted?.samples ?? 0) + this.#since;
  }

  get bytes(): number {
    return this.#counted?.bytes ?? 0;
  }

  stored(samples: number): void {
    this.#since += samples;
  }

  /** The first time it is waited for; a count that fails or takes long says nothing about writing. */
  async renew(): Promise<void> {
    const atMs = this.#ports.clock.monotonic();
    const isFirst = this.#counted === undefined;
    if (this.#counted && atMs - this.#counted.atMs < COUNT_EVERY_MS) return;
    this.#counted = { samples: 0, bytes: undefined, ...this.#counted, atMs };
    const counting = this.#count(atMs).catch(() => undefined);
    if (isFirst) await counting;
  }

  async #count(atMs: number): Promise<void> {
    const [series = []] = await this.#ports.query('SELECT count("seq") AS "count" FROM /.*/');
    const samples = rowsOf(series.filter(({ name }) => name !== 'canary')).reduce(
      (sum, row) => sum + numberIn(row['count']),
      0,
    );
    // 1.x tells it to administrators alone.
    const bytes = await this.#ports.bytesOnDisk().catch(() => undefined);
    this.#since = 0;
    this.#counted = { atMs, samples, bytes };
  }

  /** Counts anew at the next {@link renew}. */
  forget(): void {
    this.#counted = undefined;
  }
}
