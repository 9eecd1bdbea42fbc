import type { SimulatedEndpoint, SimulatorsConfig } from '#contracts/config/simulators.ts';
import type { ComparableSample } from './ledger.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { simulatorsConfigSchema } from '#contracts/config/simulators.ts';
import { createLogger } from '#platform/logger.ts';
import { EMPTY_PLANT } from '../../../simulators/plants/load-plant.ts';
import { loadRecording } from '../../../simulators/replay/recording.ts';
import { Factory } from '../../../simulators/runtime/factory.ts';
import { requireRecording } from '../../support/recordings.ts';
import { variablesBelow } from './browse.ts';
import { connect, localNodeId, watch } from './client.ts';
import { receivedSample } from './ledger.ts';

const MAPPINGS = 'simulators/replay/mappings';
const BAD_WAITING_FOR_INITIAL_DATA = 0x80320000;

let folder: string;
let factory: Factory | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'));
});
afterEach(async () => {
  await factory?.stop();
  factory = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function serve(replay: Record<string, unknown>): Promise<SimulatedEndpoint> {
  const config: SimulatorsConfig = simulatorsConfigSchema.parse({
    dataDir: folder,
    basePort: 0,
    replays: [replay],
  });
  factory = new Factory(config, EMPTY_PLANT, createLogger('test', 'silent'));
  const { endpoints } = await factory.start(new AbortController().signal);
  return endpoints[0]!;
}

/** What a subscriber with short queues gets of the whole recording, per signal. */
async function receive(
  endpoint: SimulatedEndpoint,
  queueSize: number,
): Promise<Map<string, ComparableSample[]>> {
  const { session, close } = await connect(endpoint, folder);
  const root = await localNodeId(session, endpoint.rootNodeId);
  const found = (await variablesBelow(session, root)).filter(
    ({ path }) => !/EURange|EngineeringUnits$/.test(path),
  );
  const pathOf = new Map(found.map(({ path, nodeId }) => [nodeId, path]));
  const { received } = await watch(session, [...pathOf.keys()], queueSize);
  const replay = factory!.replays[0]!;
  await vi.waitUntil(() => replay.state === 'finished', { timeout: 60_000 });
  const expected = replay.rows * endpoint.signalCount + endpoint.signalCount;
  await vi.waitUntil(() => received.length >= expected, { timeout: 20_000 }).catch(() => undefined);
  await close();
  const bySignal = new Map<string, ComparableSample[]>();
  for (const { nodeId, dataValue } of received) {
    const sample = receivedSample(pathOf.get(nodeId) ?? '?', dataValue);
    if (sample.statusCode === BAD_WAITING_FOR_INITIAL_DATA) continue;
    const ofSignal = bySignal.get(sample.path);
    if (ofSignal) ofSignal.push(sample);
    else bySignal.set(sample.path, [sample]);
  }
  return bySignal;
}

async function expected(mapping: string, file?: string): Promise<Map<string, ComparableSample[]>> {
  const { signals, timesMs, below, columns } = await loadRecording(mapping, file);
  return new Map(
    signals.map(({ path }, i) => [
      path,
      columns[i]!.map((value, row) => ({
        path,
        timeNs: BigInt(timesMs[row]!) * 1_000_000n + BigInt(below[row]!) * 100n,
        value: typeof value === 'bigint' ? String(value) : value,
        statusCode: 0,
      })),
    ]),
  );
}

test('every row and column of the own recording arrives at full speed, repeated rows and times too', async () => {
  const mapping = `${MAPPINGS}/pump-loop.yaml`;
  const endpoint = await serve({ mapping, speed: 'max' });
  expect(endpoint.provenance).toBe('replay');
  expect(await receive(endpoint, 70)).toEqual(await expected(mapping));
  expect(factory!.overflowed).toBe(0);
});

test('the NAB recording arrives whole, its repeated times and its step back too', async (context) => {
  const file = requireRecording(context, 'nab/machine_temperature_system_failure.csv');
  const mapping = `${MAPPINGS}/nab-machine-temperature.yaml`;
  const endpoint = await serve({ mapping, file, speed: 'max' });
  const actual = await receive(endpoint, 1000);
  expect(actual.get('Measurements/Temperature')).toHaveLength(22_695);
  expect(actual).toEqual(await expected(mapping, file));
});

test('a SKAB experiment arrives whole', async (context) => {
  const file = requireRecording(context, 'skab/valve1/0.csv');
  const mapping = `${MAPPINGS}/skab.yaml`;
  const endpoint = await serve({ mapping, file, speed: 'max' });
  expect(endpoint.signalCount).toBe(10);
  expect(await receive(endpoint, 50)).toEqual(await expected(mapping, file));
});

test('row 1 waits for a subscriber; at 60x a second of the recording takes a sixtieth', async () => {
  const endpoint = await serve({ mapping: `${MAPPINGS}/pump-loop.yaml`, speed: 60 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(factory!.replays[0]!.rows).toBe(0);
  const { session, close } = await connect(endpoint, folder);
  const root = await localNodeId(session, endpoint.rootNodeId);
  const found = (await variablesBelow(session, root)).filter(
    ({ path }) => !/EURange|EngineeringUnits$/.test(path),
  );
  const askedAt = performance.now();
  await watch(
    session,
    found.map(({ nodeId }) => nodeId),
    100,
  );
  await vi.waitUntil(() => factory!.replays[0]!.rows >= 60, { timeout: 20_000 });
  expect(performance.now() - askedAt).toBeGreaterThan(980);
  await close();
});
