import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEmbeddedStore } from '../../services/historian/embedded/embedded-store.ts';
import { loadPlant } from '../../simulators/plants/load-plant.ts';
import { runAsFastAsPossible } from '../../simulators/runtime/as-fast-as-possible.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { readLedgerText, storeTicks } from './stored-ledger.ts';
import { readStore, type StoreContents } from './store-reader.ts';
import {
  TAMPERINGS,
  tamperWithLog,
  tamperWithSealed,
  type Tampering,
  type Target,
} from './tampered-store.ts';
import { verifyStore, type SignalFinding } from './verify-store.ts';

const VIRTUAL_S = 160;
const TAMPERED = 10_000;
/** Samples of one signal between two targets: each can be told apart. */
const APART = 9;

const folder = makeTemporaryFolder('verify');
const ledgerFile = path.join(folder, 'ledger.jsonl');
const storeDir = path.join(folder, 'store');

const unsealed = (): number => {
  const db = new DatabaseSync(path.join(storeDir, 'historian.sqlite'), { readOnly: true });
  const count = Number(db.prepare('SELECT coalesce(sum(samples), 0) AS n FROM log').get()?.['n']);
  db.close();
  return count;
};

/** The plant's quarter of an hour in a real store: the first half sealed, the second in the log. */
beforeAll(async () => {
  const plant = await loadPlant(path.join(REPOSITORY_ROOT, 'simulators/plants/brest.yaml'));
  runAsFastAsPossible(plant, { ledger: ledgerFile, durationS: VIRTUAL_S, seed: 3 });
  const ledger = readLedgerText(ledgerFile);
  const half = ledger.ticks.length >>> 1;
  const keepAll = { retentionDays: 36_500, sealIntervalMs: 1_500 };
  const first = createEmbeddedStore({ dir: storeDir, config: keepAll });
  await first.start();
  await storeTicks(first, ledger, 0, half);
  await vi.waitFor(() => expect(unsealed()).toBe(0), { timeout: 20_000 });
  await first.stop();
  const second = createEmbeddedStore({ dir: storeDir, config: { ...keepAll, sealIntervalMs: 3_600_000 } });
  await second.start();
  await storeTicks(second, ledger, half, ledger.ticks.length);
  await second.stop();
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

interface Chosen extends Target {
  readonly signal: string;
  readonly key: string;
}

/** So many samples all over the store, none near another one of its signal. */
function choose(store: StoreContents, signalNos: ReadonlyMap<string, number>): Chosen[] {
  const random = seededRandom(11);
  const candidates: Chosen[] = [];
  for (const [signal, samples] of store.samples)
    for (let at = APART; at + APART < samples.length; at += APART) {
      const { key, sequence, index } = samples[at] ?? { key: '', sequence: 0, index: 0 };
      const toSequence = samples[at + 4]?.sequence ?? 0;
      const how = TAMPERINGS[Math.floor(random() * TAMPERINGS.length)] ?? 'delete';
      candidates.push({
        signal,
        key,
        how,
        signalNo: signalNos.get(signal) ?? 0,
        sequence,
        index,
        toSequence,
      });
    }
  const order = candidates.map((one) => ({ one, at: random() })).toSorted((a, b) => a.at - b.at);
  return order.slice(0, TAMPERED).map(({ one }) => one);
}

function signalNumbers(): Map<string, number> {
  const db = new DatabaseSync(path.join(storeDir, 'historian.sqlite'), { readOnly: true });
  const rows = db.prepare('SELECT signal_no, id FROM signal').all();
  db.close();
  return new Map(rows.map((row) => [String(row['id']), Number(row['signal_no'])]));
}

const EXPECTED = {
  delete: 'missing',
  alter: 'altered',
  double: 'doubled',
  'move-in-time': 'moved',
  'move-in-order': 'moved',
} as const satisfies Record<Tampering, SignalFinding['kind']>;

describe('the verifier', () => {
  it('finds nothing where there is nothing, sealed or not', async () => {
    const { total, findings, unwatched } = await verifyStore({
      ledgers: [ledgerFile],
      store: storeDir,
      fromMs: 0,
    });
    expect(findings).toEqual([]);
    expect(unwatched).toEqual([]);
    expect(total.equal).toBe(total.produced);
    expect(total.produced).toBeGreaterThan(TAMPERED * APART);
    expect(unsealed()).toBeGreaterThan(total.produced / 4);
  });

  it(
    `finds every one of ${TAMPERED} samples deleted, altered, doubled or moved in a copy`,
    { timeout: 120_000 },
    async () => {
      const copy = path.join(folder, 'copy');
      cpSync(storeDir, copy, { recursive: true });
      const chosen = choose(await readStore(storeDir), signalNumbers());
      expect(chosen).toHaveLength(TAMPERED);
      const sealed = tamperWithLog(copy, chosen);
      expect(await tamperWithSealed(copy, sealed)).toBe(sealed.length);

      const { findings, total } = await verifyStore({ ledgers: [ledgerFile], store: copy, fromMs: 0 });
      const told = new Set(findings.map(({ signal, key }) => `${signal} ${key}`));
      const overlooked = chosen.filter(({ signal, key }) => !told.has(`${signal} ${key}`));
      const counts = TAMPERINGS.map((how) => {
        const all = chosen.filter((one) => one.how === how);
        return {
          how,
          tampered: all.length,
          found: all.length - overlooked.filter((one) => one.how === how).length,
        };
      });
      process.stdout.write(
        `${counts.map(({ how, tampered, found }) => `${how}: ${found} of ${tampered} found`).join('; ')} (${sealed.length} sealed)\n`,
      );
      expect(overlooked).toEqual([]);
      expect(findings).toHaveLength(TAMPERED);
      const wanted = Map.groupBy(chosen, ({ how }) => EXPECTED[how]);
      for (const kind of ['missing', 'altered', 'doubled', 'moved'] as const)
        expect([kind, total[kind]]).toEqual([kind, wanted.get(kind)?.length]);
    },
  );
});
