import type { CoreClock } from '../clock.ts';

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time that moves only when told to; timers run in their order. */
export class FakeClock implements CoreClock {
  #monotonicMs = 1_000;
  /** Wall clock minus monotonic clock: may be set to anything, as a user's clock may be. */
  wallOffsetMs = 1_800_000_000_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#monotonicMs + this.wallOffsetMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer: Timer = { atMs: this.#monotonicMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(ms: number): void {
    const untilMs = this.#monotonicMs + ms;
    for (;;) {
      const due = [...this.#timers]
        .filter((timer) => timer.atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#monotonicMs = Math.max(this.#monotonicMs, due.atMs);
      due.run();
    }
    this.#monotonicMs = untilMs;
  }

  /** A page in the background: time passes, timers do not run. */
  sleep(ms: number): void {
    this.#monotonicMs += ms;
  }
}
