/** Closed interval of sequence numbers, `from <= to`. */
export type SequenceRange = readonly [from: number, to: number];

/**
 * A set of 64-bit sequence numbers (safe integers here: 2^53 records are enough for 28,000 years at 10,000/s)
 * kept as sorted, disjoint, non-touching intervals. Used for: what a store has received of a stream, what
 * an agent may trim, what is still missing.
 */
export class SequenceRanges {
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  static of(ranges: Iterable<SequenceRange>): SequenceRanges {
    const set = new SequenceRanges();
    for (const [from, to] of ranges) set.add(from, to);
    return set;
  }

  /** Index of the first interval whose end is >= `sequence`. */
  #search(sequence: number): number {
    let low = 0;
    let high = this.#to.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#to[middle] ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(sequence: number): boolean {
    const i = this.#search(sequence);
    return i < this.#from.length && (this.#from[i] ?? Infinity) <= sequence;
  }

  /** Adds `from..to`; answers how many numbers were not yet in the set. */
  add(from: number, to: number = from): number {
    if (!(from <= to)) throw new RangeError(`range ${from}..${to} runs backwards`);
    const first = this.#search(from - 1);
    let last = first;
    let start = from;
    let end = to;
    let known = 0;
    while (last < this.#from.length && (this.#from[last] ?? 0) <= to + 1) {
      const f = this.#from[last] ?? 0;
      const t = this.#to[last] ?? 0;
      known += Math.max(0, Math.min(t, to) - Math.max(f, from) + 1);
      start = Math.min(start, f);
      end = Math.max(end, t);
      last += 1;
    }
    this.#from.splice(first, last - first, start);
    this.#to.splice(first, last - first, end);
    return to - from + 1 - known;
  }

  /** What of `from..to` is not in the set. */
  missing(from: number, to: number): SequenceRange[] {
    const holes: SequenceRange[] = [];
    let next = from;
    for (let i = this.#search(from); i < this.#from.length && next <= to; i += 1) {
      const f = this.#from[i] ?? 0;
      if (f > to) break;
      if (f > next) holes.push([next, f - 1]);
      next = Math.max(next, (this.#to[i] ?? 0) + 1);
    }
    if (next <= to) holes.push([next, to]);
    return holes;
  }

  /** How many numbers are in the set. */
  get size(): number {
    return this.#from.reduce((sum, from, i) => sum + (this.#to[i] ?? 0) - from + 1, 0);
  }

  /** Greatest number of the set, `undefined` when empty. */
  get max(): number | undefined {
    return this.#to.at(-1);
  }

  /** End of the interval that holds `from`; `from - 1` when `from` is not in the set. */
  contiguousEnd(from: number): number {
    const i = this.#search(from);
    return i < this.#from.length && (this.#from[i] ?? Infinity) <= from ? (this.#to[i] ?? from) : from - 1;
  }

  toArray(): SequenceRange[] {
    return this.#from.map((from, i) => [from, this.#to[i] ?? from]);
  }
}
