import { expect, test } from 'vitest';
import { BackOff, Pace } from './pace.ts';

test('pauses double from 0.25 s to 2 s, each between half and the whole of it, and begin anew after success', () => {
  const backOff = new BackOff();
  const longest = Array.from({ length: 7 }, () => backOff.next(false, 1));
  expect(longest).toEqual([250, 500, 1000, 2000, 2000, 2000, 2000]);
  expect(backOff.next(false, 0)).toBe(1000);
  backOff.reset();
  expect(backOff.next(false, 0)).toBe(125);
});

test('pauses stay short for the time of a restart where nobody listens, and not for ever', () => {
  const backOff = new BackOff();
  const pauses = Array.from({ length: 42 }, () => backOff.next(true, 1));
  expect(pauses.slice(0, 3)).toEqual([250, 400, 400]);
  expect(pauses.slice(39)).toEqual([400, 2000, 2000]);
  expect(backOff.next(false, 1)).toBe(2000);
  backOff.reset();
  expect(backOff.next(true, 1)).toBe(250);
  expect(backOff.next(true, 1)).toBe(400);
});

test('after its begin no second has more requests than allowed; before there is no limit', async () => {
  let now = 0;
  const pace = new Pace(100, { now: () => now, monotonic: () => now });
  const { signal } = new AbortController();
  const started = performance.now();
  for (let i = 0; i < 1_000; i += 1) await pace.take(1, signal);
  // With one it would take ten seconds.
  expect(performance.now() - started).toBeLessThan(5_000);
  pace.begin();
  const at: number[] = [];
  for (const size of [8, ...Array<number>(60).fill(1), 8, ...Array<number>(40).fill(1)]) {
    const before = performance.now();
    await pace.take(size, signal);
    now += performance.now() - before;
    at.push(...Array<number>(size).fill(now));
  }
  const inTheSecondFrom = (start: number): number =>
    at.filter((time) => time >= start && time < start + 1000).length;
  expect(Math.max(...at.map(inTheSecondFrom))).toBeLessThanOrEqual(100);
  expect(at.at(-1)).toBeGreaterThan(1_000);
});
