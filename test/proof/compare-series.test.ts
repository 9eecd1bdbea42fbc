import { describe, expect, it } from 'vitest';
import { compareSeries, type StoredRow } from './compare-series.ts';

const S = 1_000_000_000n;
const truth = [5, 5, 7, 9, 8].map((value, i) => ({ timeNs: BigInt(i < 2 ? 1 : i) * S, value }));
const faithful = truth.map((row, i): StoredRow => ({
  ...row,
  timeNs: row.timeNs + (i === 1 ? 1n : 0n),
  statusCode: 0,
}));
const clean = { expected: 5, stored: 5, equal: 5, lost: 0, doubled: 0, altered: 0, reordered: 0 };

describe('compareSeries', () => {
  it('takes equal neighbours and repeated times for what they are', () => {
    expect(compareSeries(truth, faithful)).toEqual(clean);
  });

  it('leaves out what is not Good: the time before the first row', () => {
    const before = { timeNs: 0n, value: null, statusCode: 0x80320000 };
    expect(compareSeries(truth, [before, ...faithful])).toEqual(clean);
  });

  it('finds a lost, a doubled, an altered and a moved row', () => {
    expect(compareSeries(truth, faithful.toSpliced(1, 1))).toMatchObject({ lost: 1, doubled: 0 });
    expect(compareSeries(truth, faithful.toSpliced(2, 0, faithful[2]!))).toMatchObject({
      lost: 0,
      doubled: 1,
    });
    const nudged = { ...faithful[3]!, value: 9 + Number.EPSILON * 8 };
    expect(compareSeries(truth, faithful.with(3, nudged))).toMatchObject({ altered: 1, lost: 1 });
    const swapped = faithful.with(3, faithful[4]!).with(4, faithful[3]!);
    expect(compareSeries(truth, swapped)).toMatchObject({ lost: 0, doubled: 0, altered: 0, reordered: 2 });
  });
});
