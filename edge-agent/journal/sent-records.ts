import { SequenceRanges } from '#domain/sequence-ranges.ts';

/**
 * Records that a store may have though nobody said so: sent in this session or in the one before, or journaled by an
 * earlier run and not yet talked about.
 */
export class SentRecords {
  #now = new SequenceRanges();
  #before = new SequenceRanges();

  /** A new run, or epoch: nothing is known of the records `from..to`. */
  begin(from: number, to: number): void {
    this.#now = new SequenceRanges();
    this.#before = from <= to ? SequenceRanges.of([[from, to]]) : new SequenceRanges();
  }

  add(sequence: number): void {
    this.#now.add(sequence);
  }

  /** A store told what it has. What was under way then may still reach it, what is older cannot. */
  agreed(): void {
    this.#before = this.#now;
    this.#now = new SequenceRanges();
  }

  has(sequence: number): boolean {
    return this.#now.has(sequence) || this.#before.has(sequence);
  }
}
