/** What the embedded store counts when it reads itself back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { embeddedHistorianSchema } from '#contracts/config/historian.ts';
import type { ReadBack, StreamKey } from '#domain/sample-store.ts';
import { EmbeddedStore } from '../../../services/historian/embedded/embedded-store.ts';
import { SECOND, STREAM, T0, T0_MS, catalogueOf, samplesRecord } from './records.ts';

let dir: string;
let store: EmbeddedStore;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'read-back-'));
  await open();
});

afterEach(async () => {
  await store.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function open(): Promise<void> {
  store = new EmbeddedStore({ dir, config: embeddedHistorianSchema.parse({ retentionDays: 30 }) });
  await store.start();
}

const NEWER: StreamKey = { ...STREAM, epoch: '00000000000000b2' };
const OTHER: StreamKey = { agent: 'brest/edge-2', epoch: '00000000000000c3' };

/** `count` samples in each record `from..to` of the first signal of a machine. */
async function append(
  machine: 'brest/m-1' | 'brest/m-2',
  stream: StreamKey,
  [from, to]: [number, number],
  count: number,
): Promise<void> {
  const [signal = 0] = await store.putCatalogue(catalogueOf(['Flow'], machine));
  await store.openStream(stream);
  for (let sequence = from; sequence <= to; sequence += 1) {
    const samples = Array.from({ length: count }, (_, i) => ({
      signal,
      time: T0 + BigInt(sequence * 100 + i) * SECOND,
      value: i,
    }));
    await store.append([samplesRecord(sequence, samples, { stream })]);
  }
}

const figures = (found: readonly ReadBack[]): (string | number)[][] =>
  found.map(({ streams, stored, samples, expired }) => [
    streams.map(({ epoch }) => epoch.slice(-2)).join('+'),
    stored,
    samples,
    expired,
  ]);

it('counts each stream in log and sealed files, duplicates once, through restarts and retention', async () => {
  await append('brest/m-1', STREAM, [1, 4], 3);
  await append('brest/m-1', STREAM, [3, 4], 3);
  await append('brest/m-2', OTHER, [1, 2], 5);
  await store.maintain(T0_MS);
  await append('brest/m-1', NEWER, [1, 3], 2);
  await append('brest/m-1', STREAM, [5, 5], 3);
  const expected = [
    ['a1', 15, 15, 0],
    ['c3', 10, 10, 0],
    ['b2', 6, 6, 0],
  ];
  expect(figures(await store.readBack())).toEqual(expected);
  await store.stop();
  await open();
  expect(figures(await store.readBack())).toEqual(expected);
  await store.maintain(T0_MS + 40 * 86_400_000);
  expect(figures(await store.readBack())).toEqual([
    ['a1', 15, 0, 15],
    ['c3', 10, 0, 10],
    ['b2', 6, 0, 6],
  ]);
});

it('tells together what its rows cannot tell apart: a machine that changed its agent', async () => {
  await append('brest/m-1', STREAM, [1, 2], 3);
  await append('brest/m-1', OTHER, [1, 1], 4);
  await append('brest/m-2', NEWER, [1, 1], 1);
  expect(figures(await store.readBack())).toEqual([
    ['c3+a1', 10, 10, 0],
    ['b2', 1, 1, 0],
  ]);
});

it('finds a row that is gone, and a record that is there twice', async () => {
  await append('brest/m-1', STREAM, [1, 4], 3);
  await append('brest/m-1', NEWER, [1, 2], 2);
  await store.stop();
  const db = new DatabaseSync(join(dir, 'historian.sqlite'));
  db.exec('DELETE FROM log WHERE stream_no = 1 AND sequence = 2');
  db.exec(
    'INSERT INTO log SELECT 99, stream_no, 77, checksum, samples, body FROM log WHERE stream_no = 2 AND sequence = 1',
  );
  db.close();
  await open();
  expect(figures(await store.readBack())).toEqual([
    ['a1', 12, 9, 0],
    ['b2', 4, 6, 0],
  ]);
});
