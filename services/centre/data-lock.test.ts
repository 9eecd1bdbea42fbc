import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { DataLock } from './data-lock.ts';

it('is held by one, and free again when released', () => {
  const folder = temporaryFolder();
  const first = new DataLock(folder);
  first.acquire();
  expect(() => {
    new DataLock(folder).acquire();
  }).toThrow(`Another centre (process ${process.pid}) already runs`);
  first.release();
  expect(readdirSync(folder)).toEqual([]);
  new DataLock(folder).acquire();
});

it('is not released by one who does not hold it', () => {
  const folder = temporaryFolder();
  const first = new DataLock(folder);
  first.acquire();
  const second = new DataLock(folder);
  expect(() => {
    second.acquire();
  }).toThrow();
  second.release();
  expect(readdirSync(folder)).toEqual(['centre.lock']);
});

it.each([
  ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, startedTicks: '1' })],
  ['another process under the same id', JSON.stringify({ pid: process.pid, startedTicks: '1' })],
  ['a crash in the middle of writing', '{"pid":'],
  ['something else', 'null'],
])('left by %s is taken over', (_title, left) => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'centre.lock'), left);
  expect(() => {
    new DataLock(folder).acquire();
  }).not.toThrow();
});
