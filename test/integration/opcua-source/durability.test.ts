/** Acknowledgement after the write, take-over, gaps in the numbering: nothing lost silently, nothing twice. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Subscription } from 'node-opcua';
import { Harness } from './harness.ts';
import type { TestServer } from './machine-server.ts';
import { MemorySink } from './memory-sink.ts';
import { TcpProxy } from './tcp-proxy.ts';

let harness: Harness;
const proxies: TcpProxy[] = [];
beforeEach(async () => {
  harness = await Harness.make();
});
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
  await harness.close();
});

const build = (test: TestServer): void => {
  test.double('Flow', 0);
};

async function proxyTo(server: TestServer): Promise<TcpProxy> {
  const proxy = await TcpProxy.to(server.port);
  proxies.push(proxy);
  return proxy;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_none, i) => from + i);

function subscriptionOf(server: TestServer): Subscription {
  const [subscription] = server.allSubscriptions;
  if (!subscription) throw new Error('no subscription');
  return subscription;
}

const unacknowledged = (server: TestServer): number =>
  subscriptionOf(server).getAvailableSequenceNumbers().length;

test('a notification is acknowledged only after it is durable', async () => {
  const server = await harness.server({ build });
  const sink = new MemorySink();
  await harness.source(server, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  let release: () => void = () => undefined;
  const disk = new Promise<void>((resolve) => {
    release = resolve;
  });
  sink.gate = () => disk;
  // Until several notifications wait at the server, none of them acknowledged.
  let last = 0;
  while (last < 30 || unacknowledged(server) < 2) {
    server.set('Flow', (last += 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const rowsBefore = sink.rows.length;
  expect(rowsBefore).toBe(1);
  release();
  await sink.until(() => sink.values('Flow').at(-1) === last, 'last value');
  expect(sink.values('Flow')).toEqual(range(0, last));
  await expect.poll(() => unacknowledged(server), { timeout: 5_000 }).toBe(0);
});

test('a new process takes over what the old one left: 0 gaps, 0 doubles', async () => {
  const server = await harness.server({ build });
  const sink = new MemorySink();
  let next = 1;
  let produce: NodeJS.Timeout | undefined;
  try {
    for (let restart = 0; restart < 4; restart += 1) {
      const proxy = await proxyTo(server);
      const source = await harness.source({ endpoint: proxy.endpoint, sha256: server.sha256 }, sink);
      await sink.until(() => sink.rows.length > 0, 'first value');
      produce ??= setInterval(() => server.set('Flow', next++), 5);
      const before = sink.rows.length;
      await sink.until(() => sink.rows.length > before + 100, 'values');
      // As after kill -9: responses on their way are lost, nothing more is acknowledged, no goodbye is said.
      proxy.cut();
      await source.stop('keep');
    }
  } finally {
    clearInterval(produce);
  }
  const source = await harness.source(server, sink);
  const last = next - 1;
  await sink.until(() => sink.values('Flow').at(-1) === last, 'last value');
  expect(sink.values('Flow')).toEqual(range(0, last));
  expect(sink.gaps).toEqual([]);
  expect(server.subscriptions).toBe(1);
  await source.stop('remove');
  await expect.poll(() => server.subscriptions, { timeout: 10_000 }).toBe(0);
});

/** A subscription that a process left at the server when it died. */
async function leftBehind(sink: MemorySink): Promise<TestServer> {
  const server = await harness.server({ build });
  const proxy = await proxyTo(server);
  const source = await harness.source({ endpoint: proxy.endpoint, sha256: server.sha256 }, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  proxy.cut();
  await source.stop('keep');
  expect(server.subscriptions).toBe(1);
  return server;
}

const PHASES = ['connecting', 'browsing', 'subscribing', 'online'];

test.for(PHASES)(
  'a machine that is removed while its connection is %s leaves no subscription at the server',
  async (phase) => {
    const sink = new MemorySink();
    const server = await leftBehind(sink);
    const source = await harness.source(server, sink);
    const reached = (): number => PHASES.indexOf(source.link.kind);
    await expect
      .poll(reached, { interval: 1, timeout: 10_000 })
      .toBeGreaterThanOrEqual(PHASES.indexOf(phase));
    await source.stop('remove');
    expect(server.subscriptions).toBe(0);
  },
);

test('a machine that is removed while its cable is out leaves no subscription once it can be reached', async () => {
  const server = await harness.server({ build });
  const proxy = await proxyTo(server);
  const sink = new MemorySink();
  const source = await harness.source({ endpoint: proxy.endpoint, sha256: server.sha256 }, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  proxy.refusing = true;
  proxy.cut();
  await expect.poll(() => source.link.kind, { interval: 1, timeout: 10_000 }).toBe('recovering');
  proxy.refusing = false;
  await source.stop('remove');
  expect(server.subscriptions).toBe(0);
});

test('a cut cable in one process: taken over, and the signals that stood still are good again', async () => {
  const server = await harness.server({
    build: (test) => {
      build(test);
      test.double('Still', 5);
    },
  });
  const proxy = await proxyTo(server);
  const sink = new MemorySink();
  await harness.source({ endpoint: proxy.endpoint, sha256: server.sha256 }, sink);
  await sink.until(() => sink.rows.length >= 2, 'first values');
  server.set('Flow', 1);
  await sink.until(() => sink.values('Flow').at(-1) === 1, 'a value');
  proxy.refusing = true;
  proxy.cut();
  await sink.until(() => sink.links.includes('offline'), 'offline');
  for (const value of range(2, 50)) server.set('Flow', value);
  proxy.refusing = false;
  await sink.until(() => sink.values('Flow').at(-1) === 50 && sink.of('Still').length === 2, 'all of it');
  expect(sink.values('Flow')).toEqual(range(0, 50));
  expect(sink.of('Still').map(({ value, origin }) => [value, origin])).toEqual([
    [5, 'refresh'],
    [5, 'refresh'],
  ]);
  expect(sink.gaps).toEqual([]);
});

test('a server that answers Republish with Good and nothing is asked a bounded number of times', async () => {
  const server = await harness.server({ build });
  const sink = new MemorySink();
  await harness.source(server, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  server.set('Flow', 1);
  await sink.until(() => sink.values('Flow').at(-1) === 1, 'second value');
  let asked = 0;
  const subscription = subscriptionOf(server);
  subscription.getMessageForSequenceNumber = () => {
    asked += 1;
    return { sequenceNumber: 0, publishTime: new Date(), notificationData: [] } as never;
  };
  const numbers = subscription as unknown as { _get_next_sequence_number(): number };
  for (let i = 0; i < 5; i += 1) numbers._get_next_sequence_number();
  server.set('Flow', 2);
  await sink.until(
    () => sink.values('Flow').at(-1) === 2 && sink.gaps.length > 0,
    'the value after the hole',
  );
  for (const value of range(3, 20)) server.set('Flow', value);
  await sink.until(() => sink.values('Flow').at(-1) === 20, 'later values');
  expect(asked).toBeLessThanOrEqual(5);
  expect(sink.gaps).toMatchObject([{ machineId: 'pump-01', cause: 'notification-lost' }]);
  expect(sink.values('Flow')).toEqual(range(0, 20));
});

test('what a disk lost that had lied is declared, from its first value on, also when more can be had again', async () => {
  const server = await harness.server({ build });
  const proxy = await proxyTo(server);
  const sink = new MemorySink();
  const first = await harness.source({ endpoint: proxy.endpoint, sha256: server.sha256 }, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  for (const value of range(1, 12)) {
    server.set('Flow', value);
    await sink.until(() => sink.values('Flow').at(-1) === value, 'each value');
  }
  await expect.poll(() => unacknowledged(server), { timeout: 5_000 }).toBe(0);
  proxy.cut();
  await first.stop('keep');
  const lost = sink.loseNewest(5);
  for (const value of range(13, 15)) server.set('Flow', value);
  await harness.source(server, sink);
  await sink.until(() => sink.values('Flow').at(-1) === 15 && sink.gaps.length > 0, 'the gap record');
  expect(lost.map(({ value }) => value)).toEqual(range(8, 12));
  expect(sink.values('Flow')).toEqual([...range(0, 7), ...range(13, 15)]);
  for (const { timeNs } of lost)
    expect(sink.gaps.some(({ from, to }) => from <= timeNs && timeNs <= to)).toBe(true);
});

test('values that the server dropped from a full queue become a gap record', async () => {
  const server = await harness.server({ build });
  const sink = new MemorySink();
  await harness.source(server, sink, {
    machine: { monitoring: { publishingIntervalMs: 200, queueSize: 10 } },
  });
  await sink.until(() => sink.rows.length > 0, 'first value');
  for (const value of range(1, 100)) server.set('Flow', value);
  await sink.until(() => sink.values('Flow').at(-1) === 100, 'last value');
  await sink.until(() => sink.gaps.length > 0, 'the gap record');
  expect(sink.gaps).toMatchObject([{ machineId: 'pump-01', path: 'Flow', cause: 'queue-overflow' }]);
  const overflow = sink.of('Flow').find(({ statusCode }) => (statusCode & 0x0c80) === 0x0480);
  expect(overflow?.value).toBe(91);
});
