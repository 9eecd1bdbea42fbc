import type { Clock } from '#platform/clock.ts';

/** What is counted: one name from one address, everything from one address, one name from anywhere. */
const LIMITS = { pair: 5, address: 20, name: 50 } as const;
const FIRST_LOCK_MS = 60_000;
const LONGEST_LOCK_MS = 15 * 60_000;
/** Without another wrong password for so long, the count begins anew. */
const FORGET_MS = 30 * 60_000;
const MAX_COUNTS = 10_000;

interface Count {
  wrong: number;
  lastMs: number;
  lockedUntilMs: number;
}

/**
 * Wrong passwords lock: the name at the address that tried, soon; the address as a whole, later; the name everywhere, last,
 * so that nobody locks an operator out of their own panel from another desk with a handful of tries. Each further wrong one
 * doubles the time. Memory is bounded: the oldest counts go.
 */
export class Lockout {
  readonly #clock: Clock;
  readonly #counts = new Map<string, Count>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** ms to wait before the next try; 0: it may be tried. */
  waitMs(name: string, address: string): number {
    const now = this.#clock.monotonic();
    const untils = keysOf(name, address).map(([key]) => this.#counts.get(key)?.lockedUntilMs ?? 0);
    return Math.max(0, Math.max(...untils) - now);
  }

  /** To be called before the password is looked at: tries at the same moment count as well. */
  tried(name: string, address: string): void {
    const now = this.#clock.monotonic();
    for (const [key, limit] of keysOf(name, address)) {
      const count = this.#of(key, now);
      count.wrong += 1;
      count.lastMs = now;
      const beyond = count.wrong - limit;
      if (beyond >= 0) count.lockedUntilMs = now + Math.min(FIRST_LOCK_MS * 2 ** beyond, LONGEST_LOCK_MS);
    }
  }

  /** The password was right: the name is free, and the address is not charged for the try. */
  succeeded(name: string, address: string): void {
    const [pair, from, everywhere] = keysOf(name, address);
    this.#counts.delete(pair[0]);
    this.#counts.delete(everywhere[0]);
    const count = this.#counts.get(from[0]);
    if (!count) return;
    count.wrong -= 1;
    count.lockedUntilMs = 0;
  }

  #of(key: string, now: number): Count {
    const known = this.#counts.get(key);
    if (known && now - known.lastMs <= FORGET_MS) return known;
    this.#counts.delete(key);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size >= MAX_COUNTS && oldest !== undefined) this.#counts.delete(oldest);
    const fresh: Count = { wrong: 0, lastMs: now, lockedUntilMs: 0 };
    this.#counts.set(key, fresh);
    return fresh;
  }
}

type Key = readonly [key: string, limit: number];

const keysOf = (name: string, address: string): readonly [pair: Key, address: Key, name: Key] => [
  [`pair ${address} ${name}`, LIMITS.pair],
  [`address ${address}`, LIMITS.address],
  [`name ${name}`, LIMITS.name],
];
