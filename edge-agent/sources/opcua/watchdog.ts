import type { Clock } from '#platform/clock.ts';

/**
 * Finds silence, whatever the library believes. Time in which this process itself did not run (stopped, suspended,
 * a blocked loop) does not count: only then nobody could have heard anything.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #timer: NodeJS.Timeout | undefined;
  #silentMs = 0;
  #tickAt = 0;

  constructor(limitMs: number, clock: Clock, onSilence: () => void) {
    this.#limitMs = limitMs;
    this.#clock = clock;
    this.#onSilence = onSilence;
  }

  start(): void {
    const tickMs = Math.max(50, Math.min(500, this.#limitMs / 6));
    this.#tickAt = this.#clock.monotonic();
    this.#timer = setInterval(() => {
      const now = this.#clock.monotonic();
      this.#silentMs += Math.min(now - this.#tickAt, 3 * tickMs);
      this.#tickAt = now;
      if (this.#silentMs > this.#limitMs) {
        this.stop();
        this.#onSilence();
      }
    }, tickMs);
  }

  heard(): void {
    this.#silentMs = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
