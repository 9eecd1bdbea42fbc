/** Reads samples out of sealed files and what is hot alike. */
import type { SignalNo, TimeRange } from '#domain/sample-store.ts';
import {
  ROLLUP_NS,
  addSample,
  aggregateValue,
  createAggregates,
  minuteAt,
  withinMinuteAt,
  type AggregateColumns,
  type BucketPlan,
  type RollupInput,
} from '#domain/rollup.ts';
import { ValueKind } from '#domain/sample-batch.ts';
import type { Duck, ResultChunk } from './duck.ts';
import type { HotRows } from './hot-reader.ts';
import { interleave, keysOf } from './interleave.ts';
import { NEGATIVE_ZERO } from './sealed-format.ts';
import { createColumns, type ColumnViews, type PackedColumns } from './packed-columns.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Tables and files of one relation. */
export interface Sources {
  readonly tables: readonly string[];
  /** Paths of Parquet files. */
  readonly files: readonly string[];
}

const HOT_SELECT = 'signal, time_ns, kind, value, int, raw, status, flags, epoch, seq, idx';
/** `value` of a sealed file as it was, 0 where the sample has none. */
export const SEALED_VALUE = `CASE WHEN flags & ${NEGATIVE_ZERO} <> 0 THEN '-0.0'::DOUBLE ELSE coalesce(value, 0) END`;

const SEALED_SELECT = `signal, time_ns, kind, ${SEALED_VALUE} AS value, coalesce(int, 0) AS int,
  coalesce(bytes, encode(text), ''::BLOB) AS raw, status, flags & ${NEGATIVE_ZERO - 1} AS flags, epoch, seq, idx`;

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** All rows of `signals` within `range` as one relation with the columns of {@link HOT_SELECT}. */
export function relation(
  sources: Sources,
  signals: readonly SignalNo[],
  range: TimeRange,
): string | undefined {
  const from = range.from < INT64_MIN ? INT64_MIN : range.from;
  const last = range.to > INT64_MAX ? INT64_MAX : range.to - 1n;
  if (signals.length === 0 || from > last) return undefined;
  const which = signals.length === 1 ? `signal = ${signals[0]}` : `signal IN (${signals.join(', ')})`;
  const where = `WHERE ${which} AND time_ns BETWEEN ${from} AND ${last}`;
  const parts = sources.tables.map((table) => `SELECT ${HOT_SELECT} FROM ${table} ${where}`);
  if (sources.files.length > 0) {
    const files = sources.files.map(quoted).join(', ');
    parts.push(`SELECT ${SEALED_SELECT} FROM read_parquet([${files}]) ${where}`);
  }
  return parts.length === 0 ? undefined : parts.join(' UNION ALL ');
}

/** What one query reads: sealed files, and the hot rows of its signals and range. */
export interface View {
  /** Paths of Parquet files. */
  readonly files: readonly string[];
  readonly hot: HotRows;
}

/** One file alone is sorted already. */
const orderOf = (files: readonly string[]): string =>
  files.length === 1 ? '' : 'ORDER BY signal, time_ns, epoch, seq, idx';

const fromFiles = (
  files: readonly string[],
  signals: readonly SignalNo[],
  range: TimeRange,
): string | undefined => (files.length === 0 ? undefined : relation({ tables: [], files }, signals, range));

/** Samples of one signal in time order, ties in the signal's order, at most `limit`. */
export async function readSamples(
  duck: Duck,
  { files, hot }: View,
  query: { readonly signal: SignalNo; readonly range: TimeRange; readonly limit: number },
): Promise<PackedColumns> {
  const limit = Math.floor(query.limit);
  const rows = new RowCollector(limit);
  const from = fromFiles(files, [query.signal], query.range);
  let next = 0;
  if (from !== undefined && limit > 0) {
    const sql = `SELECT signal, time_ns, kind, value, int, raw, status, flags::UTINYINT AS flags, epoch, seq, idx
      FROM (${from}) ${orderOf(files)} LIMIT ${limit}`;
    await duck.read(sql, (chunk) => {
      const keys = keysOf(chunk, 8);
      next = interleave(keys, hot, next, {
        onSealed: (first, end) => rows.addSealed(chunk, first, end),
        onHot: (first, end) => rows.addHot(hot, first, end),
      });
    });
  }
  rows.addHot(hot, next, hot.index.length);
  return rows.finish();
}

class RowCollector {
  readonly #limit: number;
  #rows = 0;
  #columns: ColumnViews & { readonly buffer: ArrayBuffer } = createColumns(1024);

  constructor(limit: number) {
    this.#limit = limit;
  }

  #room(count: number): number {
    const rows = Math.min(count, this.#limit - this.#rows);
    if (this.#rows + rows > this.#columns.count)
      this.#resize(Math.max(this.#columns.count * 2, this.#rows + rows));
    return rows;
  }

  addSealed(chunk: ResultChunk, from: number, to: number): void {
    const end = from + this.#room(to - from);
    if (end <= from) return;
    const { signal, timeNs, kind, statusCode, flags } = this.#columns;
    const at = this.#rows;
    signal.set(chunk.int32(0).subarray(from, end), at);
    timeNs.set(chunk.bigint64(1).subarray(from, end), at);
    kind.set(chunk.uint8(2).subarray(from, end), at);
    statusCode.set(chunk.uint32(6).subarray(from, end), at);
    flags.set(chunk.uint8(7).subarray(from, end), at);
    const words = wordsOf(chunk.bigint64(4));
    const floats = wordsOf(chunk.float64(3));
    for (let i = from; i < end; i += 1) this.#setValue(chunk, { i, row: at + i - from, words, floats });
    this.#rows += end - from;
  }

  addHot({ columns: from }: HotRows, first: number, last: number): void {
    const end = first + this.#room(last - first);
    if (end <= first) return;
    const to = this.#columns;
    to.signal.set(from.signal.subarray(first, end), this.#rows);
    to.timeNs.set(from.timeNs.subarray(first, end), this.#rows);
    to.kind.set(from.kind.subarray(first, end), this.#rows);
    to.i64.set(from.i64.subarray(first, end), this.#rows);
    to.statusCode.set(from.statusCode.subarray(first, end), this.#rows);
    to.flags.set(from.flags.subarray(first, end), this.#rows);
    for (let i = first; i < end; i += 1, this.#rows += 1) {
      const kind = from.kind[i];
      const index = from.f64[i] ?? 0;
      if (kind === ValueKind.text || kind === ValueKind.json)
        to.f64[this.#rows] = to.texts.push(from.texts[index] ?? '') - 1;
      else if (kind === ValueKind.bytes)
        to.f64[this.#rows] = to.blobs.push(from.blobs[index] ?? new Uint8Array()) - 1;
    }
  }

  #setValue(
    chunk: ResultChunk,
    at: { i: number; row: number; words: Uint32Array; floats: Uint32Array },
  ): void {
    const to = this.#columns;
    const { i, row } = at;
    const kind = to.kind[row];
    if (kind === ValueKind.text || kind === ValueKind.json)
      to.f64[row] = to.texts.push(decoder.decode(chunk.bytes(5, i))) - 1;
    else if (kind === ValueKind.bytes) to.f64[row] = to.blobs.push(chunk.bytes(5, i)) - 1;
    else {
      const words = kind === ValueKind.int || kind === ValueKind.uint64 ? at.words : at.floats;
      const none = kind === ValueKind.null;
      to.bitWords[2 * row] = none ? 0 : (words[2 * i] ?? 0);
      to.bitWords[2 * row + 1] = none ? 0 : (words[2 * i + 1] ?? 0);
    }
  }

  #resize(capacity: number): void {
    const { texts, blobs, ...before } = this.#columns;
    const columns = createColumns(capacity);
    const rows = Math.min(capacity, before.count);
    columns.timeNs.set(before.timeNs.subarray(0, rows));
    columns.i64.set(before.i64.subarray(0, rows));
    columns.signal.set(before.signal.subarray(0, rows));
    columns.statusCode.set(before.statusCode.subarray(0, rows));
    columns.kind.set(before.kind.subarray(0, rows));
    columns.flags.set(before.flags.subarray(0, rows));
    this.#columns = { ...columns, texts, blobs };
  }

  finish(): PackedColumns {
    if (this.#columns.count !== this.#rows) this.#resize(this.#rows);
    const { buffer, texts, blobs } = this.#columns;
    return { rows: this.#rows, buffer, texts, blobs };
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const wordsOf = (column: BigInt64Array | Float64Array): Uint32Array =>
  new Uint32Array(column.buffer, column.byteOffset, column.length * 2);

export async function countRows(
  duck: Duck,
  files: readonly string[],
  query: { readonly signal: SignalNo; readonly range: TimeRange },
): Promise<number> {
  const from = fromFiles(files, [query.signal], query.range);
  let count = 0;
  if (from !== undefined)
    await duck.read(`SELECT count(*) AS n FROM (${from})`, (chunk) => {
      count = Number(chunk.bigint64(0)[0] ?? 0n);
    });
  return count;
}

/** Adds the samples of the view to the buckets of each signal. */
export async function readBuckets(
  duck: Duck,
  { files, hot }: View,
  plan: BucketPlan,
  into: ReadonlyMap<SignalNo, AggregateColumns>,
): Promise<void> {
  const place = plan.aligned ? placeByMinute(plan) : placeByOffset(plan);
  const add = (signal: Int32Array, input: RollupInput, first: number, end: number): void => {
    for (let i = first; i < end; i += 1) {
      const to = into.get(signal[i] ?? 0);
      if (!to) continue;
      const { bucket, at } = place(input.timeWords, i);
      const sample = { value: aggregateValue(input, i), statusCode: input.statusCode[i] ?? 0 };
      addSample(to, bucket, at, sample);
    }
  };
  const onHot = (first: number, end: number): void => add(hot.columns.signal, hot.columns, first, end);
  const from = fromFiles(files, [...into.keys()], plan.range);
  let next = 0;
  if (from !== undefined) {
    const sql = `SELECT signal, time_ns, kind, value, int, status, epoch, seq, idx FROM (${from}) ${orderOf(files)}`;
    await duck.read(sql, (chunk) => {
      const signal = chunk.int32(0);
      const input = inputOf(chunk);
      const onSealed = (first: number, end: number): void => add(signal, input, first, end);
      next = interleave(keysOf(chunk, 6), hot, next, { onSealed, onHot });
    });
  }
  onHot(next, hot.index.length);
}

/** Finds the bucket of a time and the ns from the bucket's start. */
type Place = (timeWords: Uint32Array, i: number) => { bucket: number; at: number };

/** Exact for ranges of up to 104 days (2^53 ns); buckets below a minute span less. */
function placeByOffset({ originNs, widthNs, count }: BucketPlan): Place {
  const high = Number(originNs >> 32n);
  const low = Number(originNs & 0xffffffffn);
  const width = Number(widthNs);
  return (words, i) => {
    const offset = (((words[2 * i + 1] ?? 0) | 0) - high) * 0x100000000 + ((words[2 * i] ?? 0) - low);
    const bucket = Math.min(count - 1, Math.floor(offset / width));
    return { bucket, at: offset - bucket * width };
  };
}

function placeByMinute({ originNs, widthNs }: BucketPlan): Place {
  const originMinute = Number(originNs / ROLLUP_NS);
  const widthMinutes = Number(widthNs / ROLLUP_NS);
  return (words, i) => {
    const minute = minuteAt(words, i) - originMinute;
    const bucket = Math.floor(minute / widthMinutes);
    return { bucket, at: (minute - bucket * widthMinutes) * 6e10 + withinMinuteAt(words, i) };
  };
}

/** Of columns (signal, time_ns, kind, value, int, status). */
export function inputOf(chunk: ResultChunk): RollupInput {
  return {
    timeWords: wordsOf(chunk.bigint64(1)),
    kind: chunk.uint8(2),
    f64: chunk.float64(3),
    i64: chunk.bigint64(4),
    statusCode: chunk.uint32(5),
  };
}

export const aggregatesFor = (
  signals: readonly SignalNo[],
  plan: BucketPlan,
): Map<SignalNo, AggregateColumns> => new Map(signals.map((no) => [no, createAggregates(plan.count)]));
