/** The port through which time is read, so that tests and simulations can own it. */
export interface Clock {
  /** ms since 1970, may jump. */
  now(): number;
  /** ms from an arbitrary start, never runs backwards. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
