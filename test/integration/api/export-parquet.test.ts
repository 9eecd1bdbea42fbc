import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Problem } from '#contracts/problems.ts';
import { msToNs } from '#domain/time.ts';
import { writeParquetFile } from '../../../services/historian/embedded/parquet-export.ts';
import { ApiFixture } from '../../support/api-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const T0 = msToNs(Date.parse('2026-11-22T06:00:00Z'));
const RANGE = 'from=2026-11-22T05:00:00Z&to=2026-11-22T07:00:00Z';

let api: ApiFixture;
beforeEach(async () => {
  api = await ApiFixture.inMemory().start({ writeParquet: writeParquetFile });
});
afterEach(() => api.stop());

async function readBack(response: Response): Promise<unknown[]> {
  const file = path.join(temporaryFolder('parquet'), 'got.parquet');
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT signal, epoch_ns("sourceTimestamp") AS ns, value, int::VARCHAR, text, base64(bytes), "statusCode" FROM '${file}'`,
  );
  const rows = reader.getRows();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

test('every sample is in the file, to the nanosecond and the last bit, whatever its type', async () => {
  const [a = 0, b = 0] = await api.addMachine('pump-01', ['A', 'B']);
  await api.put('pump-01', [
    { no: a, t: T0 + 1n, value: 0.1 },
    { no: a, t: T0 + 2n, value: null, statusCode: 0x80310000 },
    { no: a, t: T0 + 3n, value: 2n ** 63n - 1n },
    { no: a, t: T0 + 4n, value: 7n },
    { no: b, t: T0 + 5n, value: true },
    { no: b, t: T0 + 6n, value: 'Привет "x"\n' },
    { no: b, t: T0 + 7n, value: { json: '[1]' } },
    { no: b, t: T0 + 8n, value: Uint8Array.of(1, 2) },
  ]);
  const response = await api.get(
    `/api/v1/export?signal=brest/pump-01/A&signal=brest/pump-01/B&${RANGE}&format=parquet`,
  );
  expect(response.headers.get('content-disposition')).toContain('samples.parquet');
  expect(await readBack(response)).toEqual([
    ['brest/pump-01/A', T0 + 1n, 0.1, null, null, null, 0],
    ['brest/pump-01/A', T0 + 2n, null, null, null, null, 0x80310000],
    ['brest/pump-01/A', T0 + 3n, 2 ** 63, '9223372036854775807', null, null, 0],
    ['brest/pump-01/A', T0 + 4n, 7, null, null, null, 0],
    ['brest/pump-01/B', T0 + 5n, 1, null, null, null, 0],
    ['brest/pump-01/B', T0 + 6n, null, null, 'Привет "x"\n', null, 0],
    ['brest/pump-01/B', T0 + 7n, null, null, '[1]', null, 0],
    ['brest/pump-01/B', T0 + 8n, null, null, null, 'AQI=', 0],
  ]);
});

test('an empty range is a file without rows', async () => {
  await api.addMachine('pump-01', ['A']);
  const response = await api.get(`/api/v1/export?signal=brest/pump-01/A&${RANGE}&format=parquet`);
  expect(await readBack(response)).toEqual([]);
});

test('a store that fails half way is a problem, not half a file, and the next export works', async () => {
  const [a = 0] = await api.addMachine('pump-01', ['A']);
  await api.put('pump-01', [{ no: a, t: T0, value: 1 }]);
  const address = `/api/v1/export?signal=brest/pump-01/A&${RANGE}&format=parquet`;
  api.store.problem = 'the disk is gone';
  const refused = await api.get(address);
  expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([503, 'STORE_UNAVAILABLE']);
  api.store.problem = undefined;
  expect(await readBack(await api.get(address))).toHaveLength(1);
});

test('a server without a writer says that it offers CSV only', async () => {
  const plain = await ApiFixture.inMemory().start();
  try {
    await plain.addMachine('pump-01', ['A']);
    const response = await plain.get(`/api/v1/export?signal=brest/pump-01/A&${RANGE}&format=parquet`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as Problem).detail).toBe('This server offers CSV only.');
  } finally {
    await plain.stop();
  }
});

test('an export that nobody reads leaves the other queries their places, and ends after a while', async () => {
  const slow = await ApiFixture.inMemory().start({ maxQueries: 1, maxExports: 1, stalledExportMs: 300 });
  try {
    const [long = 0, short = 0] = await slow.addMachine('pump-01', ['Long', 'Short']);
    // More than the sockets' buffers take: 60 MB.
    const value = 'x'.repeat(10_000);
    const rows = Array.from({ length: 6_000 }, (_, i) => ({ no: long, t: T0 + BigInt(i), value }));
    await slow.put('pump-01', [...rows, { no: short, t: T0, value: 7 }]);
    const asked = vi.spyOn(slow.store, 'samples');
    const stalled = connect(slow.port, '127.0.0.1');
    stalled.on('error', () => undefined);
    stalled.write(
      `GET /api/v1/export?signal=brest/pump-01/Long&${RANGE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    );
    await expect.poll(() => asked.mock.calls.length, { timeout: 10_000 }).toBe(1);
    const query = await slow.get(`/api/v1/samples?signal=brest/pump-01/Short&${RANGE}`);
    expect(query.status).toBe(200);
    // It has to wait until the first one was ended.
    const next = await slow.get(`/api/v1/export?signal=brest/pump-01/Short&${RANGE}`);
    expect(await next.text()).toContain('pump-01/Short,2026-11-22T06:00:00.000Z,7,0');
    const closed = once(stalled, 'close');
    stalled.resume();
    await closed;
  } finally {
    await slow.stop();
  }
});
