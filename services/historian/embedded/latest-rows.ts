/** The latest samples on disk (one row per signal, written at each seal) and on their way to the front. */
import type { DatabaseSync } from 'node:sqlite';
import type { LatestTable } from './latest-table.ts';
import { copyBatch, createColumns, type ColumnViews, type PackedColumns } from './packed-columns.ts';
import { RecordEncoder, decodeRecord } from './record-codec.ts';

export function loadLatest(db: DatabaseSync, latest: LatestTable): void {
  for (const row of db.prepare('SELECT epoch_no, sequence, idx, body FROM latest').iterate()) {
    const columns = decodeRecord(row['body'] as Uint8Array);
    const origin = { epochNo: Number(row['epoch_no']), sequence: Number(row['sequence']) };
    latest.put(columns, 0, origin, Number(row['idx']));
  }
  latest.takeDirty();
}

/** Writes `signals`; belongs into the transaction that drops their log rows. */
export function saveLatest(db: DatabaseSync, latest: LatestTable, signals: readonly number[]): void {
  const put = db.prepare('INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?)');
  const encoder = new RecordEncoder();
  for (const signal of signals) {
    const { epochNo, sequence, index } = latest.originOf(signal);
    put.run(signal, epochNo, sequence, index, encoder.encode(latest.columns, signal, signal + 1));
  }
}

/** Rows of all signals that have one, with (epoch number, sequence, index) of each. */
export function packLatest(latest: LatestTable): { latest: PackedColumns; latestOrigins: Float64Array } {
  const signals = latest.signals();
  const columns = createColumns(signals.length);
  const origins = new Float64Array(signals.length * 3);
  signals.forEach((signal, row) => {
    copyBatch(columns, row, rowOf(latest.columns, signal));
    const { epochNo, sequence, index } = latest.originOf(signal);
    origins.set([epochNo, sequence, index], row * 3);
  });
  const { buffer, texts, blobs } = columns;
  return { latest: { rows: signals.length, buffer, texts, blobs }, latestOrigins: origins };
}

/** One row as a batch of its own: through the codec, which also picks the row's own text. */
function rowOf(columns: ColumnViews, row: number): ColumnViews {
  return decodeRecord(new RecordEncoder().encode(columns, row, row + 1));
}
