/** Connections lost again and again: one session held, one subscription, nothing left behind on either side. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Harness } from './harness.ts';
import type { TestServer } from './machine-server.ts';
import { MemorySink } from './memory-sink.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** 1,000 with OPCUA_RECONNECTS=1000 (about five minutes, ten at most). */
const RECONNECTS = Number(process.env['OPCUA_RECONNECTS'] ?? 25);

/** A machine that is too busy gives its figures for as many as it could. */
const MOST_MS = RECONNECTS > 25 ? 640_000 : 370_000;

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.make();
});
afterEach(async () => {
  await harness.close();
});

interface Fault {
  readonly name: string;
  readonly strike: (server: TestServer, proxy: TcpProxy) => void;
}

/** In turn; each leaves the agent without its connection, its session, or its subscription. */
const FAULTS: readonly Fault[] = [
  { name: 'connection cut', strike: (_server, proxy) => proxy.cut() },
  {
    name: 'session dropped',
    strike: (server, proxy) => {
      server.dropSessions();
      proxy.cut();
    },
  },
  { name: 'connection cut', strike: (_server, proxy) => proxy.cut() },
  {
    name: 'subscription ended',
    strike: (server) => {
      for (const subscription of server.allSubscriptions) subscription.terminate();
    },
  },
  { name: 'session dropped under the connection', strike: (server) => server.dropSessions() },
];

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

test(`${RECONNECTS} reconnects leave nothing behind`, { timeout: MOST_MS + 25_000 }, async () => {
  const server = await harness.server({ build: (test) => void test.double('Flow', 0) });
  const proxy = await TcpProxy.to(server.port);
  const sink = new MemorySink();
  // The pace of a recovery is another test's matter: it would make this one take a quarter of an hour.
  await harness.source({ endpoint: proxy.endpoint, sha256: server.sha256 }, sink, {
    opcua: { maxRecoveryRequestsPerS: 1_000 },
  });
  await sink.until(() => sink.rows.length > 0, 'first value');
  let mostSessions = 0;
  server.server.on('create_session', () => {
    mostSessions = Math.max(mostSessions, server.sessions);
  });
  const socketsBefore = sockets();
  let settledHeap = 0;
  const tookMs: number[] = [];
  const startedAt = performance.now();
  for (let i = 1; i <= RECONNECTS && performance.now() - startedAt < MOST_MS; i += 1) {
    const links = sink.links.length;
    const at = performance.now();
    FAULTS[i % FAULTS.length]?.strike(server, proxy);
    await sink.until(() => sink.links.length > links && sink.links.at(-1) === 'online', `online after ${i}`);
    server.set('Flow', i);
    await sink.until(() => sink.values('Flow').at(-1) === i, `value ${i}`);
    tookMs.push(performance.now() - at);
    if (i === Math.floor(RECONNECTS / 2)) settledHeap = process.memoryUsage().heapUsed;
  }
  tookMs.sort((a, b) => a - b);
  const figures = {
    reconnects: tookMs.length,
    p50Ms: Math.round(tookMs[Math.floor(tookMs.length / 2)] ?? 0),
    worstMs: Math.round(tookMs.at(-1) ?? 0),
    mostSessions,
    sessions: server.sessions,
    subscriptions: server.subscriptions,
    channels: server.server.currentChannelCount,
    sockets: sockets() - socketsBefore,
    heapGrowthMb: Math.round((process.memoryUsage().heapUsed - settledHeap) / 1e5) / 10,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  await proxy.close();
  expect(figures).toMatchObject({ reconnects: RECONNECTS, mostSessions: 1, sessions: 1, subscriptions: 1 });
  expect(figures.channels).toBeLessThanOrEqual(1);
  expect(figures.sockets).toBeLessThanOrEqual(2);
});
