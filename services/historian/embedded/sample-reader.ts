/** Reads samples out of hot tables and sealed files alike. */
import type { SignalNo, TimeRange } from '#domain/sample-store.ts';
import {
  ROLLUP_NS, addSample, aggregateValue, createAggregates, minuteAt, withinMinuteAt, type AggregateColumns, type BucketPlan, type RollupInput,
} from '#domain/rollup.ts'; // prettier-ignore
import { ValueKind } from '#domain/sample-batch.ts';
import type { Duck, ResultChunk } from './duck.ts';
import { createColumns, type ColumnViews, type PackedColumns } from './packed-columns.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Tables and files that one query reads: a consistent view of the store. */
export interface Sources {
  readonly tables: readonly string[];
  /** Paths of Parquet files. */
  readonly files: readonly string[];
}

const HOT_SELECT = 'signal, time_ns, kind, value, int, raw, status, flags, epoch, seq, idx';
/**
 * Bit of `flags` in sealed files: the value is -0. DuckDB's Parquet dictionaries take -0 and 0 for one value [measured,
 * 1.5.6], so -0 is sealed as 0 with this mark.
 */
export const NEGATIVE_ZERO = 128;

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

/** One file alone is sorted already. */
const orderOf = ({ tables, files }: Sources): string =>
  tables.length === 0 && files.length === 1 ? '' : 'ORDER BY signal, time_ns, epoch, seq, idx';

/** Samples of one signal in time order, ties in the signal's order, at most `limit`. */
export async function readSamples(
  duck: Duck,
  sources: Sources,
  query: { readonly signal: SignalNo; readonly range: TimeRange; readonly limit: number },
): Promise<PackedColumns> {
  const rows = new RowCollector();
  const from = relation(sources, [query.signal], query.range);
  if (from !== undefined && query.limit > 0) {
    const sql = `SELECT signal, time_ns, kind, value, int, raw, status, flags::UTINYINT AS flags FROM (${from})
      ${orderOf(sources)} LIMIT ${Math.floor(query.limit)}`;
    await duck.read(sql, (chunk) => rows.add(chunk));
  }
  return rows.finish();
}

class RowCollector {
  #rows = 0;
  #columns: ColumnViews & { readonly buffer: ArrayBuffer } = createColumns(4096);

  add(chunk: ResultChunk): void {
    if (this.#rows + chunk.rows > this.#columns.count)
      this.#resize(Math.max(this.#columns.count * 2, this.#rows + chunk.rows));
    const to = this.#columns;
    const at = this.#rows;
    to.signal.set(chunk.int32(0), at);
    to.timeNs.set(chunk.bigint64(1), at);
    to.kind.set(chunk.uint8(2), at);
    to.statusCode.set(chunk.uint32(6), at);
    to.flags.set(chunk.uint8(7), at);
    const words = wordsOf(chunk.bigint64(4));
    const floats = wordsOf(chunk.float64(3));
    for (let i = 0; i < chunk.rows; i += 1) this.#setValue(chunk, i, { words, floats });
    this.#rows += chunk.rows;
  }

  #setValue(chunk: ResultChunk, i: number, from: { words: Uint32Array; floats: Uint32Array }): void {
    const to = this.#columns;
    const row = this.#rows + i;
    const kind = to.kind[row];
    if (kind === ValueKind.text || kind === ValueKind.json)
      to.f64[row] = to.texts.push(decoder.decode(chunk.bytes(5, i))) - 1;
    else if (kind === ValueKind.bytes) to.f64[row] = to.blobs.push(chunk.bytes(5, i)) - 1;
    else {
      const words = kind === ValueKind.int || kind === ValueKind.uint64 ? from.words : from.floats;
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
  sources: Sources,
  query: { readonly signal: SignalNo; readonly range: TimeRange },
): Promise<number> {
  const from = relation(sources, [query.signal], query.range);
  let count = 0;
  if (from !== undefined)
    await duck.read(`SELECT count(*) AS n FROM (${from})`, (chunk) => {
      count = Number(chunk.bigint64(0)[0] ?? 0n);
    });
  return count;
}

/** Adds the samples of `sources` to the buckets of each signal. */
export async function readBuckets(
  duck: Duck,
  sources: Sources,
  plan: BucketPlan,
  into: ReadonlyMap<SignalNo, AggregateColumns>,
): Promise<void> {
  const from = relation(sources, [...into.keys()], plan.range);
  if (from === undefined) return;
  const place = plan.aligned ? placeByMinute(plan) : placeByOffset(plan);
  const sql = `SELECT signal, time_ns, kind, value, int, status FROM (${from}) ${orderOf(sources)}`;
  await duck.read(sql, (chunk) => {
    const signal = chunk.int32(0);
    const input = inputOf(chunk);
    for (let i = 0; i < chunk.rows; i += 1) {
      const to = into.get(signal[i] ?? 0);
      if (!to) continue;
      const { bucket, at } = place(input.timeWords, i);
      const sample = { value: aggregateValue(input, i), statusCode: input.statusCode[i] ?? 0 };
      addSample(to, bucket, at, sample);
    }
  });
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
