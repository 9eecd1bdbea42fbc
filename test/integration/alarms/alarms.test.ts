/** Alarms from a real OPC UA server through agent, broker and ingest into the store, with faults on the way. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { edgeAgentConfigSchema } from '#contracts/config/edge-agent.ts';
import { embeddedHistorianSchema } from '#contracts/config/historian.ts';
import { ingestConfigSchema } from '#contracts/config/services.ts';
import type { ConditionBody, MachineEvent } from '#contracts/condition.ts';
import { alarmStateOf } from '#domain/alarm.ts';
import { createLogger } from '#platform/logger.ts';
import { createRegistry } from '#platform/metrics.ts';
import { EdgeAgent } from '../../../edge-agent/agent.ts';
import { opcUaSourceFactory } from '../../../edge-agent/sources/opcua/source-factory.ts';
import { EmbeddedStore } from '../../../services/historian/embedded/embedded-store.ts';
import { Ingest } from '../../../services/ingest/ingest.ts';
import { TestBroker } from '../edge-delivery/broker.ts';
import { until } from '../edge-delivery/store-side.ts';
import { startServer, type TestServer } from '../opcua-source/machine-server.ts';
import { TcpProxy } from '../opcua-source/tcp-proxy.ts';
import { addAlarm, type TestAlarm } from './alarm-server.ts';

const log = createLogger('test', process.env['LOG_LEVEL'] ?? 'silent');
const ALWAYS = { from: -(2n ** 63n), to: 2n ** 63n - 1n };

/** Keys take seconds to make. */
let keys: string;
let dir: string;
let broker: TestBroker;
let store: EmbeddedStore;
let ingest: Ingest;
let server: TestServer;
let proxy: TcpProxy;
let alarms: Record<'hot' | 'dry', TestAlarm>;
const agents: EdgeAgent[] = [];

function build(test: TestServer): void {
  test.double('Flow', 1);
  alarms = { hot: addAlarm(test, 'Hot'), dry: addAlarm(test, 'Dry', 900) };
}

beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), 'alarms-keys-'));
});

afterAll(() => rm(keys, { recursive: true, force: true }));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'alarms-'));
  broker = new TestBroker();
  await broker.start();
  store = new EmbeddedStore({ dir: join(dir, 'store'), config: embeddedHistorianSchema.parse({}) });
  await store.start();
  const config = ingestConfigSchema.parse({
    broker: { url: broker.url },
    limits: { rebirthIntervalMs: 200 },
  });
  ingest = new Ingest({ config, store, registry: createRegistry(), log });
  await ingest.start();
  server = await startServer({ pkiDir: join(keys, 'server'), build });
  proxy = await TcpProxy.to(server.port);
});

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
  await ingest.stop();
  await store.stop();
  await broker.stop();
  await proxy.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function startAgent(): Promise<EdgeAgent> {
  const config = edgeAgentConfigSchema.parse({
    site: 'brest',
    agent: 'edge-1',
    dataDir: join(dir, 'agent'),
    mqtt: { url: broker.url, retryMinMs: 50, retryMaxMs: 200 },
    delivery: { ackTimeoutMs: 500, heartbeatMs: 200, checkpointMs: 500 },
    opcua: { keepAliveMs: 300, pkiDir: join(keys, 'agent') },
    machines: [
      {
        id: 'pump-01',
        monitoring: { publishingIntervalMs: 50 },
        browse: { root: 'nsu=urn:test:machine;s=pump' },
        opcua: { endpoint: proxy.endpoint, serverCertificateSha256: server.sha256 },
      },
    ],
  });
  const agent = new EdgeAgent({ config, log, createSource: opcUaSourceFactory(log) });
  agents.push(agent);
  await agent.start();
  return agent;
}

/** All that the store has, oldest first. */
async function stored(): Promise<MachineEvent[]> {
  const events = await store.events(ALWAYS, 1_000);
  return events.toReversed().map(({ body }) => JSON.parse(body) as MachineEvent);
}

/** `Hot:active`, ... of all condition events in the order of the store. */
const lineOf = (event: MachineEvent): string[] =>
  event.type === 'condition'
    ? [`${event.name}:${alarmStateOf(event)}${event.inferred ? ':inferred' : ''}`]
    : [];
const lines = async (): Promise<string[]> => (await stored()).flatMap(lineOf);
const standing = async (): Promise<string[]> =>
  (await store.standing()).flatMap(({ body }) => lineOf(JSON.parse(body) as MachineEvent)).toSorted();

async function stands(...expected: string[]): Promise<void> {
  await expect.poll(standing, { timeout: 20_000 }).toEqual(expected);
}

async function refreshes(count: number): Promise<void> {
  const told = async (): Promise<number> =>
    (await stored()).filter(({ type }) => type === 'conditions-refreshed').length;
  await expect.poll(told, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
}

test('an alarm is stored as it comes, is acknowledged and goes; what happens while the cable is cut is told afterwards, nothing twice', async () => {
  await startAgent();
  await refreshes(1);
  alarms.hot.raise();
  await stands('Hot:active');
  const [raised] = (await stored()).filter(({ type }) => type === 'condition');
  expect(raised).toMatchObject({
    machine: 'pump-01',
    name: 'Hot',
    severity: 600,
    message: { en: 'Hot is too high' },
    active: true,
    acked: false,
    shelving: 'unshelved',
    condition: 'nsu=urn:test:machine;s=Hot',
    sourceNode: 'nsu=urn:test:machine;s=pump',
    retain: true,
  });

  // Kept in the server's queue, or for Republish: it comes as if nothing had been.
  proxy.refusing = true;
  proxy.cut();
  alarms.dry.raise();
  alarms.hot.clear();
  proxy.refusing = false;
  await stands('Dry:active', 'Hot:returned');
  await refreshes(2);
  expect(await lines()).toEqual(['Hot:active', 'Dry:active', 'Hot:returned']);
  // The refreshes told them once more, and were understood.
  const ids = (await stored()).flatMap((event) => ('eventId' in event ? event.eventId : []));
  expect(new Set(ids).size).toBe(ids.length);
});

test('somebody acknowledges and confirms at the machine; what was seen is not what stands any more: refused', async () => {
  await startAgent();
  await refreshes(1);
  const act = (action: 'acknowledge' | 'confirm', eventId: string, comment = 'ivan: seen') =>
    ingest.machineCommands.condition('brest/pump-01', {
      action,
      condition: 'nsu=urn:test:machine;s=Hot',
      eventId,
      comment,
    });
  const newest = async (): Promise<ConditionBody> => {
    const found = (await store.standing()).map(({ body }) => JSON.parse(body) as MachineEvent);
    const hot = found.find((event) => event.type === 'condition');
    return hot as ConditionBody;
  };
  alarms.hot.raise();
  await stands('Hot:active');
  const seen = (await newest()).eventId;
  expect(await act('acknowledge', '0b')).toEqual({ outcome: 'refused', detail: 'BadEventIdUnknown' });
  expect(await act('acknowledge', seen)).toEqual({ outcome: 'done', detail: 'Good' });
  await stands('Hot:acknowledged');
  expect(await newest()).toMatchObject({ acked: true, confirmed: false, comment: 'ivan: seen' });
  expect(await act('confirm', (await newest()).eventId)).toMatchObject({ outcome: 'done' });
  await expect.poll(async () => (await newest()).confirmed, { timeout: 10_000 }).toBe(true);
  alarms.hot.clear();
  await stands();
  proxy.refusing = true;
  proxy.cut();
  await until('the machine to be away', () =>
    ingest.presence.machines().every(({ connected }) => !connected),
  );
  expect(await act('acknowledge', seen)).toMatchObject({ outcome: 'away' });
});

test('somebody shelves an alarm at the machine, for a while or until it has gone, and takes it back', async () => {
  await startAgent();
  await refreshes(1);
  const act = (action: 'shelve' | 'unshelve', shelveMs?: number) =>
    ingest.machineCommands.condition('brest/pump-01', {
      action,
      condition: 'nsu=urn:test:machine;s=Hot',
      eventId: '',
      comment: 'ivan',
      ...(shelveMs === undefined ? {} : { shelveMs }),
    });
  alarms.hot.raise();
  await stands('Hot:active');
  expect(await act('unshelve')).toEqual({ outcome: 'refused', detail: 'BadConditionNotShelved' });
  expect(await act('shelve', 3_600_000)).toEqual({ outcome: 'refused', detail: 'BadShelvingTimeOutOfRange' });
  expect(await act('shelve', 60_000)).toEqual({ outcome: 'done', detail: 'Good' });
  await stands('Hot:shelved');
  expect(alarms.hot.node.shelvingState?.getCurrentState()).toBe('TimedShelved');
  expect(await act('unshelve')).toEqual({ outcome: 'done', detail: 'Good' });
  await stands('Hot:active');
  expect(await act('shelve')).toEqual({ outcome: 'done', detail: 'Good' });
  await stands('Hot:shelved');
  expect(alarms.hot.node.shelvingState?.getCurrentState()).toBe('OneShotShelved');
  expect(await act('unshelve')).toEqual({ outcome: 'done', detail: 'Good' });
});

test('after a restart of the server, what it does not tell any more is over, and what it tells is there', async () => {
  await startAgent();
  await refreshes(1);
  alarms.hot.raise();
  await stands('Hot:active');
  const { port } = server;
  await server.crash();
  server = await startServer({ pkiDir: join(keys, 'server'), port, build });
  alarms.dry.raise();
  await refreshes(2);
  await stands('Dry:active');
  expect(await lines()).toEqual(expect.arrayContaining(['Hot:over:inferred', 'Dry:active']));
  expect(await lines()).toHaveLength(3);
});

test('another process of the agent takes over: each event is there once, also those of the time between', async () => {
  const first = await startAgent();
  await refreshes(1);
  alarms.hot.raise();
  await stands('Hot:active');
  agents.splice(0);
  await first.stop();
  alarms.dry.raise();
  const second = await startAgent();
  await stands('Dry:active', 'Hot:active');
  await refreshes(2);
  expect(await lines()).toEqual(['Hot:active', 'Dry:active']);
  await until('all to be acknowledged', () => second.journal.stats().tail > second.journal.stats().head);
});
