import type { CoreClock } from './clock.ts';

const WINDOW = 20;

/**
 * The server's clock as measured from its frames. Each frame says the server's time; what it took on the way
 * only ever makes `server - local` smaller, so the greatest difference of the last frames is the best estimate
 * (its error is the shortest one-way delay, a millisecond or two on a plant network). Ages, axes and countdowns
 * use this clock: the client's own may be minutes off.
 */
export class ServerClock {
  readonly #clock: CoreClock;
  readonly #differences: number[] = [];
  #offsetMs: number | undefined;

  constructor(clock: CoreClock) {
    this.#clock = clock;
  }

  /** `serverMs`: the frame's `t`. Local time is monotonic, so a jump of the local clock changes nothing. */
  observe(serverMs: number): void {
    this.#differences.push(serverMs - this.#clock.monotonic());
    if (this.#differences.length > WINDOW) this.#differences.shift();
    this.#offsetMs = Math.max(...this.#differences);
  }

  /** After a reconnect or a sleep the old differences say nothing. */
  reset(): void {
    this.#differences.length = 0;
  }

  get measured(): boolean {
    return this.#offsetMs !== undefined;
  }

  /** Server's ms since 1970; the local clock until the first frame. */
  now(): number {
    return this.#offsetMs === undefined ? this.#clock.now() : this.#clock.monotonic() + this.#offsetMs;
  }

  /** How far the local wall clock is behind (+) or ahead (-) of the server, ms. */
  skewMs(): number {
    return this.#offsetMs === undefined ? 0 : this.now() - this.#clock.now();
  }
}
