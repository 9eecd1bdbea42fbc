/** What is done about a loss, rung by rung, with the agent's real journal: history, resend, read, gap record. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nsToMs } from '#domain/time.ts';
import { Harness } from './harness.ts';
import { JournalSink } from './journal-sink.ts';
import type { TestServer } from './machine-server.ts';

let harness: Harness;
let sink: JournalSink;
beforeEach(async () => {
  harness = await Harness.make();
  sink = await JournalSink.open(harness.folder);
});
afterEach(async () => {
  await harness.close();
  await sink.close();
});

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_none, i) => from + i);

/** Each value a tick of its own, so that times tell the order. */
class Producer {
  readonly #server: TestServer;
  #atMs = Date.now() + 1_000;
  next = 1;

  constructor(server: TestServer) {
    this.#server = server;
  }

  produce(count: number, name = 'Flow'): void {
    for (let i = 0; i < count; i += 1)
      this.#server.set(name, this.next++, undefined, new Date((this.#atMs += 1)));
  }
}

/** The agent's process is gone, and the server has given its subscription up meanwhile. */
async function restartWithoutSubscription(
  server: TestServer,
  stop: () => Promise<void>,
  meanwhile: () => void,
): Promise<void> {
  await stop();
  meanwhile();
  for (const subscription of server.allSubscriptions) subscription.terminate();
  await sink.close();
  sink = await JournalSink.open(harness.folder);
}

test('a hole is filled from the server’s history: nothing lost, nothing twice, nothing to declare', async () => {
  const server = await harness.server({
    build: (test) => {
      for (const name of ['Flow', 'Still']) test.historize(test.double(name, 0), 5_000);
    },
  });
  const producer = new Producer(server);
  let source = await harness.source(server, sink.pipeline);
  await sink.until(() => sink.own('Flow').length === 1 && sink.own('Still').length === 1, 'first values');
  producer.produce(50);
  await sink.until(() => sink.own('Flow').length === 51, 'live values');
  await restartWithoutSubscription(
    server,
    () => source.stop('keep'),
    () => producer.produce(2_500),
  );
  source = await harness.source(server, sink.pipeline);
  await sink.until(() => sink.own('Flow').length === 2_551, 'the hole filled');
  producer.produce(10);
  await sink.until(() => sink.own('Flow').length === 2_561, 'live values again');
  expect(sink.byTime('Flow')).toEqual(range(0, 2_560));
  expect(sink.own('Still')).toHaveLength(1);
  expect(sink.gaps).toEqual([]);
});

test('a history that began after the last known value heals nothing it cannot prove', async () => {
  const server = await harness.server({
    build: (test) => {
      test.historize(test.double('Flow', 0), 20);
      test.double('Unrecorded', 0);
    },
  });
  const producer = new Producer(server);
  const source = await harness.source(server, sink.pipeline);
  await sink.until(() => sink.rows.length === 2, 'first values');
  producer.produce(5);
  await sink.until(() => sink.own('Flow').length === 6, 'live values');
  const last = sink.own('Flow').at(-1)?.timeNs;
  // The server keeps the last 20 only.
  await restartWithoutSubscription(
    server,
    () => source.stop('keep'),
    () => producer.produce(100),
  );
  await harness.source(server, sink.pipeline);
  await sink.until(() => sink.gaps.length > 0, 'the gap record');
  expect(sink.gaps).toMatchObject([{ path: 'Flow', fromNs: last, cause: 'subscription-expired' }]);
  expect(sink.byTime('Flow').slice(-20)).toEqual(range(86, 105));
});

test('without a history the gap begins at the last journaled sample', async () => {
  const server = await harness.server({ build: (test) => void test.double('Flow', 0) });
  let source = await harness.source(server, sink.pipeline);
  await sink.until(() => sink.own('Flow').length === 1, 'first value');
  // Longer than the first sign of life that was saved, which says nothing of the values since.
  await new Promise((resolve) => setTimeout(resolve, 700));
  server.set('Flow', 1);
  await sink.until(() => sink.own('Flow').length === 2, 'a value');
  const lastMs = nsToMs(sink.own('Flow').at(-1)?.timeNs ?? 0n);
  await restartWithoutSubscription(
    server,
    () => source.stop('keep'),
    () => server.set('Flow', 2),
  );
  source = await harness.source(server, sink.pipeline);
  await sink.until(() => sink.gaps.length > 0 && sink.own('Flow').length === 3, 'the gap record');
  expect(nsToMs(sink.gaps[0]?.fromNs ?? 0n)).toBe(lastMs);
  expect(sink.gaps).toMatchObject([{ path: undefined, cause: 'subscription-expired' }]);
});

test.for([
  { name: 'ResendData', hasResend: true },
  { name: 'reading, where the server knows no ResendData', hasResend: false },
])('the last change of a signal that then stands still is fetched by $name', async ({ hasResend }) => {
  const server = await harness.server({
    build: (test) => {
      test.double('Still', 0);
      test.double('Flow', 0);
    },
  });
  if (!hasResend) server.refuseResendData();
  await harness.source(server, sink.pipeline);
  await sink.until(() => sink.rows.length === 2, 'first values');
  const at = (ms: number): Date => new Date(Date.now() + ms);
  server.loseNotification(() => server.set('Still', 7, undefined, at(0)));
  server.set('Flow', 1, undefined, at(10));
  await sink.until(() => sink.own('Still').length === 2, 'the value of the lost notification');
  for (const value of range(2, 30)) server.set('Flow', value, undefined, at(10 + value));
  await sink.until(() => sink.own('Flow').at(-1)?.value === 30, 'later values');
  expect(sink.own('Still').map(({ value }) => value)).toEqual([0, 7]);
  expect(sink.byTime('Flow')).toEqual(range(0, 30));
  expect(sink.gaps).toMatchObject([{ cause: 'notification-lost' }]);
});
