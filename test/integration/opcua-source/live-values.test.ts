import { afterEach, beforeEach, expect, test } from 'vitest';
import { Harness } from './harness.ts';
import { MemorySink } from './memory-sink.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.make();
});
afterEach(async () => {
  await harness.close();
});

test('values of a secured server arrive in order, each once', async () => {
  const server = await harness.server({ build: (test) => void test.double('Flow', 1) });
  const sink = new MemorySink();
  const source = await harness.source(server, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  expect(source.state()).toMatchObject({ link: 'online', items: 1, failedItems: 0 });
  const sent = Array.from({ length: 200 }, (_none, i) => i + 2);
  for (const value of sent) server.set('Flow', value);
  await sink.until(() => sink.values('Flow').at(-1) === 201, 'last value');
  expect(sink.values('Flow')).toEqual([1, ...sent]);
  expect(sink.links).toEqual(['online']);
  expect(sink.gaps).toEqual([]);
});
