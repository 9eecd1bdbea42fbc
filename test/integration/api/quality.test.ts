import { afterEach, beforeEach, expect, test } from 'vitest';
import { qualityRoute, type QualityView } from '#contracts/api/quality.ts';
import { isoToNs, nsToIso } from '#domain/time.ts';
import { ApiFixture, STREAM } from '../../support/api-fixture.ts';

const T0 = isoToNs('2026-11-22T06:00:00.000Z') ?? 0n;
const SECOND = 1_000_000_000n;
const BAD = 0x80310000;

let api: ApiFixture;
beforeEach(async () => {
  api = await ApiFixture.inMemory().start();
});
afterEach(() => api.stop());

/** Of two minutes: slices of a second. */
async function quality(query = ''): Promise<QualityView> {
  const range = `from=${nsToIso(T0)}&to=${nsToIso(T0 + 120n * SECOND)}`;
  const response = await api.get(`/api/v1/machines/brest/pump-01/quality?${range}${query}`);
  expect(response.status).toBe(200);
  return qualityRoute.response.strict().parse(await response.json());
}

test('tells of each signal how long it was good, bad, missing or not known', async () => {
  const [a = 0, b = 0, c = 0] = await api.addMachine('pump-01', ['A', 'B', 'C']);
  await api.put('pump-01', [
    { no: a, t: T0 - 500n * SECOND, value: 1 },
    { no: b, t: T0 - 5n * SECOND, value: 1 },
    { no: b, t: T0 + 30n * SECOND, value: null, statusCode: BAD },
    { no: b, t: T0 + 90n * SECOND, value: 2 },
    { no: c, t: T0 + 60n * SECOND, value: 2 },
  ]);
  const head = { stream: STREAM, sequence: 77, checksum: 1, kind: 'gap' } as const;
  await api.store.append([
    {
      ...head,
      machine: 'brest/pump-01',
      signal: 'brest/pump-01/B',
      from: T0 + 100n * SECOND,
      to: T0 + 110n * SECOND,
      cause: 'queue-overflow',
    },
    { ...head, sequence: 78, machine: 'brest/other', from: T0, to: T0 + SECOND, cause: 'connection-lost' },
  ]);
  const { items, gaps, sliceMs, stale } = await quality();
  expect([sliceMs, stale]).toEqual([1_000, false]);
  expect(items).toMatchObject([
    { signal: 'brest/pump-01/A', goodMs: 120_000, unknownMs: 0, samples: 0, condition: 'ok', gaps: 0 },
    { signal: 'brest/pump-01/B', goodMs: 50_000, badMs: 60_000, missingMs: 10_000, samples: 2, gaps: 1 },
    { signal: 'brest/pump-01/C', goodMs: 60_000, unknownMs: 60_000, samples: 1, condition: 'ok' },
  ]);
  expect(gaps.map(({ cause }) => cause)).toEqual(['queue-overflow']);
});

test('a value that was bad and good again within one slice counts as good from the next one on', async () => {
  const [a = 0] = await api.addMachine('pump-01', ['A']);
  await api.put('pump-01', [
    { no: a, t: T0 - SECOND, value: 1 },
    { no: a, t: T0 + 10n * SECOND, value: null, statusCode: BAD },
    { no: a, t: T0 + 10n * SECOND + 500_000_000n, value: 1 },
  ]);
  expect((await quality()).items[0]).toMatchObject({ goodMs: 119_000, badMs: 1_000 });
});

test('judges a machine from its first sample or gap on, and says when that was', async () => {
  const [a = 0, b = 0] = await api.addMachine('pump-01', ['A', 'B', 'Never']);
  await api.put('pump-01', [
    { no: a, t: T0 + 60n * SECOND + 500_000_000n, value: 1 },
    { no: b, t: T0 + 60n * SECOND + 900_000_000n, value: 1 },
  ]);
  const first = await quality();
  expect(first.knownSince).toBe('2026-11-22T06:01:00.500Z');
  expect(first.items).toMatchObject([
    { goodMs: 59_500, unknownMs: 0 },
    { goodMs: 59_500, unknownMs: 0 },
    { goodMs: 0, unknownMs: 59_500 },
  ]);
  const head = {
    stream: STREAM,
    checksum: 1,
    kind: 'gap',
    machine: 'brest/pump-01',
    cause: 'connection-lost',
  } as const;
  const to = T0 + 50n * SECOND;
  await api.store.append([{ ...head, sequence: 77, from: T0 + 40n * SECOND, to }]);
  expect((await quality()).knownSince).toBe('2026-11-22T06:00:40.000Z');
  await api.store.append([{ ...head, sequence: 78, from: T0 - SECOND, to }]);
  expect((await quality()).knownSince, 'known before the range').toBeNull();
});

test('finds signals that never spoke, fell silent, or stand still', async () => {
  const [, spoke = 0, still = 0, moves = 0, rests = 0] = await api.addMachine('pump-01', [
    'Never',
    'Spoke',
    'Still',
    'Moves',
    'Rests',
  ]);
  const series = (no: number, fromS: number, value: (i: number) => number, everyS = 4) =>
    Array.from({ length: 20 }, (_, i) => ({
      no,
      t: T0 + BigInt(fromS + everyS * i) * SECOND,
      value: value(i),
    }));
  await api.put('pump-01', [
    ...series(spoke, -90, (i) => i),
    ...series(still, 10, () => 4.5),
    ...series(moves, 10, (i) => i),
    ...series(rests, 10, () => 4.5, 1),
  ]);
  const conditions = async (): Promise<string[]> => (await quality()).items.map(({ condition }) => condition);
  expect(await conditions()).toEqual(['never', 'silent', 'stuck', 'ok', 'ok']);
  api.presence.alive('brest/pump-01', false, Date.now() - 60_000);
  expect((await conditions())[1], 'of a machine that is not heard silence says nothing').toBe('ok');
});

test('comes by pages', async () => {
  await api.addMachine('pump-01', ['A', 'B', 'C']);
  const first = await quality('&limit=2');
  expect([first.items.length, first.next]).toEqual([2, 'B']);
  const second = await quality(`&limit=2&cursor=${first.next}`);
  expect([second.items.map(({ signal }) => signal), second.next]).toEqual([['brest/pump-01/C'], undefined]);
});
