import { expect, test } from 'vitest';
import { QueryGate } from './query-gate.ts';

test('runs so many at once, lets so many wait, refuses the rest, and recovers', async () => {
  const gate = new QueryGate(2, 1);
  const ends = [0, 1, 2].map(() => Promise.withResolvers<number>());
  const runs = ends.map(({ promise }) => gate.run(() => promise));
  await expect(gate.run(() => Promise.resolve(9))).rejects.toMatchObject({ code: 'API_BUSY' });
  ends.forEach(({ resolve }, i) => resolve(i));
  expect(await Promise.all(runs)).toEqual([0, 1, 2]);
  expect(await gate.run(() => Promise.resolve(9))).toBe(9);
});

test('a place is free again after a failure, and is given back once', async () => {
  const gate = new QueryGate(1, 0);
  await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  const release = await gate.enter();
  release();
  release();
  const again = await gate.enter();
  await expect(gate.enter()).rejects.toMatchObject({ code: 'API_BUSY' });
  again();
});
