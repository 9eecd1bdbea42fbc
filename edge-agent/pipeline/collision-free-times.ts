/**
 * Makes the times of one signal unique with the digits below 100 ns that OPC UA leaves free (DESIGN.md, Time), without
 * changing the order of anything:
 *
 * - a time later than every one before keeps its digits (the usual case, and the only one on the fast path);
 * - a repeated or backward time is cut to its 100 ns tick and gets the next digit, 1..99, of that tick;
 * - spill: from the hundredth sample of one tick on, the next tick is taken in the same way.
 *
 * Known limits: per signal the last 65,536 repeated or backward ticks are remembered, and nothing of a run before;
 * a time that comes again beyond that may meet an old one. The embedded historian does not need times to be unique.
 */
const TICK_NS = 100n;
const DIGITS = 99;
const REMEMBERED_TICKS = 65_536;

export class CollisionFreeTimes {
  /** Greatest time given out, by alias, as (low, high) words of an int64. */
  #newest = new Uint32Array(512);
  #seen = new Uint8Array(256);
  /** Last digit used of a tick that came again, by alias. */
  readonly #ticks = new Map<number, Map<bigint, number>>();

  /** Changes `timeNs` of rows `0..count` in place. */
  assign(signal: Int32Array, timeNs: BigInt64Array, count: number): void {
    const words = new Uint32Array(timeNs.buffer, timeNs.byteOffset, timeNs.length * 2);
    for (let i = 0; i < count; i += 1) {
      const alias = signal[i] ?? 0;
      if (alias >= this.#seen.length) this.#grow(alias);
      const low = words[2 * i] ?? 0;
      const high = (words[2 * i + 1] ?? 0) | 0;
      const newestHigh = (this.#newest[2 * alias + 1] ?? 0) | 0;
      const isLater = high > newestHigh || (high === newestHigh && low > (this.#newest[2 * alias] ?? 0));
      if (isLater || this.#seen[alias] === 0) {
        this.#seen[alias] = 1;
        this.#newest[2 * alias] = low;
        this.#newest[2 * alias + 1] = high;
      } else this.#again(alias, timeNs, i);
    }
  }

  #again(alias: number, timeNs: BigInt64Array, i: number): void {
    const ticks = this.#ticks.get(alias) ?? new Map<bigint, number>();
    this.#ticks.set(alias, ticks);
    let tick = floorToTick(timeNs[i] ?? 0n);
    let digit = (ticks.get(tick) ?? 0) + 1;
    while (digit > DIGITS) {
      tick += TICK_NS;
      digit = (ticks.get(tick) ?? 0) + 1;
    }
    ticks.set(tick, digit);
    if (ticks.size > REMEMBERED_TICKS) {
      const [oldest] = ticks.keys();
      if (oldest !== undefined) ticks.delete(oldest);
    }
    const unique = tick + BigInt(digit);
    timeNs[i] = unique;
    this.#advance(alias, unique);
  }

  #advance(alias: number, time: bigint): void {
    const newest =
      (BigInt((this.#newest[2 * alias + 1] ?? 0) | 0) << 32n) | BigInt(this.#newest[2 * alias] ?? 0);
    if (time <= newest) return;
    this.#newest[2 * alias] = Number(BigInt.asUintN(32, time));
    this.#newest[2 * alias + 1] = Number(BigInt.asIntN(32, time >> 32n));
  }

  #grow(alias: number): void {
    const size = Math.max(alias + 1, this.#seen.length * 2);
    const newest = new Uint32Array(size * 2);
    newest.set(this.#newest);
    const seen = new Uint8Array(size);
    seen.set(this.#seen);
    this.#newest = newest;
    this.#seen = seen;
  }
}

const floorToTick = (time: bigint): bigint => time - (((time % TICK_NS) + TICK_NS) % TICK_NS);
