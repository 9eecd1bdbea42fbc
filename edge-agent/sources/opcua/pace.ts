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

/** Where nobody listens an attempt costs next to nothing: so long at most, so often, which is a server's restart. */
const KNOCK_MS = 400;
const KNOCKS = 40;

/** Pauses between attempts: 0.25 s, doubling up to 2 s, each between half and the whole of that (jitter); shorter where it was a knock. */
export class BackOff {
  readonly #minMs: number;
  readonly #maxMs: number;
  #nextMs: number;
  #knocks = 0;

  constructor(minMs = 250, maxMs = 2_000) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#nextMs = minMs;
  }

  /** @param isKnock nobody was listening: no request was made, and whoever comes back is to be met soon */
  next(isKnock = false, random = Math.random()): number {
    this.#knocks += isKnock ? 1 : 0;
    const fullMs = isKnock && this.#knocks <= KNOCKS ? Math.min(this.#nextMs, KNOCK_MS) : this.#nextMs;
    this.#nextMs = Math.min(this.#maxMs, this.#nextMs * 2);
    return fullMs * (0.5 + random / 2);
  }

  reset(): void {
    this.#nextMs = this.#minMs;
    this.#knocks = 0;
  }
}
