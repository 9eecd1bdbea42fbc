/** What a client without Sparkplug sees: a real broker, a real ingest, an observer that comes later. */
import { connectAsync } from 'mqtt';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startTestBroker, TEST_PASSWORD, type TestBroker } from '../../support/broker-fixture.ts';
import { startTestIngest, type TestIngest } from '../../support/ingest-fixture.ts';
import { MemorySampleStore } from '../../support/memory-sample-store.ts';
import { TestAgent, testCatalogue } from '../../support/test-agent.ts';

let broker: TestBroker;
let ingest: TestIngest;
let agent: TestAgent;

beforeEach(async () => {
  broker = await startTestBroker();
  ingest = await startTestIngest(broker, new MemorySampleStore());
  agent = new TestAgent();
  agent.addMachine(testCatalogue('cnc-01', 1));
  await agent.connect(broker.tcpUrl);
});
afterEach(async () => {
  await agent.disconnect();
  await ingest.ingest.stop();
  await broker.stop();
});

/** What the broker retains and what comes, by topic. */
async function observe(username: string): Promise<Map<string, Record<string, unknown>>> {
  const seen = new Map<string, Record<string, unknown>>();
  const client = await connectAsync(broker.tcpUrl, { username, password: TEST_PASSWORD, reconnectPeriod: 0 });
  onTestFinished(() => client.endAsync(true));
  client.on('message', (topic, payload) => {
    seen.set(topic, JSON.parse(payload.toString('utf8')) as Record<string, unknown>);
  });
  await client.subscribeAsync('uns/#');
  return seen;
}

test('an observer that comes later finds the latest values, and then follows them', async () => {
  const machine = 'uns/Technopark/brest/_/_/cnc-01';
  agent.birth();
  agent.publishRecord(
    agent.record('cnc-01', [{ alias: 1, timeNs: 1_700_000_000_000_000_000n, value: 21.5 }]),
  );
  await agent.untilAllAcknowledged();
  const early = await observe('observer');
  await expect.poll(() => early.get(`${machine}/Axis/S0`)).toMatchObject({ value: 21.5, quality: 'good' });
  const late = await observe('observer');
  await expect.poll(() => late.get(`${machine}/Axis/S0`)).toEqual(early.get(`${machine}/Axis/S0`));
  expect(late.get(machine)).toMatchObject({ machine: 'brest/cnc-01', state: 'online' });
  agent.publishRecord(agent.record('cnc-01', [{ alias: 1, timeNs: 1_700_000_001_000_000_000n, value: 22 }]));
  await expect
    .poll(() => late.get(`${machine}/Axis/S0`), { timeout: 5_000 })
    .toMatchObject({
      value: 22,
      time: '2023-11-14T22:13:21.000Z',
    });
  agent.deviceDeath('cnc-01');
  await expect.poll(() => late.get(machine), { timeout: 5_000 }).toMatchObject({ state: 'offline' });
  expect(broker.logLines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});
