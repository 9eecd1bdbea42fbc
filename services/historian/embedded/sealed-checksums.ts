/** Checksums of records that are sealed already: kept a while, so that a fork is still told from a redelivery. */
import type { DatabaseSync } from 'node:sqlite';

/** Records whose checksum is remembered beyond their sealing. */
const REMEMBERED = 500_000;

/** Moves the checksums of log rows `<= lastId` here; belongs into the transaction that deletes those rows. */
export function rememberChecksums(db: DatabaseSync, lastId: number): void {
  const rows = db
    .prepare('SELECT stream_no, sequence, checksum FROM log WHERE id <= ? ORDER BY stream_no, sequence')
    .iterate(lastId);
  const insert = db.prepare('INSERT INTO sealed_checksum VALUES (NULL, ?, ?, ?, ?, ?)');
  let streamNo = -1;
  let pairs: [sequence: number, checksum: number][] = [];
  const blocks: [number, typeof pairs][] = [];
  for (const row of rows) {
    if (Number(row['stream_no']) !== streamNo || pairs.length >= 4096) {
      streamNo = Number(row['stream_no']);
      pairs = [];
      blocks.push([streamNo, pairs]);
    }
    pairs.push([Number(row['sequence']), Number(row['checksum'])]);
  }
  for (const [stream, block] of blocks) {
    insert.run(stream, block[0]?.[0] ?? 0, block.at(-1)?.[0] ?? 0, block.length, encode(block));
  }
  trim(db);
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

/** 12 bytes a record: sequence as float64, checksum as uint32. */
function encode(pairs: readonly (readonly [number, number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(pairs.length * 12));
  pairs.forEach(([sequence, checksum], i) => {
    view.setFloat64(i * 12, sequence, true);
    view.setUint32(i * 12 + 8, checksum, true);
  });
  return new Uint8Array(view.buffer);
}

/** The remembered checksum of a sealed record, `undefined` when it is not known any more. */
export function findChecksum(db: DatabaseSync, streamNo: number, sequence: number): number | undefined {
  const blocks = db
    .prepare(
      'SELECT pairs FROM sealed_checksum WHERE stream_no = ? AND from_sequence <= ? AND to_sequence >= ?',
    )
    .all(streamNo, sequence, sequence);
  for (const { pairs } of blocks) {
    const bytes = pairs as Uint8Array;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let low = 0;
    let high = bytes.length / 12;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (view.getFloat64(middle * 12, true) < sequence) low = middle + 1;
      else high = middle;
    }
    if (low * 12 < bytes.length && view.getFloat64(low * 12, true) === sequence)
      return view.getUint32(low * 12 + 8, true);
  }
  return undefined;
}
