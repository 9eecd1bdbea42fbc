import type { EndpointsFile, SimulatedEndpoint } from '#contracts/config/simulators.ts';
import type { LoadedPlant } from '../../../simulators/plants/load-plant.ts';
import type { Connected, Watch } from './client.ts';
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
import { signalWords } from '../../../simulators/names/machine-words.ts';
import { createSimulation } from '../../../simulators/runtime/create-simulation.ts';
import { machineKind } from '../../../simulators/machines/registry.ts';
import { propose, withServer } from '../../../edge-agent/onboarding/propose.ts';
import { Harness } from '../opcua-source/harness.ts';
import { Browser } from './browse.ts';
import { connect, localNodeId, watch } from './client.ts';
import { readLedger, receivedSample } from './ledger.ts';

const shipped: LoadedPlant = await loadPlant('simulators/plants/brest.yaml');
/** Two virtual minutes are enough for machines at work. */
const plant: LoadedPlant = { ...shipped, plant: { ...shipped.plant, warmUpMinutes: 2 } };
const MACHINES = plant.machines.map(({ machine }) => machine.id);
/** Every kind of address space once: with a type of its own, nested state machines, none at all. */
const LISTENED_TO = ['pump-01', 'cnc-01', 'robot-01', 'packaging-01', 'mill-02'];

/** Machinery alone is the same for the others. */
const COMPARED = ['pump-01', 'cnc-01', 'robot-01', 'packaging-01'];
const value = (nodeId: string) => ({ nodeId, attributeId: AttributeIds.Value });

const { machines: simulated } = createSimulation(plant, 5, 0);
const signalsOf = new Map(simulated.map(({ id, signals }) => [id, new Set(signals.map(({ path }) => path))]));

let folder: string;
let factory: Factory;
let file: EndpointsFile;
let ledger: string;
/** One session a machine, for all that is asked of it. */
const open = new Map<string, Promise<Opened>>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulators-'));
  ledger = join(folder, 'ledger.jsonl');
  const config = simulatorsConfigSchema.parse({ dataDir: folder, basePort: 0, seed: 5, ledger });
  factory = new Factory(config, plant, createLogger('test', 'silent'));
  file = await factory.start(new AbortController().signal);
}, 120_000);

afterAll(async () => {
  for (const each of open.values()) await (await each).close();
  await factory.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Opened extends Connected {
  readonly endpoint: SimulatedEndpoint;
  readonly root: string;
  readonly browser: Browser;
}

async function connectTo(id: string): Promise<Opened> {
  const endpoint = file.endpoints.find((each) => each.id === id)!;
  const connected = await connect(endpoint, folder);
  const root = await localNodeId(connected.session, endpoint.rootNodeId);
  return { ...connected, endpoint, root, browser: new Browser(connected.session) };
}

function opened(id: string): Promise<Opened> {
  const known = open.get(id) ?? connectTo(id);
  open.set(id, known);
  return known;
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
  test('every signal is a variable at its path, with type, unit and range', async () => {
    const { session, root, browser } = await opened(id);
    const found = new Map((await browser.variablesBelow(root)).map(({ path, nodeId }) => [path, nodeId]));
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
    test('what its companion types declare mandatory is there', async () => {
      const { root, browser } = await opened(id);
      const { root: rootType, components } = companionOf(id);
      const instances = [...(rootType ? [''] : []), ...components.map(({ path }) => path)];
      for (const instance of instances) {
        const below = instance === '' ? root : `${root}-${instance.replaceAll('/', '-')}`;
        const mandatory = await browser.mandatoryPaths(below);
        const there = await browser.pathsBelow(below);
        expect(
          mandatory.filter((path) => !there.has(path)),
          `${id}/${instance}`,
        ).toEqual([]);
      }
    });
  }
});

test('an agent that browses reads what the table of machines says', async () => {
  const table = await readFile('docs/reference/simulated-machines.md', 'utf8');
  const harness = await Harness.make();
  for (const id of LISTENED_TO) {
    const { endpoint } = await opened(id);
    const opcua = { endpoint: endpoint.endpointUrl, serverCertificateSha256: endpoint.certificateSha256 };
    const [machine] = harness.config({ opcua }).machines;
    const access = { endpoint: machine!.opcua, identity: await harness.identity(), timeoutMs: 30_000 };
    const { signals } = await withServer(access, (context, readLimit) =>
      propose(context, readLimit, { path: endpoint.rootNodeId }),
    );
    const [, , , served, read] = new RegExp(`^\\| ${id} .*$`, 'm').exec(table)?.[0].split('|') ?? [];
    expect([Number(served), Number(read)], id).toEqual([endpoint.signalCount, signals.length]);
  }
  await harness.close();
});

/** The session goes on in another language (ActivateSession, OPC 10000-4, 5.7.3). */
async function speak({ client, session }: Connected, ...localeIds: string[]): Promise<void> {
  Object.assign(client, { localeIds });
  await client.reactivateSession(session);
}

const LANGUAGES = ['ru', 'be', 'zh'] as const;
const SCRIPTS = { ru: /\p{Script=Cyrillic}/u, be: /\p{Script=Cyrillic}/u, zh: /\p{Script=Han}/u };
const textOf = ({ value: { value: text } }: { readonly value: { readonly value: unknown } }) =>
  text as { readonly text: string; readonly locale: string };

test.each(MACHINES)('%s: it and every signal has a name in each language, read and browsed', async (id) => {
  const connected = await opened(id);
  const { session, root, browser, endpoint } = connected;
  const found = (await browser.variablesBelow(root)).filter(({ path }) => signalsOf.get(id)?.has(path));
  expect(found).toHaveLength(endpoint.signalCount);
  const nodeIds = [root, ...found.map(({ nodeId }) => nodeId)];
  const names = nodeIds.map((nodeId) => ({ nodeId, attributeId: AttributeIds.DisplayName }));
  const english = (await session.read(names)).map(textOf);
  expect(english[0]?.text).toBe(endpoint.name.en);
  for (const language of LANGUAGES) {
    await speak(connected, `${language}-BY`, 'en');
    const [ofMachine, ...translated] = (await session.read(names)).map(textOf);
    expect(ofMachine).toMatchObject({ locale: language, text: endpoint.name[language] });
    for (const [i, { path }] of found.entries()) {
      const [own = '', place = ''] = path.split('/').toReversed();
      const text = signalWords(place, own)?.[language];
      expect(translated[i], path).toMatchObject({ locale: language, text });
    }
  }
  const { references } = await session.browse({ nodeId: root, browseDirection: 0, resultMask: 63 });
  expect(references?.some(({ displayName }) => displayName.locale === 'zh')).toBe(true);
  await speak(connected, 'de', 'en');
  expect((await session.read(names)).map(textOf)).toEqual(english);
});

test('states and texts are told in the language of the session: names of an enumeration, and to who listens', async () => {
  const connected = await opened('pump-01');
  const { session, root } = connected;
  const state = `${root}-MachineryBuildingBlocks-MachineryItemState-CurrentState`;
  for (const language of LANGUAGES) {
    await speak(connected, language);
    const [now, names] = await session.read([
      value(state),
      value(`${root}-Operational-Signals-PumpState-EnumStrings`),
    ]);
    expect(textOf(now!).text).toMatch(SCRIPTS[language]);
    for (const { text } of names!.value.value as { text: string }[]) expect(text).toMatch(SCRIPTS[language]);
    const { received, subscription } = await watch(session, [state, `${root}-Operational-Control-TestStep`]);
    await vi.waitUntil(() => received.length > 1, { timeout: 30_000 });
    for (const { dataValue } of received) expect(textOf(dataValue).text).toMatch(SCRIPTS[language]);
    await subscription.terminate();
  }
  await speak(connected, 'en');
});

describe('a subscription gets exactly what the ledger says', () => {
  let fromNs: bigint;
  let toNs: bigint;
  const watched = new Map<string, Watched>();

  /** All of them at once, in the same two seconds. */
  beforeAll(async () => {
    await Promise.all(LISTENED_TO.map(async (id) => watched.set(id, await watchAll(id))));
    fromNs = BigInt(Date.now() + 200) * 1_000_000n;
    toNs = fromNs + 2_000_000_000n;
    const isThrough = ({ received }: Watched): boolean =>
      received.some((each) => receivedSample('', each.dataValue).timeNs > toNs + 300_000_000n);
    await vi.waitUntil(() => [...watched.values()].every(isThrough), { timeout: 50_000 });
    for (const { subscription } of watched.values()) await subscription.terminate();
    factory.flushLedger();
  }, 60_000);

  test.each(LISTENED_TO)('%s', async (id) => {
    const { pathOf, received } = watched.get(id)!;
    const within = ({ timeNs }: ComparableSample): boolean => timeNs >= fromNs && timeNs < toNs;
    const expected = (await readLedger(ledger, id)).filter(within);
    const actual = received
      .map(({ nodeId, dataValue }) => receivedSample(pathOf.get(nodeId) ?? '?', dataValue))
      .filter(within);
    expect(expected.length).toBeGreaterThan(20);
    for (const path of pathOf.values()) {
      const ofPath = (each: ComparableSample): boolean => each.path === path;
      expect(actual.filter(ofPath), path).toEqual(expected.filter(ofPath));
    }
  });
});

interface Watched extends Watch {
  readonly pathOf: ReadonlyMap<string, string>;
}

/** Every signal of a machine but its structures. */
async function watchAll(id: string): Promise<Watched> {
  const { session, root, browser, endpoint } = await opened(id);
  factory.flushLedger();
  const before = await readLedger(ledger, id);
  const paths = new Set(before.map(({ path }) => path));
  const variables = (await browser.variablesBelow(root)).filter(({ path }) => paths.has(path));
  expect(variables).toHaveLength(endpoint.signalCount);
  // The library's client loses the whole notification with a structure whose type it was not told. What the agent makes
  // of it is compared in test/integration/opcua-source/simulated-structures.test.ts.
  for (const { path, value: made } of before) if (isStructure(made)) paths.delete(path);
  const pathOf = new Map(
    variables.filter(({ path }) => paths.has(path)).map(({ path, nodeId }) => [nodeId, path]),
  );
  return { pathOf, ...(await watch(session, [...pathOf.keys()])) };
}

const isStructure = (value: unknown): boolean =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)).includes('{');
