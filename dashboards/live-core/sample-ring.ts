/** A run of samples in time order, as columns. `lo`/`hi` equal `value` where nothing was conflated. NaN = no good value. */
export interface SampleColumns {
  readonly time: Float64Array;
  readonly value: Float64Array;
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

/** The last samples of one signal in a fixed amount of memory. Times never decrease: an older one is refused. */
export class SampleRing {
  readonly capacity: number;
  readonly #columns: SampleColumns;
  #start = 0;
  #length = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#columns = emptyColumns(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Oldest time held; NaN when empty. */
  get firstTime(): number {
    return this.#length === 0 ? NaN : (this.#columns.time[this.#start] ?? NaN);
  }

  get lastTime(): number {
    return this.#length === 0 ? NaN : (this.#columns.time[this.#index(this.#length - 1)] ?? NaN);
  }

  /** `false` when the time is not newer than the last: a repeated snapshot, or a duplicate. */
  push(timeMs: number, value: number, lo = value, hi = value): boolean {
    if (this.#length > 0 && timeMs <= this.lastTime) return false;
    const at = this.#index(this.#length);
    if (this.#length === this.capacity) this.#start = (this.#start + 1) % this.capacity;
    else this.#length += 1;
    this.#columns.time[at] = timeMs;
    this.#columns.value[at] = value;
    this.#columns.lo[at] = lo;
    this.#columns.hi[at] = hi;
    return true;
  }

  get lastValue(): number {
    return this.#length === 0 ? NaN : (this.#columns.value[this.#index(this.#length - 1)] ?? NaN);
  }

  /** Takes a later sample into the last one, which keeps its time. */
  fold(value: number, lo: number, hi: number): void {
    if (this.#length === 0) return;
    const at = this.#index(this.#length - 1);
    this.#columns.value[at] = value;
    this.#columns.lo[at] = Math.min(this.#columns.lo[at] ?? lo, lo);
    this.#columns.hi[at] = Math.max(this.#columns.hi[at] ?? hi, hi);
  }

  /** Drops everything up to and including `timeMs`. */
  dropThrough(timeMs: number): void {
    while (this.#length > 0 && this.firstTime <= timeMs) {
      this.#start = (this.#start + 1) % this.capacity;
      this.#length -= 1;
    }
  }

  clear(): void {
    this.#start = 0;
    this.#length = 0;
  }

  /** Calls `visit` for each sample, oldest first. */
  forEach(visit: (timeMs: number, value: number, lo: number, hi: number) => void): void {
    const { time, value, lo, hi } = this.#columns;
    for (let i = 0; i < this.#length; i += 1) {
      const at = this.#index(i);
      visit(time[at] ?? NaN, value[at] ?? NaN, lo[at] ?? NaN, hi[at] ?? NaN);
    }
  }

  #index(i: number): number {
    return (this.#start + i) % this.capacity;
  }
}

export function emptyColumns(length: number): SampleColumns {
  return {
    time: new Float64Array(length),
    value: new Float64Array(length),
    lo: new Float64Array(length),
    hi: new Float64Array(length),
  };
}
