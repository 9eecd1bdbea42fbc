import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { RawMqtt } from '../../support/raw-mqtt.ts';
import { watchStalls } from '../../support/timing-gate.ts';
import { frame, remainingLength } from '../../support/mqtt-packets.ts';
import { startTestBroker, TEST_PASSWORD, type TestBroker } from '../../support/broker-fixture.ts';

const password = Buffer.from(TEST_PASSWORD);
const DATA = 'spBv1.0/brest/DDATA/edge-1/cnc-01';

let server: TestBroker | undefined;
const clients: RawMqtt[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server?.stop();
});

type Limits = NonNullable<NonNullable<Parameters<typeof startTestBroker>[0]>['limits']>;

async function start(limits: Limits = {}): Promise<TestBroker> {
  server = await startTestBroker({ limits });
  return server;
}

async function open(broker: TestBroker): Promise<RawMqtt> {
  const client = await RawMqtt.open(broker.broker.ports.tcp ?? 0);
  clients.push(client);
  return client;
}

async function login(broker: TestBroker, username: string, clientId = ''): Promise<RawMqtt> {
  const client = await open(broker);
  expect(await client.connect({ username, password, clientId })).toBe(0);
  return client;
}

const refusals = async (broker: TestBroker, code: string): Promise<number> =>
  Number(
    new RegExp(`broker_refusals_total\\{code="${code}"\\} (\\d+)`).exec(
      await broker.broker.registry.metrics(),
    )?.[1],
  );

test('a packet over the limit is refused by its header, before its body comes', async () => {
  const broker = await start({ packetBytes: 10_000 });
  const client = await login(broker, 'edge-1');
  client.write(Buffer.concat([Buffer.from([0x30]), remainingLength(10_001)]));
  expect(await client.untilClosed()).toBe(true);
  expect(await refusals(broker, 'PACKET_TOO_LARGE')).toBe(1);
});

test('a packet at the limit passes, also byte by byte', async () => {
  const broker = await start({ packetBytes: 2_000 });
  const client = await login(broker, 'edge-1');
  const topic = Buffer.from(DATA);
  const head = Buffer.concat([Buffer.from([0, topic.length]), topic, Buffer.from([0, 7])]);
  const packet = frame(0x32, head, Buffer.alloc(2_000 - head.length));
  for (const byte of packet.subarray(0, 40)) client.write(Buffer.from([byte]));
  client.write(packet.subarray(40));
  expect((await client.next('puback'))?.messageId).toBe(7);
});

test('before the login only a small CONNECT is taken', async () => {
  const broker = await start({ connectBytes: 1_000 });
  const large = await open(broker);
  large.write(Buffer.concat([Buffer.from([0x10]), remainingLength(1_001)]));
  expect(await large.untilClosed()).toBe(true);
  const other = await open(broker);
  other.publish({ topic: DATA });
  expect(await other.untilClosed()).toBe(true);
  expect(await refusals(broker, 'PROTOCOL_ERROR')).toBe(1);
});

test('bytes that are not MQTT end that connection only', async () => {
  const broker = await start();
  const good = await login(broker, 'edge-1');
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\u0010\u00ff\u00ff\u00ff\u00ff\u00ff', '\u0000']) {
    const bad = await open(broker);
    bad.write(Buffer.from(bytes, 'latin1'));
    expect(await bad.untilClosed()).toBe(true);
  }
  good.publish({ topic: DATA, qos: 1 });
  expect(await good.next('puback')).toBeDefined();
});

test('one connection more than allowed is closed', async () => {
  const broker = await start({ connections: 2 });
  await login(broker, 'edge-1');
  const second = await login(broker, 'edge-2');
  const third = await open(broker);
  expect(await third.untilClosed()).toBe(true);
  second.close();
  await once(second.socket, 'close');
  await expect
    .poll(async () => (await open(broker)).connect({ username: 'host', password }), { timeout: 5_000 })
    .toBe(0);
});

test('connections without a login take no place of a client: the silent ones give way', async () => {
  const broker = await start({ connections: 2, connectionsBeforeLogin: 3 });
  const idle: RawMqtt[] = [];
  for (let i = 0; i < 10; i += 1) idle.push(await open(broker));
  const known = await login(broker, 'edge-1');
  await login(broker, 'edge-2');
  // Ten and the two that came in, in three places: the oldest go, and a login leaves its place.
  for (const early of idle.slice(0, 8)) expect(await early.untilClosed()).toBe(true);
  expect(idle.slice(8).map(({ closed }) => closed)).toEqual([false, false]);
  expect(await refusals(broker, 'TOO_MANY_STRANGERS')).toBe(8);
  known.publish({ topic: DATA, qos: 1 });
  expect(await known.next('puback')).toBeDefined();
});

test('who does not say who it is in time is closed', async () => {
  const broker = await start({ loginTimeoutMs: 100 });
  expect(await (await open(broker)).untilClosed()).toBe(true);
});

test('subscriptions of one client are bounded', async () => {
  const broker = await start({ subscriptionsPerClient: 2 });
  const client = await login(broker, 'observer');
  expect(await client.subscribe(['spBv1.0/a', 0])).toEqual([0]);
  expect(await client.subscribe(['spBv1.0/b', 0])).toEqual([0]);
  expect(await client.subscribe(['spBv1.0/c', 0])).toEqual([128]);
  expect(await client.subscribe(['spBv1.0/a', 0])).toEqual([0]);
});

test.each([
  ['a topic of 200 levels', 'a/'.repeat(200)],
  ['a topic of 2,000 characters', 'a'.repeat(2_000)],
])('%s harms nobody', async (_name, topic) => {
  const broker = await start();
  const publisher = await login(broker, 'ingest');
  publisher.publish({ topic, qos: 1 });
  expect(await publisher.untilClosed()).toBe(true);
  const reader = await login(broker, 'observer');
  const granted = await reader.subscribe([topic, 0]);
  expect(granted === undefined || granted[0] === 128).toBe(true);
  const survivor = await login(broker, 'edge-1');
  survivor.publish({ topic: DATA, qos: 1 });
  expect(await survivor.next('puback')).toBeDefined();
});

// GHSA-52qw-whmv-87c5: such a name once ended the whole broker.
test.each(['constructor', '__proto__', 'hasOwnProperty', 'uns/__proto__', 'uns/constructor', 'toString'])(
  'the name %s as topic, filter and client id harms nobody',
  async (name) => {
    const broker = await start();
    const publisher = await login(broker, 'ingest');
    publisher.publish({ topic: name, qos: 1 });
    await Promise.race([publisher.next('puback', 1_000), publisher.untilClosed(1_000)]);
    const reader = await login(broker, 'observer', name.replace('uns/', ''));
    await reader.subscribe([name, 1]);
    const survivor = await login(broker, 'edge-1');
    survivor.publish({ topic: DATA, qos: 1 });
    expect(await survivor.next('puback')).toBeDefined();
  },
);

test('messages beyond the rate are slowed down, in order, and none is lost', async () => {
  const broker = await start({ messagesPerSecond: 100 });
  const reader = await login(broker, 'observer');
  await reader.subscribe([DATA, 0]);
  const publisher = await login(broker, 'edge-1');
  const began = performance.now();
  for (let i = 0; i < 260; i += 1) publisher.publish({ topic: DATA, payload: String(i) });
  const seen: number[] = [];
  while (seen.length < 260) {
    const packet = await reader.next('publish');
    if (!packet) break;
    seen.push(Number(packet.payload.toString()));
  }
  expect(seen).toEqual(Array.from({ length: 260 }, (_, i) => i));
  // 200 pass as the burst, 60 more need 0.6 s.
  expect(performance.now() - began).toBeGreaterThan(500);
});

test('what waits for a client that is away is bounded, the oldest goes first', async () => {
  const broker = await start({ offlineMessagesPerClient: 5 });
  const first = await open(broker);
  const lasting = { username: 'observer', password, clientId: 'lasting', clean: false };
  await first.connect(lasting);
  await first.subscribe([DATA, 1]);
  first.close();
  await once(first.socket, 'close');
  const publisher = await login(broker, 'edge-1');
  for (let i = 1; i <= 9; i += 1) publisher.publish({ topic: DATA, payload: String(i), qos: 1 });
  for (let i = 1; i <= 9; i += 1) await publisher.next('puback');
  const again = await open(broker);
  await again.connect(lasting);
  const seen: string[] = [];
  for (let i = 0; i < 5; i += 1) seen.push((await again.next('publish'))?.payload.toString() ?? '');
  expect(seen).toEqual(['5', '6', '7', '8', '9']);
  expect(await broker.broker.registry.metrics()).toContain('broker_offline_messages_dropped_total 4');
});

test('a frozen subscriber is disconnected, and nobody waits for it', async () => {
  const broker = await start({ drainTimeoutMs: 1_000 });
  const frozen = await login(broker, 'observer');
  await frozen.subscribe([DATA, 0]);
  const reader = await login(broker, 'ingest');
  await reader.subscribe([DATA, 0]);
  const publisher = await login(broker, 'edge-1');
  frozen.socket.pause();
  const payload = Buffer.alloc(100_000);
  let slowestMs = 0;
  const stalledMs = watchStalls();
  for (let i = 0; i < 300; i += 1) {
    const began = performance.now();
    publisher.publish({ topic: DATA, payload });
    expect(await reader.next('publish')).toBeDefined();
    slowestMs = Math.max(slowestMs, performance.now() - began);
  }
  const standstillMs = stalledMs();
  await expect.poll(() => refusals(broker, 'SLOW_SUBSCRIBER')).toBe(1);
  expect(slowestMs - standstillMs).toBeLessThan(800);
});
