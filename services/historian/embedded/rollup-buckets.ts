import { ROLLUP_NS, addAggregate, type AggregateColumns, type BucketPlan } from '#domain/rollup.ts';
import type { SignalNo } from '#domain/sample-store.ts';
import type { RollupReader } from './rollup-file.ts';

/** Adds what one sealed file has of each signal to the buckets of an aligned plan. */
export function addRollups(
  reader: RollupReader,
  path: string,
  plan: BucketPlan,
  into: ReadonlyMap<SignalNo, AggregateColumns>,
): void {
  const origin = Number(plan.originNs / ROLLUP_NS);
  const width = Number(plan.widthNs / ROLLUP_NS);
  for (const [signal, to] of into) {
    const rollups = reader.read(path, signal);
    if (!rollups) continue;
    for (let i = firstFrom(rollups.minute, origin); i < rollups.rows; i += 1) {
      const minute = (rollups.minute[i] ?? 0) - origin;
      const bucket = Math.floor(minute / width);
      if (bucket >= plan.count) break;
      addAggregate(to, bucket, { from: rollups.columns, i, shift: (minute - bucket * width) * 6e10 });
    }
  }
}

/** First index whose minute is not before `origin`. */
function firstFrom(minutes: Float64Array, origin: number): number {
  let low = 0;
  let high = minutes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((minutes[middle] ?? 0) < origin) low = middle + 1;
    else high = middle;
  }
  return low;
}
