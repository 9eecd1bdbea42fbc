import type { EndpointsFile, SimulatedEndpoint } from '#contracts/config/simulators.ts';
import type { LoadedPlant } from '../../../simulators/plants/load-plant.ts';
import type { Connected } from './client.ts';
import type { ComparableSample } from './ledger.ts';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttributeIds, MessageSecurityMode, OPCUAClient } from 'node-opcua-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { endpointsFileSchema, simulatorsConfigSchema } from '#contracts/config/simulators.ts';
import { createLogger } from '#platform/logger.ts';
import { loadPlant } from '../../../simulators/plants/load-plant.ts';
import type { CompanionPlan } from '../../../simulators/model/companion.ts';
import { NO_COMPANION } from '../../../simulators/model/companion.ts';
import { Factory } from '../../../simulators/runtime/factory.ts';
import { machineKind } from '../../../simulators/machines/registry.ts';
import { mandatoryPaths, pathsBelow, variablesBelow } from './browse.ts';
import { connect, localNodeId, watch } from './client.ts';
import { readLedger, receivedSample } from './ledger.ts';

const plant: LoadedPlant = await loadPlant('simulators/plants/brest.yaml');
const MACHINES = plant.machines.map(({ machine }) => machine.id);
/** Every kind of address space once: with a type of its own, nested state machines, none at all. */
const LISTENED_TO = ['pump-01', 'cnc-01', 'robot-01', 'packaging-01', 'mill-02'];

/** Machinery alone is the same for the others. */
const COMPARED = ['pump-01', 'cnc-01', 'robot-01', 'packaging-01'];
const value = (nodeId: string) => ({ nodeId, attributeId: AttributeIds.Value });

let folder: string;
let factory: Factory;
let file: EndpointsFile;
let ledger: string;
const open: Connected[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulators-'));
  ledger = join(folder, 'ledger.jsonl');
  const config = simulatorsConfigSchema.parse({ dataDir: folder, basePort: 0, seed: 5, ledger });
  factory = new Factory(config, plant, createLogger('test', 'silent'));
  file = await factory.start(new AbortController().signal);
}, 120_000);

afterAll(async () => {
  for (const each of open) await each.close();
  await factory.stop();
  await rm(folder, { recursive: true, force: true });
});

async function connectTo(
  id: string,
): Promise<Connected & { readonly endpoint: SimulatedEndpoint; readonly root: string }> {
  const endpoint = file.endpoints.find((each) => each.id === id)!;
  const connected = await connect(endpoint, folder);
  open.push(connected);
  return { ...connected, endpoint, root: await localNodeId(connected.session, endpoint.rootNodeId) };
}

const companionOf = (id: string): CompanionPlan => {
  const planned = plant.machines.find(({ machine }) => machine.id === id);
  return planned?.type === 'physical' ? machineKind(planned.kind).companion : NO_COMPANION;
};

test('endpoints.json names every machine of the plant and keeps to its schema', async () => {
  const written = endpointsFileSchema.parse(
    JSON.parse(await readFile(join(folder, 'endpoints.json'), 'utf8')),
  );
  expect(written).toEqual(file);
  expect(written.endpoints.map(({ id }) => id)).toEqual(MACHINES);
  for (const { name } of written.endpoints)
    expect(Object.keys(name).toSorted()).toEqual(['be', 'en', 'ru', 'zh']);
});

test('only SignAndEncrypt is offered, with the certificate that endpoints.json pins', async () => {
  const endpoint = file.endpoints[0]!;
  const client = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 1 } });
  await client.connect(endpoint.endpointUrl);
  const offered = await client.getEndpoints();
  await client.disconnect();
  expect(offered.map(({ securityMode }) => securityMode)).toEqual(
    offered.map(() => MessageSecurityMode.SignAndEncrypt),
  );
  const sha256 = createHash('sha256').update(offered[0]!.serverCertificate).digest('hex');
  expect(sha256).toBe(endpoint.certificateSha256);
});

describe.each(MACHINES)('%s', (id) => {
  test('every signal is a variable at its path, with type, unit and range', { timeout: 30_000 }, async () => {
    const { session, root } = await connectTo(id);
    const found = new Map((await variablesBelow(session, root)).map(({ path, nodeId }) => [path, nodeId]));
    const planned = plant.machines.find(({ machine }) => machine.id === id)!;
    if (planned.type !== 'physical') throw new Error('not physical');
    const model = machineKind(planned.kind).create(planned.parameters, {
      machineId: id,
      machineIds: plant.machines.map(({ machine }) => machine.id),
      random: () => ({ next: () => 0.5, gaussian: () => 0, integer: (low) => low, waitingTime: () => 1 }),
    });
    const signals = Object.values(model.signals);
    expect(signals.length).toBeGreaterThanOrEqual(15);
    const nodeIds = signals.map((signal) => found.get(signal.path) ?? '');
    for (const nodeId of nodeIds) expect(nodeId).toMatch(/^ns=\d+;s=/);
    const readings = await session.read(nodeIds.map(value));
    signals.forEach((signal, i) => {
      const { value: variant, statusCode } = readings[i]!;
      expect(statusCode.name, signal.path).not.toBe('BadWaitingForInitialData');
      const isArray = Array.isArray(variant.value) || ArrayBuffer.isView(variant.value);
      expect(isArray || signal.arrayLength === undefined || variant.value === null, signal.path).toBe(true);
      if (signal.unit !== undefined)
        expect(found.has(`${signal.path}/EngineeringUnits`), signal.path).toBe(true);
    });
    const ranged = signals.filter(({ range }) => range !== undefined);
    const ranges = await session.read(ranged.map(({ path }) => value(found.get(`${path}/EURange`) ?? '')));
    ranged.forEach(({ path, range }, i) => {
      const { low, high } = ranges[i]!.value.value as { low: number; high: number };
      expect([low, high], path).toEqual([...range!]);
    });
  });

  if (COMPARED.includes(id)) {
    test('what its companion types declare mandatory is there', { timeout: 60_000 }, async () => {
      const { session, root } = await connectTo(id);
      const { root: rootType, components } = companionOf(id);
      const instances = [...(rootType ? [''] : []), ...components.map(({ path }) => path)];
      for (const instance of instances) {
        const below = instance === '' ? root : `${root}-${instance.replaceAll('/', '-')}`;
        const mandatory = await mandatoryPaths(session, below);
        const there = await pathsBelow(session, below);
        expect(
          mandatory.filter((path) => !there.has(path)),
          `${id}/${instance}`,
        ).toEqual([]);
      }
    });
  }

  if (LISTENED_TO.includes(id)) {
    test('a subscription gets exactly what the ledger says', { timeout: 30_000 }, async () => {
      const { session, root, endpoint } = await connectTo(id);
      factory.flushLedger();
      const before = await readLedger(ledger, id);
      const paths = new Set(before.map(({ path }) => path));
      const watched = (await variablesBelow(session, root)).filter(({ path }) => paths.has(path));
      expect(watched).toHaveLength(endpoint.signalCount);
      // The library's client loses the whole notification with a structure whose type it was not told. What the agent makes
      // of it is compared in test/integration/opcua-source/simulated-structures.test.ts.
      for (const { path, value: made } of before) if (isStructure(made)) paths.delete(path);
      const pathOf = new Map(
        watched.filter(({ path }) => paths.has(path)).map(({ path, nodeId }) => [nodeId, path]),
      );
      const { received, subscription } = await watch(session, [...pathOf.keys()]);
      const fromNs = BigInt(Date.now() + 200) * 1_000_000n;
      const toNs = fromNs + 2_000_000_000n;
      const timeOf = (each: (typeof received)[number]) => receivedSample('', each.dataValue).timeNs;
      await vi.waitUntil(() => received.some((each) => timeOf(each) > toNs + 300_000_000n), {
        timeout: 10_000,
      });
      await subscription.terminate();
      factory.flushLedger();
      const within = ({ timeNs }: ComparableSample): boolean => timeNs >= fromNs && timeNs < toNs;
      const expected = (await readLedger(ledger, id)).filter(within);
      const actual = received
        .map(({ nodeId, dataValue }) => receivedSample(pathOf.get(nodeId) ?? '?', dataValue))
        .filter(within);
      expect(expected.length).toBeGreaterThan(20);
      for (const path of paths) {
        const ofPath = (each: ComparableSample): boolean => each.path === path;
        expect(actual.filter(ofPath), path).toEqual(expected.filter(ofPath));
      }
    });
  }
});

const isStructure = (value: unknown): boolean =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)).includes('{');
