import type { ColumnsAnswer } from '../../../api/columns.ts';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Place {
  readonly w: number;
  readonly h: number;
}

const MOST_PLACES = 800;
/** A box is never smaller than this, in the unit of the places: noise around one place is not a way. */
const LEAST_EXTENT = 2;

/** The places where something was, the newest last; a bounded number of them. */
export class Trail {
  #places: Place[] = [];

  add(place: Place): void {
    const last = this.#places.at(-1);
    if (last && last.x === place.x && last.y === place.y) return;
    this.#places.push(place);
    if (this.#places.length > MOST_PLACES) this.#places.shift();
  }

  /** What was before the first place that is known. */
  before(places: readonly Place[]): void {
    this.#places = [...places, ...this.#places].slice(-MOST_PLACES);
  }

  /** In the units of a drawing: y upwards, both ways at one scale, in the middle of the box. */
  within(box: Box): { readonly points: string; readonly now: Place | undefined } {
    const [left, right] = extentOf(this.#places.map(({ x }) => x));
    const [low, high] = extentOf(this.#places.map(({ y }) => y));
    const scale = Math.min(box.w / (right - left), box.h / (high - low));
    const shown = this.#places.map(({ x, y }) => ({
      x: box.x + box.w / 2 + (x - (left + right) / 2) * scale,
      y: box.y + box.h / 2 - (y - (low + high) / 2) * scale,
    }));
    return {
      points: shown.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
      now: shown.at(-1),
    };
  }
}

function extentOf(values: readonly number[]): readonly [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const short = Math.max(0, LEAST_EXTENT - (high - low)) / 2;
  return [low - short, high + short];
}

/** Two signals' samples as places: at the times of either, on the straight line between what the other said. */
export function placesOf({ series }: Pick<ColumnsAnswer, 'series'>): readonly Place[] {
  const [east, north] = series.map(({ columns }): Samples => ({
    time: columns['t'] ?? new Float64Array(),
    value: columns['mean'] ?? columns['value'] ?? new Float64Array(),
  }));
  if (!east || !north) return [];
  const times = [...new Set([...east.time, ...north.time])].sort((a, b) => a - b);
  return times
    .map((timeMs) => ({ x: valueAt(east, timeMs), y: valueAt(north, timeMs) }))
    .filter(({ x, y }) => !Number.isNaN(x) && !Number.isNaN(y));
}

interface Samples {
  readonly time: Float64Array;
  readonly value: Float64Array;
}

/** NaN before the first sample; after the last one its value. */
function valueAt({ time, value }: Samples, timeMs: number): number {
  const after = time.findIndex((each) => each >= timeMs);
  if (after < 0) return value.at(-1) ?? NaN;
  const [t1 = NaN, v1 = NaN] = [time[after], value[after]];
  if (t1 === timeMs) return v1;
  const [t0 = NaN, v0 = NaN] = [time[after - 1], value[after - 1]];
  return v0 + ((v1 - v0) * (timeMs - t0)) / (t1 - t0);
}
