import type { Clock } from '#platform/clock.ts';
import { pause } from './deadline.ts';

/** Of what is allowed in a second, a quarter may come at once; the rest is spread, so that no second has more. */
const BURST_SHARE = 0.25;

/**
 * At most `perSecond` requests in any second once `begin` was called: a server that just came back is not flooded. Before that
 * there is no limit: a first connection is no recovery.
 */
export class Pace {
  readonly #burst: number;
  readonly #perMs: number;
  readonly #clock: Clock;
  #tokens: number;
  #at: number;
  #hasBegun = false;

  constructor(perSecond: number, clock: Clock) {
    this.#burst = perSecond * BURST_SHARE;
    this.#perMs = (perSecond - this.#burst) / 1000;
    this.#clock = clock;
    this.#tokens = this.#burst;
    this.#at = clock.monotonic();
  }

  begin(): void {
    this.#hasBegun = true;
  }

  /** Waits for room for `requests` requests. */
  async take(requests: number, signal: AbortSignal): Promise<void> {
    if (!this.#hasBegun) return;
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    this.#tokens -= requests;
    if (this.#tokens < 0) await pause(-this.#tokens / this.#perMs, signal);
  }
}

/** Pauses between attempts: 0.25 s, doubling up to 2 s, each between half and the whole of that (jitter). */
export class BackOff {
  readonly #minMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(minMs = 250, maxMs = 2_000) {
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
