import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentHealth } from '#contracts/delivery.ts';
import type { MachinePresence } from '#contracts/presence.ts';
import { startTestBroker, TEST_PASSWORD, type TestBroker } from '../../support/broker-fixture.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest-fixture.ts';
import { MemorySampleStore } from '../../support/memory-sample-store.ts';
import { RawMqtt } from '../../support/raw-mqtt.ts';
import { TestAgent, testCatalogue } from '../../support/test-agent.ts';

let broker: TestBroker;
let ingest: TestIngest;
let agent: TestAgent;

beforeEach(async () => {
  broker = await startTestBroker();
  ingest = await startTestIngest(broker, new MemorySampleStore());
  agent = new TestAgent();
  agent.addMachine(testCatalogue('cnc-01', 1));
  agent.addMachine(testCatalogue('pump-01', 1, 100));
  await agent.connect(broker.tcpUrl);
});

afterEach(async () => {
  await agent.disconnect();
  await ingest.ingest.stop();
  await broker.stop();
});

const machines = (): Record<string, MachinePresence> =>
  Object.fromEntries(ingest.ingest.presence.machines().map((each) => [each.machine, each]));
const connected = (): Record<string, boolean> =>
  Object.fromEntries(Object.entries(machines()).map(([machine, { connected: is }]) => [machine, is]));
const online = (): boolean | undefined => ingest.ingest.presence.agents()[0]?.online;

const BOTH = { 'brest/cnc-01': true, 'brest/pump-01': true };
const NONE = { 'brest/cnc-01': false, 'brest/pump-01': false };

const health = (
  state: AgentHealth['machines'][number]['state'],
  aliveMs?: number,
): AgentHealth['machines'] => [
  { id: 'cnc-01', state, items: 1, failedItems: 0, ...(aliveMs !== undefined && { aliveMs }) },
];

test('births connect an agent and its machines, a death of one takes that one', async () => {
  agent.birth();
  await expect.poll(connected).toEqual(BOTH);
  expect(ingest.ingest.presence.agents()).toMatchObject([
    { agent: 'brest/edge-1', site: 'brest', online: true },
  ]);
  expect(machines()['brest/cnc-01']).toMatchObject({ agent: 'brest/edge-1', link: 'online' });
  agent.deviceDeath('pump-01');
  await expect.poll(connected).toEqual({ ...BOTH, 'brest/pump-01': false });
  expect(online()).toBe(true);
});

test('a lost agent takes its machines with it, by the will', async () => {
  agent.birth();
  await expect.poll(connected).toEqual(BOTH);
  agent.kill();
  await expect.poll(connected).toEqual(NONE);
  expect(online()).toBe(false);
});

test('a late NDEATH of an earlier session says nothing of this one', async () => {
  agent.bdSeq = 5;
  agent.birth();
  await expect.poll(connected).toEqual(BOTH);
  agent.nodeDeath(4);
  agent.deviceDeath('pump-01');
  await expect.poll(() => connected()['brest/pump-01']).toBe(false);
  expect(connected()['brest/cnc-01']).toBe(true);
  agent.nodeDeath(5);
  await expect.poll(online).toBe(false);
});

test('heartbeats tell the state of each path and when it was last alive', async () => {
  agent.birth();
  await expect.poll(connected).toEqual(BOTH);
  const before = machines()['brest/cnc-01']?.lastAliveAt ?? 0;
  agent.health(health('offline', 60_000));
  await expect.poll(() => machines()['brest/cnc-01']?.link).toBe('offline');
  expect(machines()['brest/cnc-01']).toMatchObject({ connected: false, lastAliveAt: before });
  agent.health(health('online', 0));
  await expect.poll(() => machines()['brest/cnc-01']?.lastAliveAt).toBeGreaterThan(before);
  expect(connected()['brest/cnc-01']).toBe(true);
});

test('live data is proof of life, a backlog is not', async () => {
  agent.birth();
  await expect.poll(connected).toEqual(BOTH);
  const sample = { alias: 1, timeNs: 1_795_000_000_000_000_000n, value: 1 };
  const before = machines()['brest/cnc-01']?.lastAliveAt ?? 0;
  agent.publishRecord(agent.record('cnc-01', [sample]), true);
  await agent.untilAllAcknowledged();
  expect(machines()['brest/cnc-01']?.lastAliveAt).toBe(before);
  agent.publishRecord(agent.record('cnc-01', [sample]));
  await agent.untilAllAcknowledged();
  expect(machines()['brest/cnc-01']?.lastAliveAt).toBeGreaterThan(before);
});

test('listeners hear of changes, not of every heartbeat', async () => {
  let changes = 0;
  ingest.ingest.presence.onChange(() => {
    changes += 1;
  });
  agent.birth();
  await expect.poll(connected).toEqual(BOTH);
  const afterBirth = changes;
  expect(afterBirth).toBeGreaterThan(0);
  for (let i = 0; i < 5; i += 1) agent.health(health('online', i));
  await expect.poll(() => ingest.ingest.presence.agents()[0]?.health).toBeDefined();
  agent.health(health('silent', 2_500));
  await expect.poll(() => machines()['brest/cnc-01']?.link).toBe('silent');
  expect(changes).toBe(afterBirth + 1);
});

test('the host application announces itself by a retained STATE, and says goodbye', async () => {
  const observer = await RawMqtt.open(broker.broker.ports.tcp ?? 0);
  await observer.connect({ username: 'observer', password: Buffer.from(TEST_PASSWORD) });
  await observer.subscribe(['spBv1.0/STATE/#', 1]);
  const birth = await observer.next('publish');
  expect(birth).toMatchObject({ topic: 'spBv1.0/STATE/brest-centre', retain: true });
  expect(JSON.parse(birth?.payload.toString() ?? '')).toMatchObject({
    online: true,
    timestamp: expect.any(Number) as number,
  });
  await ingest.ingest.stop();
  expect(JSON.parse((await observer.next('publish'))?.payload.toString() ?? '')).toMatchObject({
    online: false,
  });
  observer.close();
});
