import type { HourBook } from './rolled-hours.ts';

const MS_PER_DAY = 86_400_000;
const RENEW_EVERY_MS = 60_000;
/** Between what we leave out as too old and what InfluxDB does, clocks may differ so much. */
const MARGIN_MS = 60_000;

export interface RetentionPorts {
  /** As InfluxDB tells it, days; 0 = for ever, `undefined`: it does not tell. */
  readonly read: () => Promise<number | undefined>;
  readonly monotonic: () => number;
  readonly hours: Pick<HourBook, 'earliestMs' | 'latestMs'>;
}

/** How long the database of the samples keeps them, which somebody may change while we run. */
export class Retention {
  #days: number;
  #readMs: number;
  readonly #ports: RetentionPorts;

  constructor(days: number, ports: RetentionPorts) {
    this.#days = days;
    this.#ports = ports;
    this.#readMs = ports.monotonic();
  }

  /** 0 = for ever. */
  get days(): number {
    return this.#days;
  }

  /** What is older need not be sent: it is too old by our clock and by InfluxDB's. ms since 1970. */
  get certainMs(): number {
    return this.#startAt(this.#ports.hours.earliestMs) - MARGIN_MS;
  }

  /** Whether InfluxDB refuses a line because it is too old: by its words (1.x: 400, 2.x: 422), or by the time. */
  isReasonFor({ timeMs, reason }: { readonly timeMs: number; readonly reason: string }): boolean {
    return reason.includes('beyond retention policy') || timeMs < this.#startAt(this.#ports.hours.latestMs);
  }

  /** Before something that would go is given up: what was read more than a minute ago is read again. */
  async renew(): Promise<void> {
    const { read, monotonic } = this.#ports;
    if (monotonic() - this.#readMs < RENEW_EVERY_MS) return;
    this.#readMs = monotonic();
    // Where it cannot be read nothing can be written either.
    this.#days = (await read().catch(() => undefined)) ?? this.#days;
  }

  #startAt(nowMs: number): number {
    return this.#days === 0 ? -Infinity : nowMs - this.#days * MS_PER_DAY;
  }
}
