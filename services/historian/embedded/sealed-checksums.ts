/**
 * Checksums and sample counts of records that are sealed already: kept a while, so that a fork is still told from a redelivery,
 * and a declared loss from what came before it was declared.
 */
import type { DatabaseSync } from 'node:sqlite';

/** Records whose checksum is remembered beyond their sealing. */
const REMEMBERED = 500_000;

export type ChecksumEntry = readonly [sequence: number, checksum: number, samples: number];
type Entry = ChecksumEntry;
const ENTRY_BYTES = 16;
const BLOCK_ENTRIES = 4096;

/** Moves the checksums of log rows `<= lastId` here; belongs into the transaction that deletes those rows. */
export function rememberChecksums(db: DatabaseSync, lastId: number): void {
  const rows = db
    .prepare(
      'SELECT stream_no, sequence, checksum, samples FROM log WHERE id <= ? ORDER BY stream_no, sequence',
    )
    .iterate(lastId);
  let streamNo = -1;
  let pairs: Entry[] = [];
  const blocks: [number, typeof pairs][] = [];
  for (const row of rows) {
    if (Number(row['stream_no']) !== streamNo || pairs.length >= BLOCK_ENTRIES) {
      streamNo = Number(row['stream_no']);
      pairs = [];
      blocks.push([streamNo, pairs]);
    }
    pairs.push([Number(row['sequence']), Number(row['checksum']), Number(row['samples'])]);
  }
  for (const [stream, block] of blocks) putBlock(db, stream, block);
  trim(db);
}

function putBlock(db: DatabaseSync, streamNo: number, block: readonly Entry[]): void {
  db.prepare('INSERT INTO sealed_checksum VALUES (NULL, ?, ?, ?, ?, ?)').run(
    streamNo,
    block[0]?.[0] ?? 0,
    block.at(-1)?.[0] ?? 0,
    block.length,
    encode(block),
  );
}

/** Entries of one stream, ascending; belongs into a transaction. */
export function putChecksums(db: DatabaseSync, streamNo: number, entries: readonly ChecksumEntry[]): void {
  for (let at = 0; at < entries.length; at += BLOCK_ENTRIES)
    putBlock(db, streamNo, entries.slice(at, at + BLOCK_ENTRIES));
}

/** All that is remembered of a stream. */
export function rememberedChecksums(db: DatabaseSync, streamNo: number): ChecksumEntry[] {
  return blocksOf(db, streamNo, 0, Number.MAX_SAFE_INTEGER).flatMap((block) =>
    Array.from({ length: block.count }, (_, i): Entry => [
      block.sequence(i),
      block.checksum(i),
      block.samples(i),
    ]),
  );
}

function trim(db: DatabaseSync): void {
  let kept = 0;
  for (const row of db.prepare('SELECT id, records FROM sealed_checksum ORDER BY id DESC').iterate()) {
    kept += Number(row['records']);
    if (kept <= REMEMBERED) continue;
    db.prepare('DELETE FROM sealed_checksum WHERE id <= ?').run(Number(row['id']));
    return;
  }
}

/** Sequence as float64, checksum and samples as uint32. Version 1 of the store wrote 12 bytes, without the samples. */
function encode(entries: readonly Entry[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(entries.length * ENTRY_BYTES));
  entries.forEach(([sequence, checksum, samples], i) => {
    view.setFloat64(i * ENTRY_BYTES, sequence, true);
    view.setUint32(i * ENTRY_BYTES + 8, checksum, true);
    view.setUint32(i * ENTRY_BYTES + 12, samples, true);
  });
  return new Uint8Array(view.buffer);
}

/** Entries of one block, ascending by sequence. */
class Block {
  readonly #view: DataView;
  readonly #stride: number;
  readonly count: number;

  constructor(bytes: Uint8Array, records: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#stride = bytes.length / records;
    this.count = records;
  }

  sequence(i: number): number {
    return this.#view.getFloat64(i * this.#stride, true);
  }

  checksum(i: number): number {
    return this.#view.getUint32(i * this.#stride + 8, true);
  }

  samples(i: number): number {
    return this.#stride < ENTRY_BYTES ? 0 : this.#view.getUint32(i * this.#stride + 12, true);
  }

  /** Index of the first entry at or above `sequence`. */
  search(sequence: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sequence(middle) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function blocksOf(db: DatabaseSync, streamNo: number, from: number, to: number): Block[] {
  return db
    .prepare(
      'SELECT pairs, records FROM sealed_checksum WHERE stream_no = ? AND from_sequence <= ? AND to_sequence >= ?',
    )
    .all(streamNo, to, from)
    .map(({ pairs, records }) => new Block(pairs as Uint8Array, Number(records)));
}

/** The remembered checksum of a sealed record, `undefined` when it is not known any more. */
export function findChecksum(db: DatabaseSync, streamNo: number, sequence: number): number | undefined {
  for (const block of blocksOf(db, streamNo, sequence, sequence)) {
    const at = block.search(sequence);
    if (at < block.count && block.sequence(at) === sequence) return block.checksum(at);
  }
  return undefined;
}

/** Samples of the sealed records `from..to`, as far as they are remembered. */
export function sealedSamplesBetween(db: DatabaseSync, streamNo: number, from: number, to: number): number {
  let sum = 0;
  for (const block of blocksOf(db, streamNo, from, to))
    for (let i = block.search(from); i < block.count && block.sequence(i) <= to; i += 1)
      sum += block.samples(i);
  return sum;
}
