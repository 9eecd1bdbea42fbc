import type { Clock } from '#platform/clock.ts';
import { pause } from './deadline.ts';

/**
 * At most `perSecond` requests with a burst of half as many, once `begin` was called: a server that just came back is
 * not flooded. Before that there is no limit: a first connection is no recovery.
 */
export class Pace {
  readonly #perSecond: number;
  readonly #clock: Clock;
  #tokens: number;
  #at: number;
  #hasBegun = false;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#tokens = perSecond / 2;
    this.#at = clock.monotonic();
  }

  begin(): void {
    this.#hasBegun = true;
  }

  /** Waits for room for `requests` requests. */
  async take(requests: number, signal: AbortSignal): Promise<void> {
    if (!this.#hasBegun) return;
    const now = this.#clock.monotonic();
    const burst = this.#perSecond / 2;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    this.#tokens -= requests;
    if (this.#tokens < 0) await pause((-this.#tokens / this.#perSecond) * 1000, signal);
  }
}

/** Pauses between attempts: 0.25 s, doubling up to 5 s, each between half and the whole of that (jitter). */
export class BackOff {
  readonly #minMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(minMs = 250, maxMs = 5_000) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#nextMs = minMs;
  }

  next(random = Math.random()): number {
    const delayMs = this.#nextMs * (0.5 + random / 2);
    this.#nextMs = Math.min(this.#maxMs, this.#nextMs * 2);
    return delayMs;
  }

  reset(): void {
    this.#nextMs = this.#minMs;
  }
}
