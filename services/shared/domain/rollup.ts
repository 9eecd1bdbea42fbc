/**
 * Buckets of a chart and the one-minute rollups they are made from, pure. The same rules hold for every store.
 *
 * A bucket counts every sample; min, max, mean, first and last are over its *good, finite, numeric* samples
 * (booleans as 0 and 1, integers beyond 2^53 rounded to double). The mean is the arithmetic one.
 */
import { belowMsAt, timeMsAt, type TimeNs } from './time.ts';
import { isGood, worstStatus, type StatusCode } from './status-code.ts';
import { ValueKind } from './sample-batch.ts';
import type { Bucket, TimeRange } from './sample-store.ts';

/** Width of a stored rollup. */
export const ROLLUP_NS = 60_000_000_000n;
const ROLLUP_MS = 60_000;

export interface BucketPlan {
  /** Start of bucket 0. */
  readonly originNs: TimeNs;
  readonly widthNs: TimeNs;
  readonly count: number;
  /** Edges are whole minutes: the buckets can be made from rollups. */
  readonly aligned: boolean;
  /** What is read: `range` itself, or widened to whole buckets when aligned. */
  readonly range: TimeRange;
}

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b));
const ceilDiv = (a: bigint, b: bigint): bigint => -floorDiv(-a, b);

/**
 * At most `buckets` (+ 1 when aligned) equal buckets over `range`. Buckets narrower than a minute start at
 * `range.from`. Wider ones are a whole number of minutes wide and begin at whole multiples of their width since
 * 1970: the first and last are complete, not clipped at the range, and do not shift while a chart pans.
 */
export function planBuckets(range: TimeRange, buckets: number): BucketPlan {
  const span = range.to - range.from;
  if (span <= 0n || !(buckets >= 1))
    return { originNs: range.from, widthNs: 1n, count: 0, aligned: false, range };
  const ideal = ceilDiv(span, BigInt(Math.floor(buckets)));
  if (ideal < ROLLUP_NS) {
    const count = Number(ceilDiv(span, ideal));
    return { originNs: range.from, widthNs: ideal, count, aligned: false, range };
  }
  const widthNs = ceilDiv(ideal, ROLLUP_NS) * ROLLUP_NS;
  const originNs = floorDiv(range.from, widthNs) * widthNs;
  const count = Number(ceilDiv(range.to - originNs, widthNs));
  const widened = { from: originNs, to: originNs + widthNs * BigInt(count) };
  return { originNs, widthNs, count, aligned: true, range: widened };
}

/** Columns of samples as the functions below read them; `timeWords` is a view of the int64 times. */
export interface RollupInput {
  readonly timeWords: Uint32Array;
  readonly kind: Uint8Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
  readonly statusCode: Uint32Array;
}

/** The number that takes part in aggregates, NaN when the row has none (not numeric, not finite, not good). */
export function aggregateValue(input: RollupInput, i: number): number {
  if (!isGood(input.statusCode[i] ?? 0)) return NaN;
  switch (input.kind[i]) {
    case ValueKind.float:
    case ValueKind.bool: {
      const value = input.f64[i] ?? NaN;
      return Number.isFinite(value) ? value : NaN;
    }
    case ValueKind.int:
      return Number(input.i64[i]);
    case ValueKind.uint64:
      return Number(BigInt.asUintN(64, input.i64[i] ?? 0n));
    default:
      return NaN;
  }
}

/** Partial aggregates in columns: the rollups of one signal, or the buckets of one answer. */
export interface AggregateColumns {
  readonly count: Float64Array;
  /** Samples that take part in min, max, sum, first, last. */
  readonly good: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sum: Float64Array;
  readonly first: Float64Array;
  readonly last: Float64Array;
  /** ns from the start of the row's interval. */
  readonly firstAt: Float64Array;
  readonly lastAt: Float64Array;
  readonly worst: Uint32Array;
}

export function createAggregates(rows: number): AggregateColumns {
  const column = (): Float64Array => new Float64Array(rows);
  return {
    count: column(),
    good: column(),
    min: column(),
    max: column(),
    sum: column(),
    first: column(),
    last: column(),
    firstAt: column(),
    lastAt: column(),
    worst: new Uint32Array(rows),
  };
}

/** Adds one sample to row `row`; `at` = ns from the row's start. Samples come in the signal's order. */
export function addSample(
  to: AggregateColumns,
  row: number,
  at: number,
  sample: { readonly value: number; readonly statusCode: StatusCode },
): void {
  to.count[row] = (to.count[row] ?? 0) + 1;
  to.worst[row] = worstStatus(to.worst[row] ?? 0, sample.statusCode);
  const { value } = sample;
  if (value !== value) return;
  const good = to.good[row] ?? 0;
  to.good[row] = good + 1;
  to.sum[row] = (to.sum[row] ?? 0) + value;
  if (good === 0 || value < (to.min[row] ?? 0)) to.min[row] = value;
  if (good === 0 || value > (to.max[row] ?? 0)) to.max[row] = value;
  if (good === 0 || at < (to.firstAt[row] ?? 0)) setFirst(to, row, value, at);
  if (good === 0 || at >= (to.lastAt[row] ?? 0)) setLast(to, row, value, at);
}

function setFirst(to: AggregateColumns, row: number, value: number, at: number): void {
  to.first[row] = value;
  to.firstAt[row] = at;
}

function setLast(to: AggregateColumns, row: number, value: number, at: number): void {
  to.last[row] = value;
  to.lastAt[row] = at;
}

/** Adds row `i` of `from`, whose interval starts `shift` ns after the start of row `row` of `to`. */
export function addAggregate(
  to: AggregateColumns,
  row: number,
  part: { readonly from: AggregateColumns; readonly i: number; readonly shift: number },
): void {
  const { from, i, shift } = part;
  to.count[row] = (to.count[row] ?? 0) + (from.count[i] ?? 0);
  to.worst[row] = worstStatus(to.worst[row] ?? 0, from.worst[i] ?? 0);
  const added = from.good[i] ?? 0;
  if (added === 0) return;
  const good = to.good[row] ?? 0;
  to.good[row] = good + added;
  to.sum[row] = (to.sum[row] ?? 0) + (from.sum[i] ?? 0);
  const min = from.min[i] ?? 0;
  const max = from.max[i] ?? 0;
  const firstAt = (from.firstAt[i] ?? 0) + shift;
  const lastAt = (from.lastAt[i] ?? 0) + shift;
  if (good === 0 || min < (to.min[row] ?? 0)) to.min[row] = min;
  if (good === 0 || max > (to.max[row] ?? 0)) to.max[row] = max;
  if (good === 0 || firstAt < (to.firstAt[row] ?? 0)) setFirst(to, row, from.first[i] ?? 0, firstAt);
  if (good === 0 || lastAt >= (to.lastAt[row] ?? 0)) setLast(to, row, from.last[i] ?? 0, lastAt);
}

/** Minute (since 1970, rounded down) of row `i` of a time column. */
export const minuteAt = (timeWords: Uint32Array, i: number): number =>
  Math.floor(timeMsAt(timeWords, i) / ROLLUP_MS);

/** ns of row `i` within its minute. */
export function withinMinuteAt(timeWords: Uint32Array, i: number): number {
  const timeMs = timeMsAt(timeWords, i);
  return (timeMs - Math.floor(timeMs / ROLLUP_MS) * ROLLUP_MS) * 1e6 + belowMsAt(timeWords, i);
}

/** The buckets that hold samples. */
export function toBuckets(plan: BucketPlan, aggregates: AggregateColumns): Bucket[] {
  const buckets: Bucket[] = [];
  for (let i = 0; i < plan.count; i += 1) {
    const count = aggregates.count[i] ?? 0;
    if (count === 0) continue;
    const good = aggregates.good[i] ?? 0;
    const has = good > 0;
    buckets.push({
      t: plan.originNs + plan.widthNs * BigInt(i),
      min: has ? (aggregates.min[i] ?? null) : null,
      mean: has ? (aggregates.sum[i] ?? 0) / good : null,
      max: has ? (aggregates.max[i] ?? null) : null,
      first: has ? (aggregates.first[i] ?? null) : null,
      last: has ? (aggregates.last[i] ?? null) : null,
      count,
      worstStatus: aggregates.worst[i] ?? 0,
    });
  }
  return buckets;
}
