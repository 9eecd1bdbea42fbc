/** Of a recorded sample: which variable, and its source time. */
type Timed = readonly [variable: number, sourceMs: number | null, ...rest: unknown[]];

/** Samples that arrived so long after their source time were not late: their machine's clock is, or they are old values. */
const MOST_LATE_MS = 2_000;
/** Values looked at to learn the delay. */
const ENOUGH = 20_000;
const QUICKEST_SHARE = 0.05;

/**
 * When a recorded value is to be played, in ms since the start of the recording: at its source time as far as that can be
 * believed, since values arrive in messages, several hundred ms of them at a time. Never earlier than the one before it of the
 * same variable.
 */
export class SampleTiming {
  static readonly mostLateMs = MOST_LATE_MS;
  readonly #delayMs: number;
  readonly #last = new Map<number, number>();

  /** @param delayMs arrival less source time of a value that came without delay, see {@link DelayEstimate} */
  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  dueMs([variable, sourceMs]: Timed, arrivedMs: number): number {
    const madeMs = sourceMs === null ? arrivedMs : sourceMs + this.#delayMs;
    const isBelieved = madeMs <= arrivedMs && madeMs >= arrivedMs - MOST_LATE_MS;
    const dueMs = Math.max(isBelieved ? madeMs : arrivedMs, this.#last.get(variable) ?? 0);
    this.#last.set(variable, dueMs);
    return dueMs;
  }
}

/** Learns how long after its source time a value arrives that did not have to wait for its message. */
export class DelayEstimate {
  readonly #delays: number[] = [];

  take(samples: readonly Timed[], arrivedMs: number): void {
    for (const [, sourceMs] of samples)
      if (sourceMs !== null && this.#delays.length < ENOUGH) this.#delays.push(arrivedMs - sourceMs);
  }

  /** Undefined where no value had a source time. */
  get delayMs(): number | undefined {
    const sorted = this.#delays.toSorted((a, b) => a - b);
    return sorted[Math.floor(QUICKEST_SHARE * sorted.length)];
  }
}
