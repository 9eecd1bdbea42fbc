import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Watchdog } from './watchdog.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const clock = { now: () => Date.now(), monotonic: () => Date.now() };

function make(isExcused: () => boolean = () => false): { watchdog: Watchdog; silences: () => number } {
  let silences = 0;
  const watchdog = new Watchdog({ limitMs: 3_000, clock, isExcused, onSilence: () => (silences += 1) });
  watchdog.start();
  return { watchdog, silences: () => silences };
}

test('silence is found once, soon after its limit', () => {
  const { silences } = make();
  vi.advanceTimersByTime(2_900);
  expect(silences()).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(silences()).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(silences()).toBe(1);
});

test('a sign of life begins the count anew; what our own disk holds back is no silence', () => {
  let held = false;
  const { watchdog, silences } = make(() => held);
  for (let i = 0; i < 10; i += 1) {
    vi.advanceTimersByTime(2_000);
    watchdog.heard();
  }
  held = true;
  vi.advanceTimersByTime(60_000);
  expect(silences()).toBe(0);
  held = false;
  vi.advanceTimersByTime(4_000);
  expect(silences()).toBe(1);
});

test('a process that stood still for a minute does not take that for silence', () => {
  const { watchdog, silences } = make();
  vi.advanceTimersByTime(1_000);
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(500);
  expect(silences()).toBe(0);
  watchdog.stop();
});
