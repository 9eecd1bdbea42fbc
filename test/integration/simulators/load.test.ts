import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { simulatorsConfigSchema } from '#contracts/config/simulators.ts';
import { createLogger } from '#platform/logger.ts';
import { loadDataType, loadPath, loadValue } from '../../../simulators/machines/load/load-values.ts';
import { parsePlant } from '../../../simulators/plants/load-plant.ts';
import { Factory } from '../../../simulators/runtime/factory.ts';
import { variablesBelow } from './browse.ts';
import { connect, localNodeId, watch } from './client.ts';
import { receivedSample } from './ledger.ts';

const SIGNALS = 200;
const PERIOD_MS = 100;
const SECONDS = 3;
const PLANT = `
site: brest
enterprise: E
name: { en: L }
machines:
  - { id: load, kind: load, count: 2, name: { en: L }, parameters: { signals: ${SIGNALS}, rateHz: 10 } }
`;

test('what a load machine served can be computed again from signal and tick, and none is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'load-'));
  const config = simulatorsConfigSchema.parse({ dataDir: folder, basePort: 0 });
  const factory = new Factory(config, parsePlant(PLANT, 'plant'), createLogger('test', 'silent'));
  const { endpoints } = await factory.start(new AbortController().signal);
  expect(endpoints.map(({ id, signalCount }) => [id, signalCount])).toEqual([
    ['load-1', SIGNALS],
    ['load-2', SIGNALS],
  ]);
  const { session, close } = await connect(endpoints[1]!, folder);
  onTestFinished(async () => {
    await close();
    await factory.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const root = await localNodeId(session, endpoints[1]!.rootNodeId);
  const paths = new Map(Array.from({ length: SIGNALS }, (_, signal) => [loadPath(signal), signal]));
  const found = (await variablesBelow(session, root)).filter(({ path }) => paths.has(path));
  expect(found).toHaveLength(SIGNALS);
  const signalOf = new Map(found.map(({ path, nodeId }) => [nodeId, paths.get(path)!]));
  const { received } = await watch(session, [...signalOf.keys()], 100);
  const missedBefore = factory.missed;
  const from = Math.ceil((Date.now() + 200) / PERIOD_MS);
  const to = from + SECONDS * 10;
  const tickOf = (ms: number): number => Math.floor(ms / PERIOD_MS);
  // Of every signal something newer: the last value of each may come in another message.
  const beyond = (): number =>
    new Set(
      received
        .filter(({ dataValue }) => tickOf(dataValue.sourceTimestamp!.getTime()) > to)
        .map(({ nodeId }) => nodeId),
    ).size;
  await vi.waitUntil(() => beyond() === SIGNALS, { timeout: 20_000 });
  const wrong: unknown[] = [];
  let count = 0;
  for (const { nodeId, dataValue } of received) {
    const signal = signalOf.get(nodeId)!;
    const tick = tickOf(dataValue.sourceTimestamp!.getTime());
    if (tick < from || tick >= to) continue;
    count += 1;
    const expected = loadValue(loadDataType(signal, 'mixed'), signal, tick);
    const { value } = receivedSample(loadPath(signal), dataValue);
    const comparable = typeof expected === 'bigint' ? String(expected) : expected;
    if (!Object.is(value, comparable)) wrong.push({ signal, tick, value, comparable });
  }
  expect(wrong).toEqual([]);
  expect(factory.overflowed).toBe(0);
  if (factory.missed === missedBefore) expect(count).toBe(SIGNALS * SECONDS * 10);
  else expect(count).toBeLessThan(SIGNALS * SECONDS * 10);
});
