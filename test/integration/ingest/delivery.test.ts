import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SampleStore } from '#domain/sample-store.ts';
import { createEmbeddedStore } from '../../../services/historian/embedded/embedded-store.ts';
import { startTestBroker, type TestBroker } from '../../support/broker-fixture.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest-fixture.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';
import { TestAgent, testCatalogue, type TestSample } from '../../support/test-agent.ts';

const T0 = 1_795_000_000_000_000_000n;
const ALL = { from: 0n, to: 2n ** 62n };

let broker: TestBroker;
let store: SampleStore;
let ingest: TestIngest;
let folder: string;
const agents: TestAgent[] = [];

beforeEach(async () => {
  broker = await startTestBroker();
  folder = makeTemporaryFolder('ingest');
  store = createEmbeddedStore({ dir: folder });
  await store.start();
  ingest = await startTestIngest(broker, store);
});

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.disconnect();
  await ingest.ingest.stop();
  await store.stop();
  await broker.stop();
});

async function newAgent(name = 'edge-1', epoch = '00000000000000a1'): Promise<TestAgent> {
  const agent = new TestAgent(name, epoch);
  agents.push(agent);
  agent.addMachine(testCatalogue('cnc-01', 10));
  await agent.connect(broker.tcpUrl);
  return agent;
}

const samplesOf = (count: number, from = 0): TestSample[] =>
  Array.from({ length: count }, (_, i) => ({
    alias: 1 + ((from + i) % 10),
    timeNs: T0 + BigInt(from + i) * 1_234_567n,
    value: from + i + 0.5,
  }));

async function storedValues(signals = 10): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < signals; i += 1) {
    const rows = await store.samples(`brest/cnc-01/Axis/S${i}`, ALL, 100_000);
    values.push(...rows.map(({ value }) => Number(value)));
  }
  return values.toSorted((a, b) => a - b);
}

test('what an agent publishes is stored whole and acknowledged', async () => {
  const agent = await newAgent();
  agent.birth();
  for (let r = 0; r < 20; r += 1) agent.publishRecord(agent.record('cnc-01', samplesOf(50, r * 50)));
  await agent.untilAllAcknowledged();
  expect(await storedValues()).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 0.5));
  const [first] = await store.samples('brest/cnc-01/Axis/S1', ALL, 1);
  expect(first).toMatchObject({ sourceTimestamp: T0 + 1_234_567n, statusCode: 0 });
  expect(agent.acks.length).toBeLessThan(20);
  expect(ingest.ingest.presence.counters()).toMatchObject({
    samples: 1_000,
    pending: 0,
    connectedToBroker: true,
  });
});

test('status codes and missing values arrive as they were', async () => {
  const agent = await newAgent();
  agent.birth();
  const bad = { alias: 1, timeNs: T0, value: null, statusCode: 0x80310000 };
  const uncertain = { alias: 1, timeNs: T0 + 100n, value: 3.5, statusCode: 0x40930000 };
  agent.publishRecord(agent.record('cnc-01', [bad, uncertain]));
  await agent.untilAllAcknowledged();
  expect(await store.samples('brest/cnc-01/Axis/S0', ALL, 10)).toMatchObject([
    { sourceTimestamp: T0, value: null, statusCode: 0x80310000 },
    { sourceTimestamp: T0 + 100n, value: 3.5, statusCode: 0x40930000 },
  ]);
});

test('redelivery stores nothing twice and is acknowledged again', async () => {
  const agent = await newAgent();
  agent.birth();
  const record = agent.record('cnc-01', samplesOf(100));
  for (let i = 0; i < 3; i += 1) agent.publishRecord(record);
  await agent.untilAllAcknowledged();
  const acksBefore = agent.acks.length;
  agent.publishRecord(record, true);
  await agent.until(() => agent.acks.length > acksBefore);
  expect(await storedValues()).toHaveLength(100);
  expect(ingest.ingest.presence.counters().duplicates).toBe(3);
});

test('the answer to a birth tells the ranges that are stored, and the store', async () => {
  const agent = await newAgent();
  agent.birth();
  for (let r = 0; r < 5; r += 1) agent.publishRecord(agent.record('cnc-01', samplesOf(10, r * 10)));
  await agent.untilAllAcknowledged();
  agent.acks.length = 0;
  agent.nodeBirth();
  await agent.until(() => agent.acks.some(({ head }) => head !== undefined));
  expect(agent.acks.find(({ head }) => head !== undefined)).toEqual({
    epoch: agent.epoch,
    store: store.storeId,
    head: 5,
    ranges: [[1, 5]],
  });
});

test('an agent that knows another store hears how far the values of this one reached when it was opened', async () => {
  const agent = await newAgent();
  agent.birth();
  agent.publishRecord(agent.record('cnc-01', samplesOf(10)));
  await agent.untilAllAcknowledged();
  await ingest.ingest.stop();
  ingest = await startTestIngest(broker, store); // as after a restore
  agent.birth();
  agent.publishRecord(agent.record('cnc-01', samplesOf(10, 10)));
  await agent.untilAllAcknowledged();
  agent.acks.length = 0;
  agent.nodeBirth('of another', 'store-of-before');
  agent.nodeBirth('of this one', store.storeId);
  await agent.until(() => agent.acks.some(({ birth }) => birth === 'of this one'));
  expect(agent.acks.map(({ birth, newest }) => [birth, newest])).toEqual([
    ['of another', { 'cnc-01': String(T0 + 9n * 1_234_567n) }],
    ['of this one', undefined],
  ]);
});

test('a record whose catalogue is not known waits for it, and a rebirth is asked for', async () => {
  const agent = await newAgent();
  agent.nodeBirth();
  agent.publishRecord(agent.record('cnc-01', samplesOf(10)));
  await agent.until(() => agent.rebirthsAsked > 0);
  expect(agent.acknowledged.size).toBe(0);
  agent.birth();
  await agent.untilAllAcknowledged();
  expect(await storedValues()).toHaveLength(10);
});

test('an agent that was there before ingest is asked for a rebirth at its first message', async () => {
  const agent = await newAgent();
  agent.publishRecord(agent.record('cnc-01', samplesOf(10)));
  await agent.until(() => agent.rebirthsAsked > 0);
  agent.birth();
  await agent.untilAllAcknowledged();
  expect(await storedValues()).toHaveLength(10);
});

test('a catalogue record in the stream teaches new signals', async () => {
  const agent = await newAgent();
  agent.birth();
  agent.publishRecord(agent.record('cnc-01', samplesOf(10)));
  const grown = testCatalogue('cnc-01', 12, 1, 2);
  agent.addMachine(grown);
  agent.publishRecord(agent.bodyRecord('catalogue', grown));
  agent.publishRecord(agent.record('cnc-01', [{ alias: 12, timeNs: T0, value: 99 }]));
  await agent.untilAllAcknowledged();
  expect(await store.samples('brest/cnc-01/Axis/S11', ALL, 10)).toMatchObject([{ value: 99 }]);
});

test('gaps, events, drops and checkpoints are stored beside the samples', async () => {
  const agent = await newAgent();
  agent.birth();
  agent.publishRecord(agent.record('cnc-01', samplesOf(10)));
  const time = String(T0);
  agent.publishRecord(
    agent.bodyRecord('gap', { machine: 'cnc-01', from: time, to: String(T0 + 5n), cause: 'connection-lost' }),
  );
  agent.publishRecord(agent.bodyRecord('event', { machine: 'cnc-01', time, type: 'test', more: 1 }));
  agent.publishRecord(agent.bodyRecord('checkpoint', { produced: 10, journaled: 10, discarded: 0 }));
  await agent.untilAllAcknowledged();
  expect(await store.gaps(ALL)).toMatchObject([
    { machine: 'brest/cnc-01', from: T0, to: T0 + 5n, cause: 'connection-lost' },
  ]);
  expect(await store.audit()).toMatchObject([
    { stream: { agent: 'brest/edge-1' }, cut: { sequence: 4, produced: 10 }, storedAtCut: 10, rejected: 0 },
  ]);
});

test('a refused payload is kept with its reason, acknowledged, and what follows is stored', async () => {
  const agent = await newAgent();
  agent.birth();
  agent.publishRaw('DDATA', 'cnc-01', Buffer.from('not sparkplug'));
  agent.publishRecord(agent.bodyRecord('gap', { from: 'yesterday' }));
  agent.publishRecord(agent.bodyRecord('poem', { text: '...' }));
  const broken = agent.record('cnc-01', samplesOf(10));
  agent.publishRecord({ ...broken, body: Buffer.concat([broken.body, Buffer.from([0x12, 0x05, 0x10])]) });
  agent.publishRecord(agent.record('cnc-01', samplesOf(10, 10)));
  await agent.untilAllAcknowledged();
  const letters = (await store.deadLetters(10)).map(({ code, sequence }) => [code, sequence]);
  expect(letters).toHaveLength(4);
  expect(letters).toEqual(
    expect.arrayContaining([
      ['SPARKPLUG_MALFORMED', undefined],
      ['RECORD_BODY_INVALID', 1],
      ['RECORD_KIND_UNKNOWN', 2],
      ['SPARKPLUG_MALFORMED', 3],
    ]),
  );
  expect(await storedValues()).toHaveLength(10);
  expect(ingest.ingest.presence.counters().rejected).toBe(4);
});

test('a time that no store can hold, and an alias beyond all tables, are refused alone: the others go on', async () => {
  const other = await newAgent('edge-2', '00000000000000b2');
  const agent = await newAgent();
  agent.birth();
  agent.publishRecord(agent.bodyRecord('gap', { from: '9999999999999999999', to: '1', cause: 'x' }));
  agent.publishRecord(agent.record('cnc-01', samplesOf(10)));
  other.addMachine(testCatalogue('cnc-02', 1, 0x1000000));
  other.nodeBirth();
  other.deviceBirth('cnc-02');
  await agent.untilAllAcknowledged();
  await expect
    .poll(async () => (await store.deadLetters(9)).map(({ code }) => code).toSorted(), { timeout: 5_000 })
    .toEqual(['CATALOGUE_INVALID', 'RECORD_BODY_INVALID']);
  expect(await storedValues()).toHaveLength(10);
});

test('what is no time, count or order of this world is refused alone; the neighbours are stored', async () => {
  const agent = await newAgent();
  agent.birth();
  const beyond = '9999999999999999999';
  agent.publishRecord(agent.bodyRecord('gap', { from: beyond, to: beyond, cause: 'connection-lost' }));
  agent.publishRecord(agent.record('cnc-01', samplesOf(10)));
  agent.publishRecord(agent.bodyRecord('event', { time: `-${beyond}`, type: 'test' }));
  agent.publishRecord(agent.bodyRecord('drop', { samples: 1, sequences: [9, 8], cause: 'disk-full' }));
  agent.publishRecord(agent.bodyRecord('drop', { samples: 2 ** 53 - 1, sequences: [8, 9], cause: 'x' }));
  agent.publishRecord(agent.record('cnc-01', samplesOf(10, 10)));
  await agent.untilAllAcknowledged();
  const letters = await store.deadLetters(10);
  expect(letters.map(({ code, sequence }) => [sequence, code])).toEqual(
    [5, 4, 3, 1].map((sequence) => [sequence, 'RECORD_BODY_INVALID']),
  );
  expect(letters.at(-1)?.reason).toContain('from: must be nanoseconds');
  expect(await storedValues()).toHaveLength(20);
  expect(ingest.ingest.presence.counters().rejected).toBe(4);
  expect(ingest.ingest.health().every(({ status }) => status === 'ok')).toBe(true);
});

test('the same sequence with other contents is a fork: kept as a dead letter, the first one stays', async () => {
  const agent = await newAgent();
  agent.birth();
  agent.publishRecord(agent.record('cnc-01', samplesOf(10)));
  await agent.untilAllAcknowledged();
  const twin = await newAgent('edge-1', agent.epoch);
  twin.birth();
  twin.publishRecord(twin.record('cnc-01', samplesOf(10, 500)));
  await expect
    .poll(async () => (await store.deadLetters(5)).map(({ code }) => code), { timeout: 5_000 })
    .toEqual(['STREAM_FORK']);
  expect(await storedValues()).toEqual(Array.from({ length: 10 }, (_, i) => i + 0.5));
  expect(ingest.logLines.some(({ code }) => code === 'STREAM_FORK')).toBe(true);
});

test('two agents with one machine name at different times keep their own streams', async () => {
  const first = await newAgent('edge-1');
  first.birth();
  first.publishRecord(first.record('cnc-01', samplesOf(10)));
  await first.untilAllAcknowledged();
  const second = await newAgent('edge-2', '00000000000000b2');
  second.birth();
  second.publishRecord(second.record('cnc-01', samplesOf(10, 10)));
  await second.untilAllAcknowledged();
  expect(await storedValues()).toHaveLength(20);
  expect((await store.streams()).map(({ stream }) => stream.agent)).toEqual(['brest/edge-1', 'brest/edge-2']);
});

test('a machine that two agents read is told; when one has stopped, the machine is again what the other says', async () => {
  const online = [{ id: 'cnc-01', state: 'online', items: 1, failedItems: 0 }] as const;
  const identities = (): string =>
    ingest.ingest.health().find(({ name }) => name === 'agent identities')?.detail ?? '';
  const first = await newAgent('edge-1');
  first.birth();
  first.health([...online]);
  const second = await newAgent('edge-2', '00000000000000b2');
  second.addMachine(testCatalogue('cnc-01', 2));
  second.birth();
  second.health([...online]);
  await expect.poll(identities).toMatch(/^brest\/cnc-01 is read by brest\/edge-1 and brest\/edge-2/);
  await expect.poll(() => store.machines()[0]?.signals.length).toBe(2);
  second.health([]);
  await expect.poll(identities).toBe('');
  first.health([...online]);
  await first.until(() => first.rebirthsAsked > 0);
  first.birth();
  await expect.poll(() => store.machines()[0]?.signals.length).toBe(10);
});

test('a broker that was away is found again, and the agent is asked for a rebirth', async () => {
  const agent = await newAgent();
  agent.birth();
  agent.publishRecord(agent.record('cnc-01', samplesOf(10)));
  await agent.untilAllAcknowledged();
  const port = broker.broker.ports.tcp ?? 0;
  await broker.stop();
  await expect.poll(() => ingest.ingest.presence.counters().connectedToBroker).toBe(false);
  broker = await startTestBroker({ listen: { tcpPort: port } });
  await expect
    .poll(() => ingest.ingest.presence.counters().connectedToBroker, { timeout: 10_000 })
    .toBe(true);
  await agent.connect(broker.tcpUrl);
  agent.publishRecord(agent.record('cnc-01', samplesOf(10, 10)));
  agent.publishUnacknowledged();
  await agent.untilAllAcknowledged();
  expect(agent.rebirthsAsked).toBeGreaterThan(0);
  expect(await storedValues()).toHaveLength(20);
});
