import { expect, test } from 'vitest';
import type { PassportView } from '#contracts/api/passport.ts';
import { curlOf, hopsOf, totalMs } from './way.ts';

type Steps = PassportView['steps'];
const step = (name: Steps[number]['step'], ms: number | null, isKnown = true): Steps[number] => ({
  step: name,
  clock: 'centre',
  at: isKnown ? '2026-11-22T06:00:00.000Z' : null,
  ms,
});
const view = (steps: Steps): PassportView => ({ steps }) as PassportView;

test('the hops add up to the way from the machine to the store; waiting for a reader is none of it', () => {
  const steps = [
    step('source', null),
    step('server', 30),
    step('received', 10),
    step('committed', 60),
    step('answered', 5_000),
  ];
  expect(totalMs(steps)).toBe(100);
  expect(hopsOf(view(steps)).map(({ share }) => share)).toEqual([0, 0.3, 0.1, 0.6, 0]);
});

test('what was not measured has no part, and without an end there is no total', () => {
  const steps = [
    step('source', null),
    step('server', null, false),
    step('committed', null, false),
    step('answered', 9),
  ];
  expect(totalMs(steps)).toBeUndefined();
  expect(hopsOf(view(steps)).map(({ share }) => share)).toEqual([0, 0, 0, 0]);
});

test('a clock that runs behind makes a hop of less than nothing, not a bar', () => {
  const steps = [step('source', null), step('server', -5), step('committed', 105)];
  expect(totalMs(steps)).toBe(100);
  expect(hopsOf(view(steps)).map(({ share }) => share)).toEqual([0, 0, 1]);
});

test('the line for a shell names the address as the browser has it', () => {
  expect(curlOf('https://wall.test:8080', '/api/v1/samples?signal=brest/a/B')).toBe(
    "curl -s 'https://wall.test:8080/api/v1/samples?signal=brest/a/B'",
  );
});
