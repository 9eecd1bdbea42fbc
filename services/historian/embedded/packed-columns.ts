import { ValueKind, type SampleBatch } from '#domain/sample-batch.ts';

/** Bytes per row of {@link packedColumns}. */
const ROW_BYTES = 26;

/** Sample columns in one buffer, so that a whole group crosses to the worker in one transfer. */
export interface PackedColumns {
  readonly rows: number;
  readonly buffer: ArrayBuffer;
  readonly texts: readonly string[];
  readonly blobs: readonly Uint8Array[];
}

export interface ColumnViews extends SampleBatch {
  /** The int64 times as pairs of 32-bit words, low one first. */
  readonly timeWords: Uint32Array;
  readonly bitWords: Uint32Array;
}

/** The columns of a packed buffer, without a copy. */
export function viewColumns(packed: PackedColumns): ColumnViews {
  const { rows, buffer } = packed;
  return {
    count: rows,
    timeNs: new BigInt64Array(buffer, 0, rows),
    timeWords: new Uint32Array(buffer, 0, rows * 2),
    i64: new BigInt64Array(buffer, rows * 8, rows),
    f64: new Float64Array(buffer, rows * 8, rows),
    bitWords: new Uint32Array(buffer, rows * 8, rows * 2),
    signal: new Int32Array(buffer, rows * 16, rows),
    statusCode: new Uint32Array(buffer, rows * 20, rows),
    kind: new Uint8Array(buffer, rows * 24, rows),
    flags: new Uint8Array(buffer, rows * 25, rows),
    texts: packed.texts as string[],
    blobs: packed.blobs as Uint8Array[],
  };
}

export const bytesOfRows = (rows: number): number => rows * ROW_BYTES;

/** Columns of `rows` rows: empty, or over memory that was used before and holds whatever it held. */
export function createColumns(
  rows: number,
  buffer: ArrayBuffer = new ArrayBuffer(rows * ROW_BYTES),
): ColumnViews & { readonly buffer: ArrayBuffer } {
  return { ...viewColumns({ rows, buffer, texts: [], blobs: [] }), buffer };
}

/** All rows of `batch` into `to` from row `at` on; text and blob indexes are moved to the texts of `to`. */
export function copyBatch(to: ColumnViews, at: number, batch: SampleBatch): void {
  const { count } = batch;
  to.timeNs.set(batch.timeNs.subarray(0, count), at);
  to.i64.set(batch.i64.subarray(0, count), at);
  to.signal.set(batch.signal.subarray(0, count), at);
  to.statusCode.set(batch.statusCode.subarray(0, count), at);
  to.kind.set(batch.kind.subarray(0, count), at);
  to.flags.set(batch.flags.subarray(0, count), at);
  if (batch.texts.length > 0 || batch.blobs.length > 0) copyTexts(to, at, batch);
}

function copyTexts(to: ColumnViews, at: number, batch: SampleBatch): void {
  const textBase = to.texts.length;
  const blobBase = to.blobs.length;
  for (const text of batch.texts) to.texts.push(text);
  for (const blob of batch.blobs) to.blobs.push(blob);
  for (let i = at; i < at + batch.count; i += 1) {
    const kind = to.kind[i];
    if (kind === ValueKind.text || kind === ValueKind.json) to.f64[i] = (to.f64[i] ?? 0) + textBase;
    else if (kind === ValueKind.bytes) to.f64[i] = (to.f64[i] ?? 0) + blobBase;
  }
}
