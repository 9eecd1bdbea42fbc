import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SampleColumns } from './sample-ring.ts';
import { TrendSeries } from './trend-series.ts';

const columnsOf = (times: readonly number[]): SampleColumns => {
  const time = Float64Array.from(times);
  return { time, value: time, lo: time, hi: time };
};
const timesOf = (series: TrendSeries, fromMs = -Infinity): number[] => [...series.columns(fromMs).time];

describe('TrendSeries', () => {
  it('joins history and live without a hole and without a double, wherever the answer falls', () => {
    const period = 100;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 50 }),
        (liveFrom, answerAfter) => {
          const series = new TrendSeries();
          const all = Array.from({ length: 120 }, (_, n) => n * period);
          let answered = false;
          for (let n = liveFrom; n < all.length; n += 1) {
            series.pushLive(all[n] ?? 0, n);
            if (!answered && n >= liveFrom + answerAfter) {
              const throughMs = series.cutMs;
              series.setHistory({
                columns: columnsOf(all.filter((time) => time <= throughMs)),
                gaps: [],
                throughMs,
              });
              answered = true;
            }
          }
          expect(timesOf(series)).toEqual(all);
        },
      ),
    );
  });

  it('keeps what is drawn until the history of another range is here', () => {
    const series = new TrendSeries();
    series.pushLive(1_000, 1);
    series.setHistory({ columns: columnsOf([800, 900, 1_000]), gaps: [], throughMs: 1_000 });
    series.pushLive(1_100, 1);
    expect(timesOf(series)).toEqual([800, 900, 1_000, 1_100]);
    series.setHistory({ columns: columnsOf([100, 500, 1_000]), gaps: [], throughMs: 1_000 });
    expect(timesOf(series)).toEqual([100, 500, 1_000, 1_100]);
  });

  it('fills the hole of a lost connection from history through the first sample after it', () => {
    const series = new TrendSeries();
    for (const time of [100, 200]) series.pushLive(time, time);
    series.reconnect();
    for (const time of [700, 800]) series.pushLive(time, time);
    expect(series.cutMs).toBe(700);
    series.setHistory({ columns: columnsOf([100, 200, 300, 400, 500, 600, 700]), gaps: [], throughMs: 700 });
    expect(timesOf(series)).toEqual([100, 200, 300, 400, 500, 600, 700, 800]);
  });

  it('gives the sample before the window too: its value holds at the edge', () => {
    const series = new TrendSeries();
    series.setHistory({ columns: columnsOf([100, 200, 300]), gaps: [], throughMs: 300 });
    expect(timesOf(series, 250)).toEqual([200, 300]);
  });

  it('keeps the one old sample of a constant signal, whose range of history is empty', () => {
    const series = new TrendSeries();
    series.pushLive(1_000, 7);
    series.setHistory({ columns: columnsOf([]), gaps: [], throughMs: 999 });
    expect(timesOf(series, 500_000)).toEqual([1_000]);
  });

  it('asks for history again before its ring runs over', () => {
    const series = new TrendSeries();
    for (let n = 0; n < 6_145; n += 1) series.pushLive(n, n);
    expect(series.wantsHistory).toBe(true);
    series.setHistory({ columns: columnsOf([6_144]), gaps: [], throughMs: 6_144 });
    expect(series.wantsHistory).toBe(false);
  });

  it('keeps one sample a column of pixels with the least and the greatest of it, and neither hole nor double at the join', () => {
    const period = 100;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 100, max: 1_500 }),
        fc.integer({ min: 0, max: 100 }),
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 120, maxLength: 120 }),
        (answerAfter, widthMs, spikeAt, values) => {
          const series = new TrendSeries();
          series.foldTo(widthMs);
          values[spikeAt] = 1_000;
          let throughMs = NaN;
          for (let n = 0; n < values.length; n += 1) {
            if (n === answerAfter) {
              series.seal();
              throughMs = series.lastMs;
            }
            series.pushLive(n * period, values[n] ?? 0);
            // The answer takes its time.
            if (n === answerAfter + 7 && answerAfter > 0) {
              const past = values.slice(0, throughMs / period + 1);
              const value = Float64Array.from(past);
              const time = Float64Array.from(past, (_, i) => i * period);
              series.setHistory({ columns: { time, value, lo: value, hi: value }, gaps: [], throughMs });
            }
          }
          const { time, lo, hi, value } = series.columns(-Infinity);
          expect(Math.max(...hi)).toBe(1_000);
          expect(Math.min(...lo)).toBe(Math.min(...values));
          expect(value.at(-1)).toBe(values.at(-1));
          for (let i = 1; i < time.length; i += 1) {
            expect(time[i]).toBeGreaterThan(time[i - 1] ?? NaN);
            expect((time[i] ?? NaN) - (time[i - 1] ?? NaN)).toBeLessThan(widthMs + period);
          }
        },
      ),
    );
  });

  it('keeps a value that is not good apart from good ones of the same column', () => {
    const series = new TrendSeries();
    series.foldTo(1_000);
    for (const [time, value] of [
      [100, 1],
      [200, 2],
      [300, 3],
      [400, NaN],
      [500, 5],
      [600, 6],
    ] as const)
      series.pushLive(time, value);
    expect(timesOf(series)).toEqual([100, 200, 400, 500]);
  });
});
