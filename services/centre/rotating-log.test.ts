import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { RotatingLog } from './rotating-log.ts';

it('keeps a bounded number of files of bounded size, the newest lines among them', () => {
  const folder = temporaryFolder();
  const log = new RotatingLog(path.join(folder, 'x.log'), 100);
  for (let line = 0; line < 100; line += 1) log.write(`line ${line}`);
  log.close();
  expect(readdirSync(folder).sort()).toEqual(['x.log', 'x.log.1', 'x.log.2', 'x.log.3']);
  const texts = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'));
  expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(100);
  expect(readFileSync(path.join(folder, 'x.log'), 'utf8')).toContain('line 99\n');
});

it('goes on with an existing file', () => {
  const file = path.join(temporaryFolder(), 'x.log');
  for (const line of ['one', 'two']) {
    const log = new RotatingLog(file);
    log.write(line);
    log.close();
  }
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
});

it('leaves out what cannot be written', () => {
  const log = new RotatingLog(path.join(temporaryFolder(), 'absent', 'x.log'));
  expect(() => {
    log.write('x');
  }).not.toThrow();
});
