import { expect, onTestFinished, test, vi } from 'vitest';
import { LoadDriver, sliceOf } from './load-driver.ts';

test('what is held up is made up in time order; what is a second late is given up and counted', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  let nowMs = 1_000_000;
  const times: number[] = [];
  const missed: number[] = [];
  const signal = { path: 'A', dataType: 'Double', cadence: { everyMs: 100 } } as const;
  const driver = new LoadDriver({
    machines: [{ position: 0, signals: Array.from({ length: 10 }, () => signal) }],
    periodMs: 100,
    sink: { accept: (_, tick) => times.push(tick.timeMs) },
    now: () => nowMs,
    onMissed: (timeMs) => missed.push(timeMs),
  });
  driver.start();
  nowMs += 195;
  vi.advanceTimersByTime(10);
  expect(driver.produced).toBe(10);
  nowMs += 500;
  vi.advanceTimersByTime(10);
  expect(driver.produced).toBe(60);
  nowMs += 1_300;
  vi.advanceTimersByTime(10);
  driver.stop();
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(driver.missed).toBe(30);
  expect(missed).toEqual(Array.from({ length: 30 }, (_, i) => 1_000_700 + 10 * i));
  expect(driver.produced).toBe(160);
  expect(sliceOf(1_000_230, 100)).toEqual({ slice: 3, slices: 10 });
  expect(times.every((time) => time % 10 === 0)).toBe(true);
});
