/**
 * The last minutes of one signal as min, max and last per bucket of fixed width: sparklines and the ghost trail of
 * an analog indicator. Fixed memory, whatever the rate. An empty bucket holds NaN; a constant signal is carried
 * forward by the reader, who knows whether its path is alive.
 */
export class BucketRing {
  readonly widthMs: number;
  readonly count: number;
  readonly #lo: Float64Array;
  readonly #hi: Float64Array;
  readonly #last: Float64Array;
  /** 1 = at the end of the bucket nothing holds: the newest sample in it was not good. */
  readonly #broken: Uint8Array;
  /** Number of the newest bucket (time / width); -1 before the first. */
  #newest = -1;
  /** Counts up when a bucket other than the newest changes: history arrived. */
  version = 0;

  constructor(widthMs: number, count: number) {
    this.widthMs = widthMs;
    this.count = count;
    this.#lo = new Float64Array(count).fill(NaN);
    this.#hi = new Float64Array(count).fill(NaN);
    this.#last = new Float64Array(count).fill(NaN);
    this.#broken = new Uint8Array(count);
  }

  get newestBucket(): number {
    return this.#newest;
  }

  /** Times older than the window are ignored; within it they may come in any order. */
  add(timeMs: number, lo: number, hi: number, last: number): void {
    const bucket = Math.floor(timeMs / this.widthMs);
    if (Number.isNaN(last) || bucket <= this.#newest - this.count) return;
    if (bucket > this.#newest) this.#advance(bucket);
    else if (bucket < this.#newest) this.version += 1;
    const at = bucket % this.count;
    if (!(lo >= (this.#lo[at] ?? NaN))) this.#lo[at] = lo;
    if (!(hi <= (this.#hi[at] ?? NaN))) this.#hi[at] = hi;
    this.#last[at] = last;
    this.#broken[at] = 0;
  }

  /** A sample without a good value: what was before does not hold after it. */
  break(timeMs: number): void {
    const bucket = Math.floor(timeMs / this.widthMs);
    if (Number.isNaN(bucket) || bucket <= this.#newest - this.count) return;
    if (bucket > this.#newest) this.#advance(bucket);
    else if (bucket < this.#newest) this.version += 1;
    this.#broken[bucket % this.count] = 1;
  }

  /** Whether the bucket of this time has something already. */
  has(timeMs: number): boolean {
    const bucket = Math.floor(timeMs / this.widthMs);
    return !Number.isNaN(this.at(bucket).last) || this.isBroken(bucket);
  }

  /** Whether nothing holds at the end of bucket number `bucket`. */
  isBroken(bucket: number): boolean {
    if (bucket > this.#newest || bucket <= this.#newest - this.count) return false;
    return this.#broken[bucket % this.count] === 1;
  }

  /** The newest good value; `undefined` when there is none in the window. */
  newestGood(): { timeMs: number; value: number } | undefined {
    for (let bucket = this.#newest; bucket > this.#newest - this.count && bucket >= 0; bucket -= 1) {
      const value = this.#last[bucket % this.count] ?? NaN;
      if (!Number.isNaN(value)) return { timeMs: (bucket + 1) * this.widthMs, value };
    }
    return undefined;
  }

  /** Values of bucket number `bucket`; NaN where it is empty or outside. */
  at(bucket: number): { lo: number; hi: number; last: number } {
    if (bucket > this.#newest || bucket <= this.#newest - this.count) return { lo: NaN, hi: NaN, last: NaN };
    const at = bucket % this.count;
    return { lo: this.#lo[at] ?? NaN, hi: this.#hi[at] ?? NaN, last: this.#last[at] ?? NaN };
  }

  /** Least and greatest value of the window; `undefined` when it is empty. */
  extent(): { lo: number; hi: number } | undefined {
    let lo = Infinity;
    let hi = -Infinity;
    for (let i = 0; i < this.count; i += 1) {
      if ((this.#lo[i] ?? NaN) < lo) lo = this.#lo[i] ?? lo;
      if ((this.#hi[i] ?? NaN) > hi) hi = this.#hi[i] ?? hi;
    }
    return lo > hi ? undefined : { lo, hi };
  }

  #advance(bucket: number): void {
    const steps = Math.min(this.#newest < 0 ? this.count : bucket - this.#newest, this.count);
    for (let i = 0; i < steps; i += 1) {
      const at = (bucket - i) % this.count;
      this.#lo[at] = NaN;
      this.#hi[at] = NaN;
      this.#last[at] = NaN;
      this.#broken[at] = 0;
    }
    this.#newest = bucket;
  }
}
