import { expect, test } from 'vitest';
import { BackOff, Pace } from './pace.ts';

test('pauses double from 0.25 s to 5 s, each between half and the whole of it, and begin anew after success', () => {
  const backOff = new BackOff();
  const longest = Array.from({ length: 7 }, () => backOff.next(1));
  expect(longest).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  expect(backOff.next(0)).toBe(2500);
  backOff.reset();
  expect(backOff.next(0)).toBe(125);
});

test('after its begin, requests beyond the burst come evenly', async () => {
  let now = 0;
  const pace = new Pace(50, { now: () => now, monotonic: () => now });
  const { signal } = new AbortController();
  const started = performance.now();
  for (let i = 0; i < 1_000; i += 1) await pace.take(1, signal);
  expect(performance.now() - started).toBeLessThan(500);
  pace.begin();
  const waits: number[] = [];
  for (let i = 0; i < 40; i += 1) {
    const before = performance.now();
    await pace.take(1, signal);
    const waited = performance.now() - before;
    waits.push(waited);
    now += waited;
  }
  // 25 at once, the other 15 one every 20 ms.
  expect(waits.slice(0, 25).every((waited) => waited < 15)).toBe(true);
  expect(waits.reduce((sum, waited) => sum + waited, 0)).toBeGreaterThan(250);
});
