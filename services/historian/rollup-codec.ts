/**
 * The one-minute rollups of one signal as bytes, a zstd frame, or a byte 0 and the plain bytes where they are few: rows, then column by column: minutes since 1970
 * (differences), counts, good counts, times of the first and last sample within the minute (differences, ns), worst status
 * (runs), then min, max^min, first^min, last^first (bits) and sum as eight planes of bytes each.
 */
import { zstdCompressSync, zstdDecompressSync, constants } from 'node:zlib';
import { createAggregates, type AggregateColumns } from '#domain/rollup.ts';
import { ByteReader, ByteWriter } from './byte-writer.ts';

export interface RollupRows {
  readonly rows: number;
  /** Minutes since 1970. */
  readonly minute: Float64Array;
  readonly columns: AggregateColumns;
}

const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** Up to so many rows are left plain: compressing them takes 30 us and saves some 10 bytes [measured]. */
const PLAIN_ROWS = 4;
/** No zstd frame begins so. */
const PLAIN = 0;

export function encodeRollups({ rows, minute, columns }: RollupRows): Uint8Array {
  const out = new ByteWriter(16 + rows * 24);
  out.varint(rows);
  differences(out, minute, rows);
  for (let i = 0; i < rows; i += 1) out.varint(columns.count[i] ?? 0);
  for (let i = 0; i < rows; i += 1) out.varint(columns.good[i] ?? 0);
  differences(out, columns.firstAt, rows);
  differences(out, columns.lastAt, rows);
  writeRuns(out, columns.worst, rows);
  const planes = new Uint8Array(rows * 40);
  const bits = [columns.min, columns.max, columns.first, columns.last, columns.sum].map(
    (column) => new Uint32Array(column.buffer, column.byteOffset, rows * 2),
  );
  const [min, max, first, last, sum] = bits as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  toPlanes({ bytes: planes, at: 0, rows }, min);
  toPlanes({ bytes: planes, at: 1, rows }, max, min);
  toPlanes({ bytes: planes, at: 2, rows }, first, min);
  toPlanes({ bytes: planes, at: 3, rows }, last, first);
  toPlanes({ bytes: planes, at: 4, rows }, sum);
  if (rows <= PLAIN_ROWS) return Buffer.concat([Uint8Array.of(PLAIN), out.bytes, planes]);
  return zstdCompressSync(Buffer.concat([out.bytes, planes]), ZSTD);
}

export function decodeRollups(bytes: Uint8Array): RollupRows {
  const all = bytes[0] === PLAIN ? bytes.subarray(1) : zstdDecompressSync(bytes);
  const reader = new ByteReader(all);
  const rows = reader.varint();
  const columns = createAggregates(rows);
  const minute = new Float64Array(rows);
  undoDifferences(reader, minute);
  for (let i = 0; i < rows; i += 1) columns.count[i] = reader.varint();
  for (let i = 0; i < rows; i += 1) columns.good[i] = reader.varint();
  undoDifferences(reader, columns.firstAt);
  undoDifferences(reader, columns.lastAt);
  readRuns(reader, columns.worst);
  const planes = all.subarray(reader.at);
  const words = (column: Float64Array): Uint32Array => new Uint32Array(column.buffer);
  const [min, max, first, last] = [
    words(columns.min),
    words(columns.max),
    words(columns.first),
    words(columns.last),
  ];
  fromPlanes(planes, 0, min);
  fromPlanes(planes, 1, max, min);
  fromPlanes(planes, 2, first, min);
  fromPlanes(planes, 3, last, first);
  fromPlanes(planes, 4, words(columns.sum));
  return { rows, minute, columns };
}

function differences(out: ByteWriter, column: Float64Array, rows: number): void {
  let before = 0;
  for (let i = 0; i < rows; i += 1) {
    const now = column[i] ?? 0;
    out.zigzag(now - before);
    before = now;
  }
}

function undoDifferences(reader: ByteReader, column: Float64Array): void {
  let before = 0;
  for (let i = 0; i < column.length; i += 1) {
    before += reader.zigzag();
    column[i] = before;
  }
}

function writeRuns(out: ByteWriter, column: Uint32Array, rows: number): void {
  for (let i = 0; i < rows;) {
    let end = i + 1;
    while (end < rows && column[end] === column[i]) end += 1;
    out.varint(column[i] ?? 0);
    out.varint(end - i);
    i = end;
  }
}

function readRuns(reader: ByteReader, column: Uint32Array): void {
  for (let i = 0; i < column.length;) {
    const value = reader.varint();
    const end = i + reader.varint();
    column.fill(value, i, end);
    i = end;
  }
}

/** Which of the five value columns, of how many rows. */
interface Planes {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly rows: number;
}

function toPlanes({ bytes, at, rows }: Planes, words: Uint32Array, other?: Uint32Array): void {
  const start = at * rows * 8;
  for (let word = 0; word < 2; word += 1) {
    for (let i = 0; i < rows; i += 1) {
      const bits = (words[2 * i + word] ?? 0) ^ (other ? (other[2 * i + word] ?? 0) : 0);
      const plane = start + word * 4 * rows + i;
      bytes[plane] = bits;
      bytes[plane + rows] = bits >>> 8;
      bytes[plane + 2 * rows] = bits >>> 16;
      bytes[plane + 3 * rows] = bits >>> 24;
    }
  }
}

function fromPlanes(planes: Uint8Array, at: number, words: Uint32Array, other?: Uint32Array): void {
  const rows = words.length / 2;
  const start = at * rows * 8;
  for (let word = 0; word < 2; word += 1) {
    for (let i = 0; i < rows; i += 1) {
      const plane = start + word * 4 * rows + i;
      const bits =
        (planes[plane] ?? 0) |
        ((planes[plane + rows] ?? 0) << 8) |
        ((planes[plane + 2 * rows] ?? 0) << 16) |
        ((planes[plane + 3 * rows] ?? 0) << 24);
      words[2 * i + word] = bits ^ (other ? (other[2 * i + word] ?? 0) : 0);
    }
  }
}
