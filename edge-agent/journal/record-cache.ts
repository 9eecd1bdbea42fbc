import type { JournalRecord } from './journal.ts';

const OVERHEAD_BYTES = 200;

/** The newest durable records, contiguous, bounded by bytes: what is sent in time is never read from the disk. */
export class RecordCache {
  readonly #limitBytes: number;
  #records: (JournalRecord | undefined)[] = [];
  /** Index of the oldest record in `#records`; what is before it was evicted. */
  #begin = 0;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  push(record: JournalRecord): void {
    this.#records.push(record);
    this.#bytes += record.metrics.length + OVERHEAD_BYTES;
    while (this.#bytes > this.#limitBytes && this.#begin < this.#records.length) this.#evict();
  }

  /** Gives back what is before `sequence`. */
  release(sequence: number): void {
    while ((this.#records[this.#begin]?.sequence ?? Infinity) < sequence) this.#evict();
  }

  #evict(): void {
    this.#bytes -= (this.#records[this.#begin]?.metrics.length ?? 0) + OVERHEAD_BYTES;
    this.#records[this.#begin] = undefined;
    this.#begin += 1;
    if (this.#begin === this.#records.length) this.clear();
    else if (this.#begin > 1024 && this.#begin * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#begin);
      this.#begin = 0;
    }
  }

  clear(): void {
    this.#records = [];
    this.#begin = 0;
    this.#bytes = 0;
  }

  /** Records from `sequence` on; `undefined` when that one is not here. */
  from(sequence: number, maxBytes: number): JournalRecord[] | undefined {
    const oldest = this.#records[this.#begin];
    if (!oldest || sequence < oldest.sequence) return undefined;
    const found: JournalRecord[] = [];
    let bytes = 0;
    for (
      let i = this.#begin + sequence - oldest.sequence;
      i < this.#records.length && bytes < maxBytes;
      i += 1
    ) {
      const record = this.#records[i];
      if (!record) break;
      found.push(record);
      bytes += record.metrics.length;
    }
    return found.length > 0 ? found : undefined;
  }
}
