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
    }
    this.#newest = bucket;
  }
}
