/** Time and timers as a port, so that tests own them. */
export interface CoreClock {
  /** This computer's wall clock, ms since 1970; may be wrong, may jump. */
  now(): number;
  /** ms from an arbitrary start, never backwards. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`; returns its cancellation. */
  after(delayMs: number, run: () => void): () => void;
}

export const browserClock: CoreClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return () => clearTimeout(handle);
  },
};
