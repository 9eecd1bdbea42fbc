/** The process `services` killed in the middle of a stream: what was acknowledged is there, what was not comes again, nothing is doubled. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createEmbeddedStore } from '../../../services/historian/embedded/embedded-store.ts';
import { startTestBroker, TEST_PASSWORD, type TestBroker } from '../../support/broker-fixture.ts';
import { spawnApp, type SpawnedProcess } from '../../support/spawned-process.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';
import { TestAgent, testCatalogue } from '../../support/test-agent.ts';

const SIGNALS = 10;
const KILLS = 3;
const RECORDS_PER_LIFE = 60;
const SAMPLES_PER_RECORD = 20;
const WINDOW = 20;
const RESEND_MS = 300;
const T0 = 1_795_000_000_000_000_000n;
const ALL = { from: 0n, to: 2n ** 62n };

let broker: TestBroker | undefined;
let services: SpawnedProcess | undefined;
let agent: TestAgent | undefined;
let resend: NodeJS.Timeout | undefined;

afterEach(async () => {
  clearInterval(resend);
  await agent?.disconnect();
  services?.kill('SIGKILL');
  await services?.exited;
  await broker?.stop();
});

/** As the agent does: born until it is heard; what is not acknowledged in time goes out again; a rebirth when it is asked for. */
function followTheStore(publisher: TestAgent): NodeJS.Timeout {
  publisher.birth();
  let rebirths = 0;
  return setInterval(() => {
    if (publisher.acks.length === 0 || publisher.rebirthsAsked > rebirths) publisher.birth();
    rebirths = publisher.rebirthsAsked;
    publisher.publishUnacknowledged();
  }, RESEND_MS);
}

function writeConfig(folder: string, url: string): string {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, TEST_PASSWORD);
  const config = {
    ingest: { broker: { url, username: 'ingest', passwordFile }, limits: { rebirthIntervalMs: 200 } },
    store: { kind: 'embedded', directory: join(folder, 'historian') },
    http: { port: 0 },
  };
  const file = join(folder, 'services.yaml');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

const start = (config: string): Promise<SpawnedProcess> =>
  spawnApp('services/main.ts', { args: ['--config', config] });

/** Sample `n` of the test: signal and value both follow from it. */
function recordFrom(from: number): { alias: number; timeNs: bigint; value: number }[] {
  return Array.from({ length: SAMPLES_PER_RECORD }, (_, i) => ({
    alias: 1 + ((from + i) % SIGNALS),
    timeNs: T0 + BigInt(from + i) * 1_000_000n,
    value: from + i,
  }));
}

test('kill -9 of services, several times: nothing lost, nothing doubled, order kept', async () => {
  const folder = makeTemporaryFolder('kill');
  broker = await startTestBroker();
  const config = writeConfig(folder, broker.tcpUrl);
  const publisher = new TestAgent();
  agent = publisher;
  publisher.addMachine(testCatalogue('cnc-01', SIGNALS));
  services = await start(config);
  await publisher.connect(broker.tcpUrl);
  resend = followTheStore(publisher);
  let produced = 0;
  for (let life = 0; life <= KILLS; life += 1) {
    for (let r = 0; r < RECORDS_PER_LIFE; r += 1) {
      publisher.publishRecord(publisher.record('cnc-01', recordFrom(produced)));
      produced += SAMPLES_PER_RECORD;
      const sent = publisher.journal.length;
      await publisher.until(() => sent - publisher.acknowledged.size <= WINDOW, 60_000);
    }
    if (life === KILLS) break;
    services.kill('SIGKILL');
    await services.exited;
    services = await start(config);
  }
  await publisher.untilAllAcknowledged(60_000);
  clearInterval(resend);
  expect(await services.stop()).toBe(0);

  const store = createEmbeddedStore({ dir: join(folder, 'historian') });
  await store.start();
  for (let s = 0; s < SIGNALS; s += 1) {
    const rows = await store.samples(`brest/cnc-01/Axis/S${s}`, ALL, 100_000);
    const expected = Array.from({ length: produced / SIGNALS }, (_, i) => i * SIGNALS + s);
    expect(rows.map(({ value }) => value)).toEqual(expected);
  }
  expect(await store.deadLetters(10)).toEqual([]);
  const [stream] = await store.streams();
  expect(stream?.received).toEqual([[1, publisher.journal.length]]);
  await store.stop();
});

test('SIGTERM acknowledges what is stored and leaves within its time', async () => {
  const folder = makeTemporaryFolder('term');
  broker = await startTestBroker();
  services = await start(writeConfig(folder, broker.tcpUrl));
  const publisher = new TestAgent();
  agent = publisher;
  publisher.addMachine(testCatalogue('cnc-01', SIGNALS));
  await publisher.connect(broker.tcpUrl);
  resend = followTheStore(publisher);
  publisher.publishRecord(publisher.record('cnc-01', recordFrom(0)));
  await publisher.untilAllAcknowledged(30_000);
  clearInterval(resend);
  for (let r = 1; r <= 50; r += 1) publisher.publishRecord(publisher.record('cnc-01', recordFrom(r * 20)));
  expect(await services.stop(10_000)).toBe(0);
  const store = createEmbeddedStore({ dir: join(folder, 'historian') });
  await store.start();
  const [stream] = await store.streams();
  expect(publisher.acknowledged.toArray()).toEqual(stream?.received);
  await store.stop();
});
