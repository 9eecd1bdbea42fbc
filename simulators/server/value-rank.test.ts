import { expect, it } from 'vitest';
import { admitsShape } from './value-rank.ts';

it.each([
  [-3, true, true],
  [-2, true, true],
  [-1, true, false],
  [0, false, true],
  [1, false, true],
  [2, false, false],
])('ValueRank %i takes a scalar: %s, a list: %s', (valueRank, scalar, list) => {
  expect([admitsShape(valueRank, undefined), admitsShape(valueRank, 3)]).toEqual([scalar, list]);
});
