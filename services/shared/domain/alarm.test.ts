import { expect, test } from 'vitest';
import { alarmStateOf, priorityOf, type ConditionStates } from './alarm.ts';

test.each<[ConditionStates, string]>([
  [{ retain: true, active: true, acked: false }, 'active'],
  [{ retain: true, active: true, acked: true, confirmed: false }, 'acknowledged'],
  [{ retain: true, active: false, acked: false }, 'returned'],
  [{ retain: true, active: false, acked: true, confirmed: false }, 'returned'],
  [{ retain: true, active: true, acked: false, shelving: 'timed' }, 'shelved'],
  [{ retain: true, active: true, acked: false, shelving: 'unshelved', suppressed: true }, 'suppressed'],
  [{ retain: false, active: true, acked: false }, 'over'],
  [{ retain: true }, 'acknowledged'],
])('%o is %s', (states, expected) => {
  expect(alarmStateOf(states)).toBe(expected);
});

test('severities fall into four priorities', () => {
  expect([1000, 801, 800, 551, 550, 401, 400, 1].map(priorityOf)).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
});
