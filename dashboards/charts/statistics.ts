import type { TrendData } from './trend-data.ts';

/** Of what a trend shows; undefined where it shows no good value. */
export interface TrendStatistics {
  readonly min: number;
  /** Time-weighted: a value counts for as long as it holds. */
  readonly mean: number;
  readonly max: number;
}

/** Least, mean and greatest value of a drawn stretch, holes left out. */
export function statisticsOf({ time, value, lo, hi }: TrendData): TrendStatistics | undefined {
  let [min, max, area, heldS] = [Infinity, -Infinity, 0, 0];
  let last = NaN;
  for (let i = 0; i < time.length; i += 1) {
    const here = value[i];
    if (here === null || here === undefined) continue;
    last = here;
    min = Math.min(min, lo[i] ?? here);
    max = Math.max(max, hi[i] ?? here);
    const untilS = time[i + 1];
    if (untilS === undefined) continue;
    const durationS = untilS - (time[i] ?? untilS);
    area += here * durationS;
    heldS += durationS;
  }
  if (min > max) return undefined;
  return { min, mean: heldS > 0 ? area / heldS : last, max };
}

/** The value that held at a time; null in a hole and before the first sample. */
export function valueAt({ time, value }: TrendData, atMs: number): number | null {
  const atS = atMs / 1000;
  let [low, high] = [0, time.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((time[middle] ?? 0) <= atS) low = middle + 1;
    else high = middle;
  }
  return value[low - 1] ?? null;
}
