import { expect, it } from 'vitest';
import { HOUR_MS, HourBook, firstUnrolled, isCurrent, isOutdated } from './rolled-hours.ts';

const MINUTE_MS = 60_000;

it.each([
  ['a clock that is slow by hours', -3 * HOUR_MS],
  ['a clock that is fast by hours', 3 * HOUR_MS],
  ['a clock that stands at 1970', -1e9 * 1000],
])('%s: no hour is rolled up that another worker takes for open', (_, offMs) => {
  const serverMs = 500_000 * HOUR_MS;
  const right = new HourBook({ clockMs: () => serverMs, serverMs: () => serverMs });
  const wrong = new HourBook({ clockMs: () => serverMs + offMs, serverMs: () => serverMs });
  for (const [maker, storer] of [
    [right, wrong],
    [wrong, right],
    [wrong, wrong],
  ] as const)
    expect(firstUnrolled(maker.earliestMs)).toBeLessThanOrEqual(storer.firstOpen);
});

it('takes an hour for closed for ever, though a clock steps back', () => {
  let nowMs = 10 * HOUR_MS + 10 * MINUTE_MS;
  const book = new HourBook({ clockMs: () => nowMs, serverMs: () => undefined });
  expect(book.firstOpen).toBe(10);
  expect(firstUnrolled(book.earliestMs)).toBe(9);
  nowMs -= 5 * HOUR_MS;
  expect(book.firstOpen).toBe(10);
  expect(firstUnrolled(book.earliestMs)).toBe(4);
});

it('believes neither a rollup of too few marks nor one of too many', () => {
  const hours = (rolled: number | undefined, late: number): [boolean, boolean] => {
    const known = {
      rolled: new Map(rolled === undefined ? [] : [[5, rolled]]),
      late: new Map(late === 0 ? [] : [[5, late]]),
    };
    return [isCurrent(known, 5), isOutdated(known, 5)];
  };
  expect(hours(undefined, 0)).toEqual([false, true]);
  expect(hours(0, 0)).toEqual([true, false]);
  expect(hours(1, 3)).toEqual([false, true]);
  expect(hours(3, 1)).toEqual([false, false]);
});
