/** Ingest against a store that fails on demand, and agents beyond the bounds: what it must survive without the real historian. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RejectedError, StoreUnavailableError } from '#platform/errors.ts';
import type { IngestConfig } from '#contracts/config/services.ts';
import { startTestBroker, type TestBroker } from '../../support/broker-fixture.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest-fixture.ts';
import { FailingSampleStore } from '../../support/failing-sample-store.ts';
import { TestAgent, testCatalogue, type TestSample } from '../../support/test-agent.ts';

const T0 = 1_795_000_000_000_000_000n;

let broker: TestBroker;
let store: FailingSampleStore;
let ingest: TestIngest;
let agent: TestAgent;

beforeEach(async () => {
  broker = await startTestBroker();
  store = new FailingSampleStore();
  agent = new TestAgent();
  agent.addMachine(testCatalogue('cnc-01', 10));
});

afterEach(async () => {
  await agent.disconnect();
  await ingest.ingest.stop();
  await broker.stop();
});

async function start(limits: Partial<IngestConfig['limits']> = {}): Promise<void> {
  ingest = await startTestIngest(broker, store, limits);
  await agent.connect(broker.tcpUrl);
  agent.birth();
}

const samplesOf = (count: number, from = 0): TestSample[] =>
  Array.from({ length: count }, (_, i) => ({
    alias: 1 + (i % 10),
    timeNs: T0 + BigInt(from + i),
    value: from + i,
  }));

const storedValues = (): number[] => store.rows.map(({ value }) => Number(value)).toSorted((a, b) => a - b);
const counting = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function metric(line: string): Promise<number> {
  const text = await ingest.registry.metrics();
  return Number(
    text
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.split(' ')
      .at(-1),
  );
}

test('a birth is answered by its name, and with all that came before it', async () => {
  await start();
  const { promise, resolve: write } = Promise.withResolvers<void>();
  store.beforeAppend = () => promise;
  for (let r = 0; r < 5; r += 1) agent.publishRecord(agent.record('cnc-01', samplesOf(10, r * 10)));
  agent.nodeBirth('second');
  await expect.poll(() => store.appends).toBeGreaterThan(0);
  expect(agent.acks.some(({ birth }) => birth === 'second')).toBe(false);
  write();
  await expect
    .poll(() => agent.acks.find(({ birth }) => birth === 'second'), { timeout: 10_000 })
    .toMatchObject({ head: 5, ranges: [[1, 5]] });
});

test('while the store cannot write nothing is acknowledged; then everything is, once', async () => {
  await start();
  let isDown = true;
  store.beforeAppend = () => {
    if (isDown) throw new StoreUnavailableError('DISK_FULL', 'the disk is full');
  };
  for (let r = 0; r < 30; r += 1) agent.publishRecord(agent.record('cnc-01', samplesOf(10, r * 10)));
  await expect.poll(() => store.appends).toBeGreaterThan(1);
  expect(agent.acknowledged.size).toBe(0);
  expect(ingest.ingest.health()).toContainEqual({
    name: 'ingest',
    status: 'down',
    detail: 'the disk is full',
  });
  isDown = false;
  await agent.untilAllAcknowledged();
  expect(storedValues()).toEqual(counting(300));
  expect(ingest.ingest.health().every(({ status }) => status === 'ok')).toBe(true);
});

test('memory is bounded while the store is down: what is over the bound comes again from the agent', async () => {
  await start({ queuedMessages: 20, batchRecords: 5, appendsInFlight: 1 });
  let isDown = true;
  store.beforeAppend = () => {
    if (isDown) throw new StoreUnavailableError('DISK_FULL', 'the disk is full');
  };
  for (let r = 0; r < 200; r += 1) agent.publishRecord(agent.record('cnc-01', samplesOf(10, r * 10)));
  await expect.poll(() => metric('ingest_not_taken_total{reason="queue-full"}')).toBeGreaterThan(100);
  expect(await metric('ingest_queue_messages')).toBeLessThanOrEqual(20);
  isDown = false;
  await agent.until(() => agent.acknowledged.size > 0);
  while (agent.acknowledged.size < 200) {
    const missing = agent.journal.filter(({ sequence }) => !agent.acknowledged.has(sequence)).slice(0, 10);
    for (const record of missing) agent.publishRecord(record);
    await agent.until(() => missing.every(({ sequence }) => agent.acknowledged.has(sequence)));
  }
  expect(storedValues()).toEqual(counting(2_000));
});

test('a record that the store refuses goes to the dead letters; its neighbours are stored', async () => {
  await start({ lingerMs: 100 });
  store.beforeAppend = (records) => {
    if (records.some(({ sequence }) => sequence === 7)) throw new RejectedError('BAD', 'record 7 is cursed');
  };
  for (let r = 0; r < 20; r += 1) agent.publishRecord(agent.record('cnc-01', samplesOf(1, r)));
  await agent.untilAllAcknowledged();
  expect(storedValues()).toEqual(counting(20).filter((value) => value !== 6));
  expect(store.letters).toMatchObject([
    { code: 'STORE_REFUSED', sequence: 7, samples: 1, reason: 'record 7 is cursed' },
  ]);
});

test('an error that nobody foresaw blocks neither the process nor the other records', async () => {
  await start({ lingerMs: 100 });
  store.beforeAppend = (records) => {
    if (records.some(({ sequence }) => sequence === 3)) throw new TypeError('undefined is not a function');
  };
  for (let r = 0; r < 5; r += 1) agent.publishRecord(agent.record('cnc-01', samplesOf(1, r)));
  await agent.untilAllAcknowledged(20_000);
  expect(storedValues()).toEqual([0, 1, 3, 4]);
  expect(store.letters).toMatchObject([{ code: 'STORE_REFUSED', sequence: 3 }]);
});

test('what waits for its catalogue is bounded', async () => {
  ingest = await startTestIngest(broker, store, { heldBytesPerAgent: 65_536 });
  await agent.connect(broker.tcpUrl);
  agent.nodeBirth();
  for (let r = 0; r < 50; r += 1) agent.publishRecord(agent.record('cnc-01', samplesOf(300, r * 300)));
  await expect.poll(() => metric('ingest_not_taken_total{reason="held-full"}')).toBeGreaterThan(10);
  expect(await metric('ingest_held_bytes')).toBeLessThanOrEqual(65_536);
  agent.birth();
  await agent.until(() => agent.acknowledged.size > 0);
  agent.publishUnacknowledged();
  await agent.untilAllAcknowledged();
  expect(storedValues()).toEqual(counting(15_000));
});

test('rebirths are asked for at most once per interval', async () => {
  ingest = await startTestIngest(broker, store, { rebirthIntervalMs: 60_000 });
  await agent.connect(broker.tcpUrl);
  for (let r = 0; r < 50; r += 1) agent.publishRecord(agent.record('cnc-01', samplesOf(1)));
  await expect.poll(() => metric('ingest_messages_total{type="DDATA"}')).toBe(50);
  await agent.until(() => agent.rebirthsAsked > 0);
  expect(agent.rebirthsAsked).toBe(1);
});

test('an alias that is used again for another signal is refused, and the first meaning stays', async () => {
  await start();
  agent.publishRecord(agent.record('cnc-01', samplesOf(1)));
  await agent.untilAllAcknowledged();
  const renamed = testCatalogue('cnc-01', 10, 1, 2);
  const signals = renamed.signals.map((signal) => ({ ...signal, path: `Other/${signal.path}` }));
  agent.publishRecord(agent.bodyRecord('catalogue', { ...renamed, signals }));
  agent.publishRecord(agent.record('cnc-01', samplesOf(1, 1)));
  await agent.untilAllAcknowledged();
  expect(store.letters).toMatchObject([{ code: 'ALIAS_REUSED', sequence: 2 }]);
  expect(store.rows.map(({ signal }) => signal)).toEqual(['brest/cnc-01/Axis/S0', 'brest/cnc-01/Axis/S0']);
});

test('acknowledgements are few however many records there are', async () => {
  await start({ acknowledgementsPerSecond: 10, lingerMs: 0 });
  const began = performance.now();
  for (let r = 0; r < 500; r += 1) {
    agent.publishRecord(agent.record('cnc-01', samplesOf(1, r)));
    if (r % 50 === 0)
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
  }
  await agent.untilAllAcknowledged();
  expect(agent.acks.length).toBeLessThan(4 + (performance.now() - began) / 100);
});

test('payloads gone mad fill neither the disk nor the log', async () => {
  await start({ deadLettersPerSecond: 5 });
  const began = performance.now();
  for (let i = 0; i < 300; i += 1) agent.publishRaw('DDATA', 'cnc-01', Buffer.from(`nonsense ${i}`));
  agent.publishRecord(agent.record('cnc-01', samplesOf(1)));
  await agent.untilAllAcknowledged();
  expect(ingest.ingest.presence.counters().rejected).toBe(300);
  const seconds = (performance.now() - began) / 1000;
  expect(store.letters.length).toBeLessThan(50 + 5 * seconds);
  expect(ingest.logLines.filter(({ code }) => code === 'SPARKPLUG_MALFORMED').length).toBeLessThan(5);
});

test('more agents than allowed are not taken', async () => {
  await start({ agents: 1 });
  const other = new TestAgent('edge-2', '00000000000000b2');
  other.addMachine(testCatalogue('cnc-02', 1));
  await other.connect(broker.tcpUrl);
  other.birth();
  await expect.poll(() => metric('ingest_not_taken_total{reason="too-many-agents"}')).toBe(2);
  await other.disconnect();
  agent.publishRecord(agent.record('cnc-01', samplesOf(1)));
  await agent.untilAllAcknowledged();
});
