import type { Clock } from '#platform/clock.ts';

export interface WatchdogOptions {
  readonly limitMs: number;
  readonly clock: Clock;
  /** While true, silence does not count. */
  readonly isExcused: () => boolean;
  readonly onSilence: () => void;
}

/**
 * Finds silence, whatever the library believes. Time in which this process itself did not run (stopped, suspended,
 * a blocked loop) does not count: only then nobody could have heard anything.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #timer: NodeJS.Timeout | undefined;
  #silentMs = 0;
  #tickAt = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  start(): void {
    const { limitMs, clock, isExcused, onSilence } = this.#options;
    const tickMs = Math.max(50, Math.min(500, limitMs / 6));
    this.#tickAt = clock.monotonic();
    this.#timer = setInterval(() => {
      const now = clock.monotonic();
      this.#silentMs = isExcused() ? 0 : this.#silentMs + Math.min(now - this.#tickAt, 3 * tickMs);
      this.#tickAt = now;
      if (this.#silentMs <= limitMs) return;
      this.stop();
      onSilence();
    }, tickMs);
  }

  heard(): void {
    this.#silentMs = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
