import type { SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag } from '#domain/sample.ts';
import { nsToMs } from '#domain/time.ts';

export const RATE_STEP_MS = 2_500;
/** Ten minutes. */
export const RATE_STEPS = 240;
const LAG_KEPT_MS = 5_000;

/** How many samples became durable a second, and how old the newest was then. Fixed memory. */
export class StoredRate {
  readonly #counts = new Float64Array(RATE_STEPS);
  readonly #startedStep: number;
  #step: number;
  #lag: { readonly ms: number; readonly atMs: number } | undefined;

  constructor(nowMs: number) {
    this.#step = this.#startedStep = stepOf(nowMs);
  }

  stored({ count, flags, timeNs }: SampleBatch, nowMs: number): void {
    this.#advance(nowMs);
    const at = this.#step % RATE_STEPS;
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
    const last = count - 1;
    if (last >= 0 && ((flags[last] ?? 0) & SampleFlag.historical) === 0)
      this.#lag = { ms: Math.max(0, nowMs - nsToMs(timeNs[last] ?? 0n)), atMs: nowMs };
  }

  /** ms from the source time of the newest live sample to its being durable. */
  lagMs(nowMs: number): number | null {
    return this.#lag && nowMs - this.#lag.atMs < LAG_KEPT_MS ? this.#lag.ms : null;
  }

  /** Whole steps, oldest first; `toMs` = end of the last one. */
  perSecond(nowMs: number): { readonly toMs: number; readonly values: readonly (number | null)[] } {
    this.#advance(nowMs);
    const values = Array.from({ length: RATE_STEPS - 1 }, (_, i) => {
      const step = this.#step - (RATE_STEPS - 1) + i;
      return step <= this.#startedStep
        ? null
        : ((this.#counts[step % RATE_STEPS] ?? 0) * 1_000) / RATE_STEP_MS;
    });
    return { toMs: this.#step * RATE_STEP_MS, values };
  }

  #advance(nowMs: number): void {
    const step = stepOf(nowMs);
    const passed = Math.min(step - this.#step, RATE_STEPS);
    for (let i = 0; i < passed; i += 1) this.#counts[(step - i) % RATE_STEPS] = 0;
    if (step > this.#step) this.#step = step;
  }
}

const stepOf = (nowMs: number): number => Math.floor(nowMs / RATE_STEP_MS);
