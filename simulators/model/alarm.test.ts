import { expect, test } from 'vitest';
import { isActive } from './alarm.ts';

test('a limit has a hysteresis: noise about it does not chatter', () => {
  const when = { above: 60, hysteresis: 2 };
  const course = [59, 60.1, 59.9, 58.5, 57.9, 59.5].reduce<boolean[]>(
    (seen, value) => [...seen, isActive(when, value, seen.at(-1) ?? false)],
    [],
  );
  expect(course).toEqual([false, true, true, true, false, false]);
});

test('low limits, flags and codes; a bad value changes nothing', () => {
  expect(isActive({ below: 5, hysteresis: 0.2 }, 4.9, false)).toBe(true);
  expect(isActive({ below: 5, hysteresis: 0.2 }, 5.1, true)).toBe(true);
  expect(isActive({ below: 5, hysteresis: 0.2 }, null, true)).toBe(true);
  expect(isActive('set', true, false)).toBe(true);
  expect(isActive('set', 700_204, false)).toBe(true);
  expect(isActive('set', 0, true)).toBe(false);
});
