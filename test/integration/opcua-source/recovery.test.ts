import { afterEach, beforeEach, expect, test } from 'vitest';
import { nsToMs } from '#domain/time.ts';
import { expectInTime } from '../../support/timing-gate.ts';
import { Harness } from './harness.ts';
import { MACHINE_URI, OTHER_URI, ServerState, StatusCodes, type TestServer } from './machine-server.ts';
import { MemorySink } from './memory-sink.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.make();
});
afterEach(async () => {
  await harness.close();
});

test('a server that is killed and comes back delivers again, and the hole is declared', async () => {
  const build = {
    build: (test: TestServer): void => {
      test.double('Flow', 1);
    },
  };
  const first = await harness.server(build);
  const sink = new MemorySink();
  const source = await harness.source(first, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  const { port } = first;
  await first.crash();
  await sink.until(() => sink.links.includes('offline'), 'offline');
  expect(source.state().detail).toMatch(/./);
  const second = await harness.server({ ...build, port });
  await sink.until(() => sink.links.at(-1) === 'online', 'online again');
  second.set('Flow', 42);
  await sink.until(() => sink.values('Flow').includes(42), 'a value of the new server');
  expect(sink.gaps).toMatchObject([{ machineId: 'pump-01', cause: 'server-restarted' }]);
  expect(second.sessions).toBe(1);
  expect(second.subscriptions).toBe(1);
});

test('the hole of a server that tells late begins where its signals may lack values, not at its last sign of life', async () => {
  const build = {
    build: (test: TestServer): void => {
      test.double('Flow', 0);
      test.double('Level', 0);
    },
  };
  const server = await harness.server(build);
  const sink = new MemorySink();
  await harness.source(server, sink);
  await sink.until(() => sink.rows.length > 1, 'first values');
  const lateMs = Date.now() - 2_000;
  // Told before what the other signal had in between: a message that never came may have held it.
  server.set('Level', 1, StatusCodes.Good, new Date(lateMs - 700));
  server.set('Flow', 1, StatusCodes.Good, new Date(lateMs));
  await sink.until(() => sink.values('Flow').includes(1) && sink.values('Level').includes(1), 'late values');
  const alive = sink.aliveCount;
  await expect.poll(() => sink.aliveCount, { interval: 10, timeout: 5_000 }).toBeGreaterThan(alive + 2);
  const { port } = server;
  await server.crash();
  await sink.until(() => sink.links.includes('offline'), 'offline');
  await harness.server({ ...build, port });
  await sink.until(() => sink.gaps.length > 0, 'the gap record');
  expect(nsToMs(sink.gaps[0]?.from ?? 0n)).toBe(lateMs - 700);
});

test('namespace indexes that swap in a restart do not matter', async () => {
  const build = (test: TestServer): void => {
    test.double('Flow', 7);
  };
  const first = await harness.server({ namespaces: [MACHINE_URI, OTHER_URI], build });
  const sink = new MemorySink();
  const machine = { signals: [{ path: 'Flow', nodeId: `nsu=${MACHINE_URI};s=Flow` }] };
  await harness.source(first, sink, { machine });
  await sink.until(() => sink.values('Flow').includes(7), 'first value');
  const before = first.namespace().index;
  const { port } = first;
  await first.crash();
  const second = await harness.server({ port, namespaces: [OTHER_URI, MACHINE_URI], build });
  expect(second.namespace().index).not.toBe(before);
  await sink.until(() => sink.links.at(-1) === 'online' && sink.links.includes('offline'), 'online again');
  second.set('Flow', 8);
  await sink.until(() => sink.values('Flow').includes(8), 'a value under the new index');
});

test('a server that is still starting is waited for, in words', async () => {
  const server = await harness.server({ build: (test) => void test.double('Flow', 1) });
  server.setState(ServerState.Suspended);
  const sink = new MemorySink();
  const source = await harness.source(server, sink);
  await sink.until(() => sink.links.includes('offline'), 'offline');
  expect(source.state().detail).toMatch(/is suspended.*Wait until the server has started/s);
  server.setState(ServerState.Running);
  await sink.until(() => sink.rows.length > 0, 'first value');
});

test('signals whose nodes come only a while after a restart are named until then, and live when they are there', async () => {
  const first = await harness.server({
    build: (test) => {
      test.double('Flow', 1);
      test.double('Late', 1);
    },
  });
  const sink = new MemorySink();
  const source = await harness.source(first, sink);
  await sink.until(() => sink.rows.length === 2, 'first values');
  const { port } = first;
  await first.crash();
  const second = await harness.server({ port, build: (test) => void test.double('Flow', 2) });
  await sink.until(() => sink.values('Flow').includes(2), 'the one that is there');
  await expect
    .poll(() => source.state().failed, { timeout: 5_000 })
    .toEqual([{ path: 'Late', reason: 'BadNodeIdUnknown' }]);
  expect(sink.of('Late').at(-1)).toMatchObject({
    value: null,
    statusCode: StatusCodes.BadNodeIdUnknown.value,
  });
  second.double('Late', 3);
  await sink.until(() => sink.values('Late').includes(3), 'the late one');
  await expect.poll(() => source.state()).toMatchObject({ items: 2, failedItems: 0, failed: [] });
});

test('after a restart a server hears at most 20 requests in any second, and values come again within 10 s', async (context) => {
  const names = Array.from({ length: 240 }, (_none, i) => `V${i}`);
  const options = {
    limits: { monitoredItemsPerCall: 40, read: 60, browse: 60 },
    build: (test: TestServer): void => {
      for (const name of names) test.double(name, 1);
    },
  };
  const first = await harness.server(options);
  const sink = new MemorySink();
  await harness.source(first, sink);
  await sink.until(() => sink.rows.length === names.length, 'first values', 60_000);
  const { port } = first;
  await first.crash();
  await sink.until(() => sink.links.includes('offline'), 'offline');
  const second = await harness.server({ ...options, port });
  const backAt = performance.now();
  const at: number[] = [];
  second.server.on(
    'request',
    (request: { schema: { name: string }; requestHeader: { timestamp: Date | null } }) => {
      if (request.schema.name !== 'PublishRequest') at.push(request.requestHeader.timestamp?.getTime() ?? 0);
    },
  );
  const index = sink.rows.length;
  await sink.until(() => sink.rows.length >= index + names.length, 'all values again', 30_000);
  const recoveryMs = performance.now() - backAt;
  const busiest = Math.max(
    ...at.map((start) => at.filter((time) => time >= start && time < start + 1000).length),
  );
  process.stdout.write(
    `${names.length} signals in requests of 40 to 60: ${at.length} requests, at most ${busiest} in a second, all values ${Math.round(recoveryMs)} ms after the restart\n`,
  );
  expect(busiest).toBeLessThanOrEqual(20);
  expectInTime(context, recoveryMs, 10_000);
});
