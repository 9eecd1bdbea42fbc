import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawMqtt } from '../../support/raw-mqtt.ts';
import {
  startTestBroker,
  TEST_CLIENTS,
  TEST_PASSWORD,
  writeClientsFile,
  type TestBroker,
} from '../../support/broker-fixture.ts';

let server: TestBroker;
beforeAll(async () => {
  server = await startTestBroker();
});
afterAll(() => server.stop());

const password = Buffer.from(TEST_PASSWORD);
const port = (): number => server.broker.ports.tcp ?? 0;

async function connected(username: string): Promise<RawMqtt> {
  const client = await RawMqtt.open(port());
  expect(await client.connect({ username, password })).toBe(0);
  return client;
}

/** Publishes with QoS 1; the broker acknowledges what it takes and closes on what it refuses. */
async function mayPublish(username: string, topic: string, retain = false): Promise<boolean> {
  const client = await connected(username);
  client.publish({ topic, qos: 1, retain });
  const taken = (await client.next('puback')) !== undefined;
  client.close();
  return taken;
}

async function maySubscribe(username: string, topic: string): Promise<boolean> {
  const client = await connected(username);
  const granted = await client.subscribe([topic, 0]);
  client.close();
  return granted?.[0] === 0;
}

describe('login', () => {
  test.each([
    ['no user', {}],
    ['an unknown user', { username: 'nobody', password }],
    ['a wrong password', { username: 'edge-1', password: Buffer.from('wrong') }],
    ['a name of the object prototype', { username: '__proto__', password }],
  ])('%s is refused with code 4', async (_name, credentials) => {
    const client = await RawMqtt.open(port());
    expect(await client.connect(credentials)).toBe(4);
    expect(await client.untilClosed()).toBe(true);
  });

  test('a refusal is logged once with who and why, then counted', async () => {
    for (let i = 0; i < 3; i += 1) {
      const client = await RawMqtt.open(port());
      await client.connect({ username: 'edge-9', password, clientId: 'edge-9' });
      client.close();
    }
    const lines = server.logLines.filter(({ user }) => user === 'edge-9');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ code: 'BAD_CREDENTIALS', clientId: 'edge-9', level: 40 });
    expect(await server.broker.registry.metrics()).toMatch(
      /broker_refusals_total\{code="BAD_CREDENTIALS"\} [3-9]/,
    );
  });

  test('another user cannot take over a client id', async () => {
    const first = await RawMqtt.open(port());
    expect(await first.connect({ username: 'edge-1', password, clientId: 'shared-id' })).toBe(0);
    const thief = await RawMqtt.open(port());
    expect(await thief.connect({ username: 'observer', password, clientId: 'shared-id' })).toBe(2);
    const again = await RawMqtt.open(port());
    expect(await again.connect({ username: 'edge-1', password, clientId: 'shared-id' })).toBe(0);
    expect(await first.untilClosed()).toBe(true);
    again.close();
  });

  test.each(['with space', 'a/b', 'x'.repeat(129), 'é', '+', 'a\u0001'])(
    'client id %j is refused with code 2',
    async (clientId) => {
      const client = await RawMqtt.open(port());
      expect(await client.connect({ username: 'observer', password, clientId })).toBe(2);
    },
  );

  test('a user removed from the clients file loses its connection', async () => {
    const client = await connected('edge-2');
    await writeClientsFile(
      server.clientsFile,
      TEST_CLIENTS.filter(({ username }) => username !== 'edge-2'),
    );
    expect(await client.untilClosed()).toBe(true);
    await writeClientsFile(server.clientsFile, TEST_CLIENTS);
    const login = async (): Promise<number | 'closed'> => {
      const next = await RawMqtt.open(port());
      const code = await next.connect({ username: 'edge-2', password });
      next.close();
      return code;
    };
    await expect.poll(login, { timeout: 5_000, interval: 200 }).toBe(0);
  });
});

describe('publishing', () => {
  test.each([
    ['edge-1', 'spBv1.0/brest/NBIRTH/edge-1', true],
    ['edge-1', 'spBv1.0/brest/DDATA/edge-1/cnc-01', true],
    ['edge-1', 'spBv1.0/brest/DDATA/edge-1/CNC', false],
    ['edge-1', 'spBv1.0/brest/DDATA/edge-1/cnc-01/more', false],
    ['edge-1', 'spBv1.0/brest/NDATA/edge-2', false],
    ['edge-1', 'spBv1.0/minsk/NDATA/edge-1', false],
    ['edge-1', 'spBv1.0/brest/NCMD/edge-1', false],
    ['edge-1', 'spBv1.0/brest/DCMD/edge-1/cnc-01', false],
    ['edge-1', 'spBv1.0/STATE/brest-centre', false],
    ['edge-1', 'uns/brest', false],
    ['edge-1', '$SYS/x', false],
    ['edge-1', 'constructor', false],
    ['ingest', 'spBv1.0/brest/NCMD/edge-1', true],
    ['ingest', 'spBv1.0/STATE/brest-centre', true],
    ['ingest', 'uns/brest/cnc-01', true],
    ['ingest', 'spBv1.0/brest/DDATA/edge-1/cnc-01', false],
    ['host', 'spBv1.0/STATE/host', true],
    ['host', 'spBv1.0/STATE/brest-centre', false],
    ['host', 'spBv1.0/brest/NCMD/edge-1', false],
    ['observer', 'spBv1.0/STATE/observer', false],
    ['observer', 'uns/brest', false],
    ['admin', 'spBv1.0/brest/NCMD/edge-1', false],
  ])('%s to %s: %s', async (username, topic, allowed) => {
    expect(await mayPublish(username, topic)).toBe(allowed);
  });

  test.each([
    ['edge-1', 'spBv1.0/brest/NBIRTH/edge-1', false],
    ['edge-1', 'spBv1.0/brest/DDATA/edge-1/cnc-01', false],
    ['ingest', 'spBv1.0/STATE/brest-centre', true],
    ['ingest', 'spBv1.0/brest/NCMD/edge-1', false],
  ])('%s retained to %s: %s', async (username, topic, allowed) => {
    expect(await mayPublish(username, topic, true)).toBe(allowed);
  });

  test.each([
    ['edge-1', 'spBv1.0/brest/NDEATH/edge-1', 0],
    ['edge-1', 'spBv1.0/brest/NDEATH/edge-2', 5],
    ['observer', 'spBv1.0/brest/NDEATH/edge-1', 5],
    ['edge-1', '$SYS/x', 5],
  ])('the will of %s to %s: code %i', async (username, topic, code) => {
    const client = await RawMqtt.open(port());
    const will = { topic, payload: Buffer.from('x'), qos: 1 as const, retain: false };
    expect(await client.connect({ username, password, will })).toBe(code);
    client.close();
  });

  test('a will is delivered when its client is lost', async () => {
    const reader = await connected('observer');
    await reader.subscribe(['spBv1.0/brest/NDEATH/+', 1]);
    const agent = await RawMqtt.open(port());
    const topic = 'spBv1.0/brest/NDEATH/edge-1';
    const will = { topic, payload: Buffer.from('gone'), qos: 1 as const, retain: false };
    expect(await agent.connect({ username: 'edge-1', password, will })).toBe(0);
    agent.close();
    expect((await reader.next('publish'))?.payload.toString()).toBe('gone');
    reader.close();
  });
});

describe('reading', () => {
  test.each([
    ['edge-1', 'spBv1.0/brest/NCMD/edge-1', true],
    ['edge-1', 'spBv1.0/STATE/+', true],
    ['edge-1', 'spBv1.0/STATE/brest-centre', true],
    ['edge-1', 'spBv1.0/brest/NCMD/edge-2', false],
    ['edge-1', 'spBv1.0/brest/NCMD/+', false],
    ['edge-1', 'spBv1.0/brest/#', false],
    ['edge-1', '#', false],
    ['edge-1', '+/+/+/+', false],
    ['ingest', 'spBv1.0/+/DDATA/+/+', true],
    ['observer', '#', true],
    ['observer', 'uns/#', true],
    ['observer', '$SYS/#', false],
    ['admin', '$SYS/#', true],
    ['ingest', '$share/workers/spBv1.0/#', false],
    ['edge-1', '__proto__', false],
  ])('%s from %s: %s', async (username, filter, allowed) => {
    expect(await maySubscribe(username, filter)).toBe(allowed);
  });

  test('$SYS reaches the admin only', async () => {
    const admin = await connected('admin');
    await admin.subscribe(['$SYS/#', 0]);
    const observer = await connected('observer');
    await observer.subscribe(['#', 0]);
    expect((await admin.next('publish'))?.topic).toMatch(/^\$SYS\//);
    (await connected('edge-1')).close();
    expect((await admin.next('publish'))?.topic).toMatch(/^\$SYS\//);
    const seen = observer.packets.flatMap((packet) => (packet.cmd === 'publish' ? [packet.topic] : []));
    expect(seen.filter((topic) => topic.startsWith('$'))).toEqual([]);
    admin.close();
    observer.close();
  });
});
