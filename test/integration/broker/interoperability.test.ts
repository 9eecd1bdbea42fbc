/**
 * What Eclipse Paho's interoperability suite for MQTT 3.1.1 asks of a broker (`client_test.py`), point by point, written anew
 * against raw packets; the point numbers are those of MQTT 3.1.1.
 */
import { once } from 'node:events';
import { connect as mqttConnect } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawMqtt } from '../../support/raw-mqtt.ts';
import { DISCONNECT, PING, unsubscribePacket } from '../../support/mqtt-packets.ts';
import { startTestBroker, TEST_PASSWORD, type TestBroker } from '../../support/broker-fixture.ts';

const password = Buffer.from(TEST_PASSWORD);
const login = { username: 'observer', password };
let server: TestBroker;

beforeAll(async () => {
  // Rights have their own test: here all topics are open but one.
  server = await startTestBroker({
    createPolicy: () => ({
      refusePublish: () => undefined,
      refuseSubscribe: (filter) => (filter === 'test/nosubscribe' ? 'SUBSCRIBE_NOT_ALLOWED' : undefined),
      mayReceive: () => true,
    }),
  });
});
afterAll(() => server.stop());

const open = (): Promise<RawMqtt> => RawMqtt.open(server.broker.ports.tcp ?? 0);

async function connected(clientId = '', clean = true): Promise<RawMqtt> {
  const client = await open();
  expect(await client.connect({ ...login, clientId, clean })).toBe(0);
  return client;
}

async function leave(client: RawMqtt): Promise<void> {
  client.write(DISCONNECT);
  await client.untilClosed();
}

test('basic: connect, subscribe, publish at each QoS, unsubscribe, ping', async () => {
  const client = await connected('basic');
  expect(await client.subscribe(['TopicA', 2])).toEqual([2]);
  client.publish({ topic: 'TopicA', payload: 'qos 0' });
  const one = client.publish({ topic: 'TopicA', payload: 'qos 1', qos: 1 });
  const two = client.publish({ topic: 'TopicA', payload: 'qos 2', qos: 2 });
  expect((await client.next('puback'))?.messageId).toBe(one);
  expect((await client.next('pubrec'))?.messageId).toBe(two);
  client.acknowledge('pubrel', two);
  expect((await client.next('pubcomp'))?.messageId).toBe(two);
  const got = [await client.next('publish'), await client.next('publish'), await client.next('publish')];
  // Order is promised within one QoS only (4.6).
  const byQos = new Map(got.map((packet) => [packet?.qos, packet?.payload.toString()]));
  expect([byQos.get(0), byQos.get(1), byQos.get(2)]).toEqual(['qos 0', 'qos 1', 'qos 2']);
  client.write(PING);
  expect(await client.next('pingresp')).toBeDefined();
  client.write(unsubscribePacket(99, 'TopicA'));
  expect((await client.next('unsuback'))?.messageId).toBe(99);
  client.publish({ topic: 'TopicA', qos: 1 });
  await client.next('puback');
  await leave(client);
});

test('3.1.0-2: a second CONNECT ends the connection', async () => {
  const client = await connected('twice');
  void client.connect({ ...login, clientId: 'twice' });
  expect(await client.untilClosed()).toBe(true);
});

test('retained messages: kept per topic, given to each new subscription, deleted by an empty one', async () => {
  const client = await connected('retained');
  for (const topic of ['fromb/qos0', 'fromb/qos1', 'fromb/qos2'])
    client.publish({ topic, payload: topic, qos: 1, retain: true });
  for (let i = 0; i < 3; i += 1) await client.next('puback');
  await client.subscribe(['fromb/#', 2]);
  const got = [await client.next('publish'), await client.next('publish'), await client.next('publish')];
  expect(new Set(got.map((packet) => packet?.topic))).toEqual(
    new Set(['fromb/qos0', 'fromb/qos1', 'fromb/qos2']),
  );
  expect(got.every((packet) => packet?.retain === true)).toBe(true);
  for (const topic of ['fromb/qos0', 'fromb/qos1', 'fromb/qos2'])
    client.publish({ topic, payload: '', qos: 1, retain: true });
  for (let i = 0; i < 3; i += 1) await client.next('puback');
  await leave(client);
  const late = await connected('retained-late');
  await late.subscribe(['fromb/#', 2]);
  late.publish({ topic: 'other', qos: 1 });
  await late.next('puback');
  expect(late.packets.filter(({ cmd }) => cmd === 'publish')).toEqual([]);
  await leave(late);
});

test('messages for a client that is away are kept and delivered in order', async () => {
  const first = await connected('away', false);
  await first.subscribe(['offline/#', 2]);
  await leave(first);
  const publisher = await connected('away-publisher');
  for (const qos of [1, 2] as const) {
    const id = publisher.publish({ topic: `offline/${qos}`, payload: `qos ${qos}`, qos });
    if (qos === 2) {
      await publisher.next('pubrec');
      publisher.acknowledge('pubrel', id);
      await publisher.next('pubcomp');
    } else await publisher.next('puback');
  }
  const again = await open();
  await again.connect({ ...login, clientId: 'away', clean: false });
  const got = [await again.next('publish'), await again.next('publish')];
  expect(got.map((packet) => packet?.payload.toString())).toEqual(['qos 1', 'qos 2']);
  await leave(again);
});

test('the will is sent when the client is lost, and not when it says goodbye', async () => {
  const reader = await connected('will-reader');
  await reader.subscribe(['will/#', 2]);
  const lost = await open();
  const will = {
    topic: 'will/lost',
    payload: Buffer.from('client not disconnected'),
    qos: 1,
    retain: false,
  } as const;
  await lost.connect({ ...login, clientId: 'will-lost', will });
  const polite = await open();
  await polite.connect({ ...login, clientId: 'will-polite', will: { ...will, topic: 'will/polite' } });
  await leave(polite);
  lost.close();
  expect((await reader.next('publish'))?.topic).toBe('will/lost');
  expect(reader.packets.filter(({ cmd }) => cmd === 'publish')).toEqual([]);
});

test('overlapping subscriptions: the message comes at least once, at the greatest QoS', async () => {
  const client = await connected('overlap');
  await client.subscribe(['overlap/#', 2], ['overlap/+', 1]);
  const id = client.publish({ topic: 'overlap/a', qos: 2 });
  await client.next('pubrec');
  client.acknowledge('pubrel', id);
  const got = await client.next('publish');
  expect([1, 2]).toContain(got?.qos);
  await leave(client);
});

test('keep alive: a silent client is given up after one and a half times its period, with its will', async () => {
  const reader = await connected('keepalive-reader');
  await reader.subscribe(['keepalive/#', 1]);
  const silent = await open();
  const will = { topic: 'keepalive/will', payload: Buffer.from('expired'), qos: 1, retain: false } as const;
  await silent.connect({ ...login, clientId: 'keepalive', keepalive: 1, will });
  expect((await reader.next('publish'))?.payload.toString()).toBe('expired');
  expect(await silent.untilClosed()).toBe(true);
});

test('redelivery on reconnect: what was not acknowledged comes again', async () => {
  const first = await connected('redelivery', false);
  await first.subscribe(['again/#', 2]);
  first.publish({ topic: 'again/1', payload: 'one', qos: 1 });
  expect((await first.next('publish'))?.payload.toString()).toBe('one');
  first.close();
  await once(first.socket, 'close');
  const again = await open();
  await again.connect({ ...login, clientId: 'redelivery', clean: false });
  expect((await again.next('publish'))?.payload.toString()).toBe('one');
  await leave(again);
});

test('3.1.3-8: an empty client id needs a clean session, else code 2', async () => {
  const anonymous = await open();
  expect(await anonymous.connect({ ...login, clientId: '', clean: true })).toBe(0);
  const lasting = await open();
  expect(await lasting.connect({ ...login, clientId: '', clean: false })).toBe(2);
  expect(await lasting.untilClosed()).toBe(true);
});

test('3.9.3: a subscription that is not allowed gets 128, the others of the packet are granted', async () => {
  const client = await connected('subscribe-failure');
  expect(await client.subscribe(['test/nosubscribe', 2], ['test/other', 1])).toEqual([128, 1]);
});

test('4.7.2-1: topics that begin with $ do not match a leading wildcard', async () => {
  const client = await connected('dollar');
  await client.subscribe(['+/+', 2]);
  client.publish({ topic: '$TopicA/B', qos: 1 });
  client.publish({ topic: 'TopicA/B', payload: 'plain', qos: 1 });
  expect((await client.next('publish'))?.payload.toString()).toBe('plain');
});

test('MQTT 5 is answered with code 1, unacceptable protocol version', async () => {
  const client = await open();
  const mqtt5 = mqttConnect(server.tcpUrl, {
    protocolVersion: 5,
    username: 'observer',
    password: TEST_PASSWORD,
    reconnectPeriod: 0,
  });
  const error = await new Promise((resolve) => {
    mqtt5.once('error', resolve);
  });
  expect(error).toMatchObject({ code: 1 });
  mqtt5.end(true);
  client.close();
});

test('the WebSocket listener carries the same messages', async () => {
  const client = mqttConnect(server.wsUrl, {
    username: 'observer',
    password: TEST_PASSWORD,
    protocolVersion: 4,
  });
  await client.subscribeAsync('ws/#');
  const arrived = new Promise<{ topic: string; payload: Buffer }>((resolve) => {
    client.once('message', (topic, payload) => resolve({ topic, payload }));
  });
  await client.publishAsync('ws/a', Buffer.alloc(200_000, 7));
  const { topic, payload } = await arrived;
  expect(topic).toBe('ws/a');
  expect(payload.equals(Buffer.alloc(200_000, 7))).toBe(true);
  await client.endAsync();
});
