import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadPlant } from '../plants/load-plant.ts';
import { runAsFastAsPossible } from '../runtime/as-fast-as-possible.ts';
import { booksOfLedger, difference } from './books.ts';
import { oeeOfLedger } from './oee.ts';

let folder: string;
let ledger: string;
let sha256: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'books-'));
  ledger = join(folder, 'ledger.jsonl');
  const loaded = await loadPlant('simulators/plants/brest.yaml');
  const coarse = { ...loaded, plant: { ...loaded.plant, tickMs: 1000 } };
  sha256 = runAsFastAsPossible(coarse, { ledger, seed: 7, durationS: 3600 }).sha256;
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('energy, parts and air come out; the hash is that of the run; OEE is in the same file', async () => {
  const books = await booksOfLedger(ledger);
  expect(books.sha256).toBe(sha256);
  expect(books.hours).toBeCloseTo(59 / 60, 6);
  expect(books.balances.map(({ name }) => name)).toEqual(['energy', 'parts', 'air']);
  for (const balance of books.balances) {
    expect(difference(balance), balance.name).toMatchObject({ holds: true });
    for (const { name, amount } of balance.left) expect(amount, name).toBeGreaterThan(10);
  }
  expect(oeeOfLedger(books.truth).map(({ id }) => id)).toContain('cnc-01');
});

test('a ledger in which something is missing does not come out', async () => {
  const text = await readFile(ledger, 'utf8');
  const tampered = join(folder, 'tampered.jsonl');
  await writeFile(tampered, text.replace(/"partsLeft":(\d+)(?![^]*"partsLeft")/, '"partsLeft":0'));
  const { balances } = await booksOfLedger(tampered);
  const parts = balances.find(({ name }) => name === 'parts')!;
  expect(difference(parts).holds).toBe(false);
});
