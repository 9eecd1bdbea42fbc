import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coversFilter, matchesFilter } from './topic-filter.ts';

// MQTT 3.1.1, 4.7.1.2 and 4.7.1.3, examples of the standard.
test.each([
  ['sport/tennis/player1/#', 'sport/tennis/player1', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
  ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
  ['sport/#', 'sport', true],
  ['#', 'sport', true],
  ['sport/tennis/+', 'sport/tennis/player1', true],
  ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/', true],
  ['+/+', '/finance', true],
  ['/+', '/finance', true],
  ['+', '/finance', false],
  ['#', '$SYS/broker', false],
  ['+/broker', '$SYS/broker', false],
  ['$SYS/#', '$SYS/broker', true],
])('%s matches %s: %s', (filter, topic, expected) => {
  expect(matchesFilter(filter, topic)).toBe(expected);
});

test.each([
  ['spBv1.0/#', 'spBv1.0/+/DDATA/#', true],
  ['spBv1.0/STATE/+', 'spBv1.0/STATE/x', true],
  ['spBv1.0/STATE/+', 'spBv1.0/STATE/#', false],
  ['spBv1.0/STATE/+', 'spBv1.0/+/x', false],
  ['#', '$SYS/#', false],
  ['#', '+/x', true],
  ['+', '#', false],
  ['a/+', 'a/+', true],
])('%s covers %s: %s', (allowed, filter, expected) => {
  expect(coversFilter(allowed, filter)).toBe(expected);
});

const level = fc.constantFrom('a', 'b', '');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(
    fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '/#'),
  )
  .map(([levels, end]) => levels.join('/') + end);

test('a covered filter never matches what the covering one does not', () => {
  fc.assert(
    fc.property(filter, filter, topic, (allowed, inner, name) => {
      fc.pre(coversFilter(allowed, inner) && matchesFilter(inner, name));
      expect(matchesFilter(allowed, name)).toBe(true);
    }),
  );
});
