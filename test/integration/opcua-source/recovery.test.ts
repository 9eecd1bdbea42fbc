import { afterEach, beforeEach, expect, test } from 'vitest';
import { Harness } from './harness.ts';
import { MACHINE_URI, OTHER_URI, type TestServer } from './machine-server.ts';
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
