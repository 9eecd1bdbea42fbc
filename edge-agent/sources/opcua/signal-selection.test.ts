import { expect, test } from 'vitest';
import { unitCode } from './describe.ts';
import { pathMatcher } from './signal-selection.ts';

test.each([
  ['**', 'Spindle/Load', true],
  ['*', 'Spindle/Load', false],
  ['*', 'Load', true],
  ['Spindle/*', 'Spindle/Load', true],
  ['Spindle/*', 'Spindle/Motor/Load', false],
  ['Spindle/**', 'Spindle/Motor/Load', true],
  ['**/Load', 'Load', true],
  ['**/Load', 'Spindle/Motor/Load', true],
  ['**/Load', 'Spindle/Overload', false],
  ['V?', 'V1', true],
  ['V?', 'V12', false],
  ['a.b', 'axb', false],
  ['(x)[1]', '(x)[1]', true],
])('%s against %s: %s', (glob, path, expected) => {
  expect(pathMatcher([glob])(path)).toBe(expected);
});

test('UNECE codes are packed characters (examples of OPC 10000-8)', () => {
  expect(unitCode(4408652)).toBe('CEL');
  expect(unitCode(5067858)).toBe('MTR');
  expect(unitCode(20529)).toBe('P1');
  expect(unitCode(3)).toBe('3');
});
