import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadPlant } from '../plants/load-plant.ts';
import { runAsFastAsPossible } from './as-fast-as-possible.ts';

const brest = await loadPlant('simulators/plants/brest.yaml');
const load = await loadPlant('simulators/plants/load.yaml');

test('same plant, same seed: the same ledger, byte for byte; another seed: another ledger', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const run = (seed: number, name: string) =>
    runAsFastAsPossible(brest, { seed, durationS: 60, ledger: join(folder, name) });
  const first = run(7, 'a');
  const second = run(7, 'b');
  expect(second).toEqual(first);
  expect(await readFile(join(folder, 'a'))).toEqual(await readFile(join(folder, 'b')));
  const bytes = await readFile(join(folder, 'a'));
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(first.sha256);
  expect(run(8, 'c').sha256).not.toBe(first.sha256);
});

test('the hash does not depend on whether a file is written', () => {
  const options = { seed: 7, durationS: 20 };
  expect(runAsFastAsPossible(brest, options).sha256).toBe(runAsFastAsPossible(brest, options).sha256);
});

test('statuses other than Good occur, and their share stays small', () => {
  const { samples, good, uncertain, bad } = runAsFastAsPossible(brest, { seed: 1, durationS: 900 });
  expect(good + uncertain + bad).toBe(samples);
  expect(uncertain).toBeGreaterThan(0);
  expect(bad).toBeGreaterThan(0);
  expect((uncertain + bad) / samples).toBeLessThan(0.02);
});

test('a plant without physics says so', () => {
  expect(() => runAsFastAsPossible(load, { durationS: 1 })).toThrow(/no machine with a physical model/);
});
