import { expect, test } from 'vitest';
import { hostRuleFor } from './host-rule.ts';

test.each([
  '127.0.0.1:8080',
  'localhost:8080',
  'localhost',
  '[::1]:8080',
  '127.1.2.3',
  undefined,
  'wall.test:80',
])('on loopback %s is answered', (host) => {
  expect(hostRuleFor('127.0.0.1', ['wall.test'])(host)).toBe(true);
});

test.each(['evil.test:8080', 'localhost.evil.test', '127.0.0.1.evil.test', '', '10.0.0.1', 'a b'])(
  'on loopback "%s" is not',
  (host) => {
    expect(hostRuleFor('localhost', [])(host)).toBe(false);
  },
);

test('beyond loopback any name is', () => {
  expect(hostRuleFor('0.0.0.0', [])('factory.brest.test')).toBe(true);
});
