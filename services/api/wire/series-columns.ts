import { BUCKET_COLUMNS, RAW_COLUMNS, type ColumnsHeader } from '#contracts/api/samples.ts';
import type { Sample, SampleValue } from '#domain/sample.ts';
import type { Bucket } from '#domain/sample-store.ts';
import { nsToIso, nsToMs, NS_PER_MS, type TimeNs } from '#domain/time.ts';
import { toWireGap, type Series, type SeriesAnswer } from './series-json.ts';

const LENGTH_BYTES = 4;

/** Body of `/samples?format=columns`, as `samplesRoute.media` describes it. */
export function seriesColumns({ range, series, gaps }: SeriesAnswer): Buffer {
  const header: ColumnsHeader = {
    from: nsToIso(range.from),
    to: nsToIso(range.to),
    items: series.map(headerItem),
    gaps: gaps.map(toWireGap),
  };
  const text = Buffer.from(JSON.stringify(header));
  const columnsStart = Math.ceil((LENGTH_BYTES + text.length) / 8) * 8;
  const numbers = header.items.reduce((sum, { count, columns }) => sum + count * columns.length, 0);
  const body = Buffer.from(new ArrayBuffer(columnsStart + numbers * 8));
  body.writeUInt32LE(columnsStart - LENGTH_BYTES, 0);
  body.fill(0x20, LENGTH_BYTES, columnsStart);
  text.copy(body, LENGTH_BYTES);
  const columns = new Float64Array(body.buffer, columnsStart, numbers);
  let at = 0;
  for (const each of series) {
    at = each.mode === 'raw' ? writeRaw(columns, at, each.samples) : writeBuckets(columns, at, each.buckets);
  }
  return body;
}

function headerItem(series: Series): ColumnsHeader['items'][number] {
  const { signal, mode } = series;
  return series.mode === 'raw'
    ? { signal, mode, count: series.samples.length, columns: RAW_COLUMNS }
    : { signal, mode, bucketMs: series.bucketMs, count: series.buckets.length, columns: BUCKET_COLUMNS };
}

function writeRaw(columns: Float64Array, at: number, samples: readonly Sample[]): number {
  const count = samples.length;
  samples.forEach((sample, i) => {
    columns[at + i] = fractionalMs(sample.sourceTimestamp);
    columns[at + count + i] = numberOf(sample.value);
    columns[at + 2 * count + i] = sample.statusCode;
  });
  return at + RAW_COLUMNS.length * count;
}

function writeBuckets(columns: Float64Array, at: number, buckets: readonly Bucket[]): number {
  const count = buckets.length;
  buckets.forEach((bucket, i) => {
    columns[at + i] = fractionalMs(bucket.t);
    columns[at + count + i] = bucket.min ?? Number.NaN;
    columns[at + 2 * count + i] = bucket.mean ?? Number.NaN;
    columns[at + 3 * count + i] = bucket.max ?? Number.NaN;
    columns[at + 4 * count + i] = bucket.first ?? Number.NaN;
    columns[at + 5 * count + i] = bucket.last ?? Number.NaN;
    columns[at + 6 * count + i] = bucket.count;
    columns[at + 7 * count + i] = bucket.worstStatus;
  });
  return at + BUCKET_COLUMNS.length * count;
}

function fractionalMs(timeNs: TimeNs): number {
  const ms = nsToMs(timeNs);
  return ms + Number(timeNs - BigInt(ms) * NS_PER_MS) / 1e6;
}

function numberOf(value: SampleValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return Number.NaN;
}
