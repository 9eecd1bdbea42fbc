import { expect, test } from 'vitest';
import { Lockout } from './lockout.ts';

function atDesk() {
  let nowMs = 1_000;
  const lockout = new Lockout({ now: () => nowMs, monotonic: () => nowMs });
  const wrong = (times: number, name = 'operator', address = '10.0.0.1'): void => {
    for (let i = 0; i < times; i += 1) lockout.tried(name, address);
  };
  return { lockout, wrong, pass: (ms: number) => (nowMs += ms) };
}

test('the fifth wrong password locks the name at that address for a minute, each further one twice as long', () => {
  const { lockout, wrong, pass } = atDesk();
  wrong(4);
  expect(lockout.waitMs('operator', '10.0.0.1')).toBe(0);
  wrong(1);
  expect(lockout.waitMs('operator', '10.0.0.1')).toBe(60_000);
  pass(60_000);
  expect(lockout.waitMs('operator', '10.0.0.1')).toBe(0);
  wrong(1);
  expect(lockout.waitMs('operator', '10.0.0.1')).toBe(120_000);
  wrong(10);
  expect(lockout.waitMs('operator', '10.0.0.1')).toBe(900_000);
});

test('the same name at another address, and other names, stay free', () => {
  const { lockout, wrong } = atDesk();
  wrong(6);
  expect(lockout.waitMs('operator', '10.0.0.2')).toBe(0);
  expect(lockout.waitMs('admin', '10.0.0.1')).toBe(0);
});

test('an address that tries many names is locked as a whole, a name tried from everywhere too', () => {
  const { lockout, wrong } = atDesk();
  for (let i = 0; i < 20; i += 1) wrong(1, `name-${i}`);
  expect(lockout.waitMs('never-tried', '10.0.0.1')).toBe(60_000);
  for (let i = 0; i < 50; i += 1) wrong(1, 'admin', `10.1.0.${i}`);
  expect(lockout.waitMs('admin', '10.9.9.9')).toBe(60_000);
});

test('a right password frees the name; half an hour without a wrong one forgets them', () => {
  const { lockout, wrong, pass } = atDesk();
  wrong(4);
  lockout.tried('operator', '10.0.0.1');
  lockout.succeeded('operator', '10.0.0.1');
  wrong(4);
  expect(lockout.waitMs('operator', '10.0.0.1')).toBe(0);
  pass(30 * 60_000 + 1);
  wrong(4);
  expect(lockout.waitMs('operator', '10.0.0.1')).toBe(0);
});
