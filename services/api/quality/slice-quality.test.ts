import { expect, test } from 'vitest';
import { sharesOf, stretchesOf, unclearSlices, united, type SliceRow, type Slices } from './slice-quality.ts';

const BAD = 0x80310000;
const UNCERTAIN = 0x40000000;
/** Ten slices of 100 ms; the first two lie before the range. */
const SLICES: Slices = { originMs: 0, widthMs: 100, count: 10, fromMs: 200, toMs: 1_000 };
const row = (worstStatus = 0, samples = 3, min: number | null = 1, max: number | null = 2): SliceRow => ({
  worstStatus,
  samples,
  min,
  max,
});
const rowsOf = (...rows: readonly (readonly [number, SliceRow])[]) => new Map(rows);

test('a value holds until the next one; what was before the range tells how it begins', () => {
  const shares = sharesOf(SLICES, rowsOf([1, row()], [5, row(BAD, 1)], [8, row(UNCERTAIN, 1)]), []);
  expect(shares).toEqual({ goodMs: 300, badMs: 300, uncertainMs: 200, missingMs: 0, unknownMs: 0 });
});

test('without anything before it, the time until the first sample is not known', () => {
  const shares = sharesOf(SLICES, rowsOf([6, row()]), []);
  expect(shares).toMatchObject({ unknownMs: 400, goodMs: 400 });
});

test('a slice is as bad as its worst sample, but ends with its last one', () => {
  const rows = rowsOf([1, row()], [4, row(BAD, 2)]);
  expect(unclearSlices(SLICES, rows)).toEqual([4]);
  expect(sharesOf(SLICES, rows, [])).toMatchObject({ goodMs: 200, badMs: 600 });
  expect(sharesOf(SLICES, rows, [], new Map([[4, 0]]))).toMatchObject({ goodMs: 700, badMs: 100 });
});

test('gaps count to the millisecond, overlapping ones once, those beside the range not', () => {
  const holes = united([
    { fromMs: 650, toMs: 700 },
    { fromMs: 510, toMs: 620 },
    { fromMs: 600, toMs: 660 },
    { fromMs: 0, toMs: 250 },
    { fromMs: 990, toMs: 5_000 },
  ]);
  expect(holes).toHaveLength(3);
  const shares = sharesOf(SLICES, rowsOf([0, row()]), holes);
  expect(shares).toEqual({
    goodMs: 800 - 50 - 190 - 10,
    missingMs: 250,
    badMs: 0,
    uncertainMs: 0,
    unknownMs: 0,
  });
});

test('the five always add up to the range', () => {
  for (const fromMs of [0, 133, 200, 999]) {
    const slices = { ...SLICES, fromMs };
    const all = sharesOf(slices, rowsOf([2, row(BAD)], [7, row()]), [{ fromMs: 430, toMs: 555 }]);
    expect(Object.values(all).reduce((sum: number, ms: number) => sum + ms, 0)).toBeCloseTo(
      1_000 - fromMs,
      6,
    );
  }
});

test('counts what came before and within, and sees whether a value stands still', () => {
  const still = rowsOf([0, row(0, 9, 4, 4)], [3, row(0, 6, 5, 5)], [4, row(0, 6, 5, 5)]);
  expect(stretchesOf(SLICES, still)).toEqual({ before: 9, within: 12, isConstant: true, withinMs: 200 });
  expect(stretchesOf(SLICES, rowsOf([3, row(0, 6, 5, 5.1)])).isConstant).toBe(false);
  expect(stretchesOf(SLICES, rowsOf([3, row(BAD, 6, null, null)])).isConstant).toBe(false);
  expect(stretchesOf(SLICES, rowsOf([0, row()])).withinMs).toBe(0);
});
