import { describe, expect, it } from 'vitest';
import { statisticsOf, valueAt } from './statistics.ts';
import type { TrendData } from './trend-data.ts';

const trend = (points: readonly (readonly [seconds: number, value: number | null])[]): TrendData => {
  const value = points.map(([, each]) => each);
  return { time: points.map(([seconds]) => seconds), value, lo: value, hi: value, holes: [], knownFromMs: 0 };
};

describe('statistics of a trend', () => {
  it('weigh a value by how long it holds', () => {
    const data = trend([
      [0, 10],
      [9, 20],
      [10, 20],
    ]);
    expect(statisticsOf(data)).toEqual({ min: 10, mean: 11, max: 20 });
  });

  it('leave holes out', () => {
    const data = trend([
      [0, 10],
      [5, 10],
      [5.000001, null],
      [95, 30],
      [100, 30],
    ]);
    const { mean = NaN } = statisticsOf(data) ?? {};
    expect(mean).toBeCloseTo(20, 4);
  });

  it('take the extremes of conflated points', () => {
    const data = { ...trend([[0, 5]]), lo: [-3], hi: [9] };
    expect(statisticsOf(data)).toEqual({ min: -3, mean: 5, max: 9 });
  });

  it('are none where there is no good value', () => {
    expect(statisticsOf(trend([[0, null]]))).toBeUndefined();
    expect(statisticsOf(trend([]))).toBeUndefined();
  });
});

describe('the value at a time', () => {
  const data = trend([
    [10, 1],
    [20, 2],
    [30, null],
    [40, 4],
  ]);
  it.each([
    [9_999, null],
    [10_000, 1],
    [19_999, 1],
    [20_000, 2],
    [35_000, null],
    [50_000, 4],
  ])('at %i ms is %s', (atMs, expected) => {
    expect(valueAt(data, atMs)).toBe(expected);
  });
});
