import { describe, expect, it } from 'vitest';
import { addAggregate, addSample, createAggregates, planBuckets, toBuckets } from './rollup.ts';

const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const T = 1_790_000_000n * SECOND;

describe('planBuckets', () => {
  it('cuts short ranges exactly, from their start', () => {
    const range = { from: T + 7n, to: T + 7n + 100n };
    expect(planBuckets(range, 10)).toEqual({
      originNs: T + 7n,
      widthNs: 10n,
      count: 10,
      aligned: false,
      range,
    });
    expect(planBuckets(range, 1000)).toMatchObject({ widthNs: 1n, count: 100 });
    expect(planBuckets(range, 33)).toMatchObject({ widthNs: 4n, count: 25 });
  });

  it('puts wide buckets on whole minutes that do not move with the range', () => {
    const day = 1440n * MINUTE;
    const plan = planBuckets({ from: T, to: T + day }, 500);
    expect(plan.widthNs).toBe(3n * MINUTE);
    expect(plan.originNs % plan.widthNs).toBe(0n);
    expect(plan.count).toBeLessThanOrEqual(501);
    const later = planBuckets({ from: T + 65n * SECOND, to: T + 65n * SECOND + day }, 500);
    expect((later.originNs - plan.originNs) % plan.widthNs).toBe(0n);
    expect(plan.range.from).toBeLessThanOrEqual(T);
    expect(plan.range.to).toBeGreaterThanOrEqual(T + day);
  });

  it('holds before 1970 and answers nothing for an empty range', () => {
    const plan = planBuckets({ from: -90n * MINUTE - 1n, to: -1n }, 10);
    expect(plan).toMatchObject({ originNs: -99n * MINUTE, widthNs: 9n * MINUTE, count: 11 });
    expect(planBuckets({ from: T, to: T }, 10).count).toBe(0);
    expect(planBuckets({ from: T, to: T + 1n }, 0).count).toBe(0);
  });
});

describe('aggregates', () => {
  it('are the same however the samples were grouped', () => {
    const samples = [5, -1, NaN, 3, 8, 2].map((value, i) => ({
      value,
      at: i * 1e9,
      statusCode: i === 2 ? 0x80000000 : 0,
    }));
    const whole = createAggregates(1);
    for (const { at, ...sample } of samples) addSample(whole, 0, at, sample);
    const parts = createAggregates(2);
    samples.forEach(({ at, ...sample }, i) =>
      addSample(parts, i < 4 ? 1 : 0, at - (i < 4 ? 0 : 4e9), sample),
    );
    const merged = createAggregates(1);
    addAggregate(merged, 0, { from: parts, i: 0, shift: 4e9 });
    addAggregate(merged, 0, { from: parts, i: 1, shift: 0 });
    expect(merged).toEqual(whole);
    const plan = {
      originNs: T,
      widthNs: MINUTE,
      count: 1,
      aligned: true,
      range: { from: T, to: T + MINUTE },
    };
    expect(toBuckets(plan, merged)).toEqual([
      { t: T, min: -1, mean: 17 / 5, max: 8, first: 5, last: 2, count: 6, worstStatus: 0x80000000 },
    ]);
  });
});
