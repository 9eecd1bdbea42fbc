/** Servers with limits, poison, another certificate, no room, no life: what lives does, the rest is named. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectInTime } from '../../support/timing-gate.ts';
import { Harness } from './harness.ts';
import type { UAVariable } from 'node-opcua';
import { DataType, MACHINE_URI, StatusCodes, Variant, type TestServer } from './machine-server.ts';
import { MemorySink } from './memory-sink.ts';
import { TcpProxy } from './tcp-proxy.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.make();
});
afterEach(async () => {
  await harness.close();
});

const nodeId = (name: string): string => `nsu=${MACHINE_URI};s=${name}`;
const names = (count: number): string[] => Array.from({ length: count }, (_none, i) => `V${i}`);

/** 10,000 with OPCUA_SIGNALS=10000. */
const SIGNALS = Number(process.env['OPCUA_SIGNALS'] ?? 1_200);

test(`${SIGNALS} items against a limit of 500 a call; one poisons its whole request, two are not there: all others live`, async () => {
  const all = names(SIGNALS);
  const server = await harness.server({
    limits: { monitoredItemsPerCall: 500, read: 300, browse: 100 },
    build: (test) => {
      for (const name of all) test.double(name, 1);
    },
  });
  server.poison('V321');
  const sink = new MemorySink();
  const signals = all.map((path) => ({ path, nodeId: nodeId(path) }));
  signals.splice(700, 0, { path: 'Ghost', nodeId: nodeId('nobody') });
  signals.splice(900, 0, { path: 'Elsewhere', nodeId: 'nsu=urn:not:here;s=x' });
  const source = await harness.source(server, sink, { machine: { signals } });
  await sink.until(
    () => new Set(sink.rows.map(({ path }) => path)).size === SIGNALS,
    'all that live',
    60_000,
  );
  const { failed, ...state } = source.state();
  expect(state).toMatchObject({ link: 'online', items: SIGNALS - 1, failedItems: 3 });
  expect(state.detail).toMatch(/3 signals cannot be watched/);
  expect(failed).toEqual([
    { path: 'V321', reason: 'BadInternalError' },
    { path: 'Elsewhere', reason: 'the server has no namespace "urn:not:here"' },
    { path: 'Ghost', reason: 'the server has no such variable, or does not let it be read' },
  ]);
  // The one that cannot be watched is Bad, with the server's code.
  expect(sink.of('V321')).toMatchObject([{ value: null, statusCode: StatusCodes.BadInternalError.value }]);
});

test('a server that promises other languages and refuses to speak them is read in English', async () => {
  const server = await harness.server({ build: (test) => void test.double('Flow', 1) });
  server.refuseSecondActivation();
  const sink = new MemorySink();
  const source = await harness.source(server, sink);
  await sink.until(() => sink.values('Flow').length > 0, 'a value', 30_000);
  expect(source.state()).toMatchObject({ link: 'online', items: 1 });
});

test('a limit that lies: requests are halved until they fit', async () => {
  const all = names(300);
  const server = await harness.server({
    limits: { monitoredItemsPerCall: 120 },
    build: (test) => {
      for (const name of all) test.double(name, 1);
    },
  });
  // What the server says and what it does are two things.
  const limit = server.space.findNode('i=11714') as UAVariable;
  limit.bindVariable({ get: () => new Variant({ dataType: DataType.UInt32, value: 1000 }) }, true);
  const sizes: number[] = [];
  server.server.on('request', (request) => {
    const { itemsToCreate } = request as unknown as { itemsToCreate?: readonly unknown[] };
    if (itemsToCreate) sizes.push(itemsToCreate.length);
  });
  const sink = new MemorySink();
  const source = await harness.source(server, sink);
  await sink.until(() => new Set(sink.rows.map(({ path }) => path)).size === 300, 'all values', 60_000);
  expect(source.state()).toMatchObject({ items: 300, failedItems: 0 });
  // The last one is the item for events.
  expect(sizes).toEqual([300, 150, 75, 75, 150, 75, 75, 1]);
});

test('a silent server is found, and values come again once it speaks', async (context) => {
  const server = await harness.server({
    build: (test) => {
      test.double('Flow', 1);
    },
  });
  const proxy = await TcpProxy.to(server.port);
  try {
    const sink = new MemorySink();
    await harness.source({ endpoint: proxy.endpoint, sha256: server.sha256 }, sink, {
      opcua: { connectTimeoutMs: 2_000 },
    });
    await sink.until(() => sink.rows.length > 0, 'first value');
    const frozenAt = performance.now();
    proxy.freeze();
    await sink.until(() => sink.links.includes('silent'), 'the silence was found');
    const foundMs = performance.now() - frozenAt;
    server.set('Flow', 2);
    const thawedAt = performance.now();
    proxy.thaw();
    await sink.until(() => sink.values('Flow').at(-1) === 2, 'a value after the silence');
    const backMs = performance.now() - thawedAt;
    expect(sink.values('Flow')).toEqual([1, 2]);
    expectInTime(context, foundMs, 8_000);
    expectInTime(context, backMs, 15_000);
  } finally {
    await proxy.close();
  }
});

test('another certificate than the confirmed one is refused, in words', async () => {
  const build = (test: TestServer): void => {
    test.double('Flow', 1);
  };
  const first = await harness.server({ build });
  const sink = new MemorySink();
  const source = await harness.source(first, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  const { port } = first;
  await first.crash();
  const second = await harness.server({ build, port, pkiDir: join(harness.folder, 'other-pki') });
  await sink.until(() => sink.links.includes('refused'), 'refused');
  expect(source.state()).toMatchObject({ link: 'refused', items: 0 });
  expect(source.state().detail).toMatch(/another certificate.*npm run edge -- trust/s);
  expect(source.state().problem).toEqual({ code: 'CERTIFICATE_CHANGED', endpoint: second.endpoint });
  expect(second.sessions).toBe(0);
});

test('a certificate that nobody confirmed is never accepted', async () => {
  const server = await harness.server({
    build: (test) => {
      test.double('Flow', 1);
    },
  });
  const sink = new MemorySink();
  const source = await harness.source(server, sink, {
    endpoint: { serverCertificateSha256: undefined },
  });
  await sink.until(() => sink.links.includes('refused'), 'refused');
  expect(source.link).toMatchObject({ kind: 'refused', failure: { code: 'UNTRUSTED' } });
  expect(server.sessions).toBe(0);
});

test('a wrong password and a full server are told apart', async () => {
  const passwordFile = join(harness.folder, 'password');
  await writeFile(passwordFile, 'wrong\n');
  const server = await harness.server({
    users: { ada: 'right' },
    build: (test) => {
      test.double('Flow', 1);
    },
  });
  const sink = new MemorySink();
  const source = await harness.source(server, sink, { endpoint: { username: 'ada', passwordFile } });
  await sink.until(() => sink.links.includes('refused'), 'refused');
  expect(source.state().detail).toMatch(/does not accept the login/);

  const full = await harness.server({
    maxSessions: 1,
    pkiDir: join(harness.folder, 'full-pki'),
    build: (test) => {
      test.double('Flow', 1);
    },
  });
  const first = new MemorySink();
  await harness.source(full, first);
  await first.until(() => first.rows.length > 0, 'the first client');
  const other = new MemorySink();
  const waiting = await harness.source(full, other);
  await other.until(() => other.links.includes('offline'), 'offline');
  expect(waiting.link).toMatchObject({ failure: { code: 'BadTooManySessions' } });
  expect(waiting.state().detail).toMatch(/no session left/);
});
