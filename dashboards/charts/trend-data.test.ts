import { describe, expect, it } from 'vitest';
import type { TrendGap } from '../live-core/trend-series.ts';
import { buildTrend } from './trend-data.ts';

const columns = (samples: readonly (readonly [number, number])[]) => ({
  time: Float64Array.from(samples, ([time]) => time),
  value: Float64Array.from(samples, ([, value]) => value),
  lo: Float64Array.from(samples, ([, value]) => value),
  hi: Float64Array.from(samples, ([, value]) => value),
});
const window = { fromMs: 1_000, toMs: 10_000, deadSinceMs: undefined };

describe('buildTrend', () => {
  it('lets the last value hold until now while the path is alive', () => {
    const trend = buildTrend(columns([[2_000, 5]]), [], window);
    expect(trend.time).toEqual([2, 10]);
    expect(trend.value).toEqual([5, 5]);
  });

  it('says since when something is known: a sample, what held before the window, a declared gap, or nothing', () => {
    const knownFrom = (samples: readonly (readonly [number, number])[], gaps: readonly TrendGap[] = []) =>
      buildTrend(columns(samples), gaps, window).knownFromMs;
    expect(knownFrom([[2_000, 5]])).toBe(2_000);
    expect(knownFrom([[100, 5]])).toBe(1_000);
    expect(knownFrom([[8_000, 5]], [{ fromMs: 3_000, toMs: 7_000, cause: 'connection-lost' }])).toBe(3_000);
    expect(knownFrom([])).toBe(10_000);
  });

  it('ends the line where the path died, and hatches from there', () => {
    const trend = buildTrend(columns([[2_000, 5]]), [], { ...window, deadSinceMs: 7_000 });
    expect(trend.time).toEqual([2, 7]);
    expect(trend.holes).toEqual([{ fromMs: 7_000, toMs: 10_000, cause: 'stale' }]);
  });

  it('holds the value of a sample before the window from its edge', () => {
    expect(
      buildTrend(
        columns([
          [100, 3],
          [4_000, 4],
        ]),
        [],
        window,
      ).time,
    ).toEqual([1, 4, 10]);
  });

  it('breaks the line at a declared gap and says its cause', () => {
    const gaps = [{ fromMs: 3_000, toMs: 6_000, cause: 'connection-lost' }];
    const trend = buildTrend(
      columns([
        [2_000, 5],
        [6_500, 6],
      ]),
      gaps,
      window,
    );
    expect(trend.time).toEqual([2, 3, 3, 6.5, 10]);
    expect(trend.value).toEqual([5, 5, null, 6, 6]);
    expect(trend.holes).toEqual(gaps);
  });

  it('breaks the line after a sample that fell into the beginning of a gap', () => {
    const gaps = [{ fromMs: 3_000, toMs: 6_000, cause: 'connection-lost' }];
    const trend = buildTrend(
      columns([
        [2_000, 5],
        [3_100, 7],
        [6_500, 6],
      ]),
      gaps,
      window,
    );
    expect(trend.time).toEqual([2, 3.1, 3.1, 3.1, 6.5, 10]);
    expect(trend.value).toEqual([5, 7, 7, null, 6, 6]);
  });

  it('draws what filled a gap later', () => {
    const gaps = [{ fromMs: 3_000, toMs: 6_000, cause: 'connection-lost' }];
    const trend = buildTrend(
      columns([
        [2_000, 5],
        [4_000, 6],
        [5_000, 7],
        [6_500, 6],
      ]),
      gaps,
      window,
    );
    expect(trend.value).not.toContain(null);
  });

  it('holds nothing inside a gap, not even behind samples that fell into its first two thirds', () => {
    const gaps = [{ fromMs: 10_000, toMs: 40_000, cause: 'connection-lost' }];
    const wide = { fromMs: 1_000, toMs: 60_000, deadSinceMs: undefined };
    const samples = [
      [2_000, 5],
      [12_000, 6],
      [30_000, 7],
      [40_500, 8],
    ] as const;
    const { time, value } = buildTrend(columns(samples), gaps, wide);
    expect(time[value.lastIndexOf(null)]).toBe(30);
  });

  it('lets a value that did not change hold again after a gap while the path is alive', () => {
    const gaps = [{ fromMs: 3_000, toMs: 6_000, cause: 'connection-lost' }];
    const trend = buildTrend(columns([[2_000, 5]]), gaps, window);
    expect(trend.time).toEqual([2, 3, 3, 6, 10]);
    expect(trend.value).toEqual([5, 5, null, 5, 5]);
    expect(buildTrend(columns([[2_000, 5]]), gaps, { ...window, deadSinceMs: 6_000 }).time).toEqual([2, 3]);
  });

  it('ends the line in a gap that lasts until now', () => {
    const gaps = [{ fromMs: 3_000, toMs: 10_000, cause: 'connection-lost' }];
    expect(buildTrend(columns([[2_000, 5]]), gaps, window).time).toEqual([2, 3]);
  });

  it('breaks the line at a bad sample until the next good one', () => {
    const trend = buildTrend(
      columns([
        [2_000, 5],
        [3_000, NaN],
        [3_500, NaN],
        [5_000, 6],
      ]),
      [],
      window,
    );
    expect(trend.time).toEqual([2, 3, 3, 3.5, 5, 10]);
    expect(trend.value).toEqual([5, 5, null, null, 6, 6]);
    expect(trend.holes).toEqual([{ fromMs: 3_000, toMs: 5_000, cause: 'bad' }]);
  });

  it('says of a dead path only that it is dead, also where its values were marked as bad then', () => {
    const samples = columns([
      [2_000, 5],
      [7_100, NaN],
    ]);
    const dead = { fromMs: 7_000, toMs: 10_000, cause: 'stale' };
    expect(buildTrend(samples, [], { ...window, deadSinceMs: 7_000 }).holes).toEqual([dead]);
    const bad = { fromMs: 7_100, toMs: 8_000, cause: 'bad' };
    const later = { ...window, deadSinceMs: 8_000 };
    expect(buildTrend(samples, [], later).holes).toEqual([bad, { ...dead, fromMs: 8_000 }]);
  });

  it('leaves out gaps that are not in the window', () => {
    expect(buildTrend(columns([]), [{ fromMs: 0, toMs: 900, cause: 'x' }], window).holes).toEqual([]);
  });
});
