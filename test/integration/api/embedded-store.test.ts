import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditRoute } from '#contracts/api/audit.ts';
import { latestRoute, samplesRoute } from '#contracts/api/samples.ts';
import { msToNs, nsToIso } from '#domain/time.ts';
import {
  createEmbeddedStore,
  type EmbeddedStore,
} from '../../../services/historian/embedded/embedded-store.ts';
import { ApiFixture, STREAM } from '../../support/api-fixture.ts';
import { LiveClient } from '../../support/live-client.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const SECOND = 1_000_000_000n;
const START = msToNs(Math.floor(Date.now() / 120_000) * 120_000) - 7_200n * SECOND;
const ROWS = 7_200;

const folder = makeTemporaryFolder('api-embedded');
let api: ApiFixture<EmbeddedStore>;
let numbers: readonly number[];
beforeAll(async () => {
  const store = createEmbeddedStore({ dir: folder });
  await store.start();
  api = await new ApiFixture(store).start();
  await store.openStream(STREAM);
  numbers = await api.addMachine('pump-01', ['Pressure', 'Mode', 'Counter']);
  const [pressure = 0, mode = 0, counter = 0] = numbers;
  await api.put(
    'pump-01',
    Array.from({ length: ROWS }, (_, i) => ({ no: pressure, t: START + BigInt(i) * SECOND, value: i })),
  );
  await api.put('pump-01', [
    { no: mode, t: START + 100n, value: 'auto "1"' },
    { no: counter, t: START + 1n, value: 2n ** 63n },
    { no: mode, t: START + SECOND, value: null, statusCode: 0x80310000 },
  ]);
});
afterAll(async () => {
  await api.stop();
  await api.store.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function json(path: string): Promise<unknown> {
  const response = await api.get(path);
  expect(response.status).toBe(200);
  return response.json();
}

describe('over the embedded historian', () => {
  test('latest values are those last written', async () => {
    const { items } = latestRoute.response.parse(await json('/api/v1/latest?machine=brest/pump-01'));
    expect(items.map(({ signal, value }) => [signal, value])).toEqual([
      ['brest/pump-01/Pressure', ROWS - 1],
      ['brest/pump-01/Mode', null],
      ['brest/pump-01/Counter', '9223372036854775808'],
    ]);
  });

  test('raw samples keep value, status and every digit of time', async () => {
    const range = `from=${nsToIso(START)}&to=${nsToIso(START + 10n * SECOND)}`;
    const answer = samplesRoute.response.parse(
      await json(`/api/v1/samples?signal=brest/pump-01/Mode&signal=brest/pump-01/Pressure&${range}`),
    );
    expect(answer.items[0]).toMatchObject({
      mode: 'raw',
      samples: [
        { t: nsToIso(START + 100n), value: 'auto "1"', statusCode: 0 },
        { t: nsToIso(START + SECOND), value: null, statusCode: 0x80310000 },
      ],
    });
    expect(answer.items[1]).toMatchObject({ mode: 'raw', samples: { length: 10 } });
  });

  test('more samples than points come as buckets that hold all of them', async () => {
    const range = `from=${nsToIso(START)}&to=${nsToIso(START + 7_200n * SECOND)}`;
    const answer = samplesRoute.response.parse(
      await json(`/api/v1/samples?signal=brest/pump-01/Pressure&${range}&maxPoints=60`),
    );
    const [series] = answer.items;
    if (series?.mode !== 'buckets') throw new Error('expected buckets');
    expect(series.bucketMs).toBe(120_000);
    expect(series.buckets).toHaveLength(60);
    expect(series.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(ROWS);
    expect(series.buckets[1]).toMatchObject({
      t: nsToIso(START + 120n * SECOND),
      min: 120,
      max: 239,
      mean: 179.5,
    });
  });

  test('the books name the stream', async () => {
    const { items } = auditRoute.response.parse(await json('/api/v1/audit/streams'));
    expect(items).toMatchObject([{ ...STREAM, stored: ROWS + 3, cut: null, missing: [], unexplained: null }]);
  });

  test('what is written is live', async () => {
    const client = await LiveClient.open(api.port);
    client.send({ hello: 1 });
    client.send({ sub: 1, tags: ['brest/pump-01/Pressure'], rate: 20 });
    const [pressure = 0] = numbers;
    const snapshot = await client.until('the snapshot', () => client.frames.find(({ snap }) => snap));
    expect(snapshot).toMatchObject({ i: [pressure], v: [ROWS - 1] });
    await api.put('pump-01', [{ no: pressure, t: msToNs(Date.now()), value: -1.5 }]);
    await client.until('the value', () => client.frames.find(({ v }) => v[0] === -1.5));
    await client.close();
  });
});
