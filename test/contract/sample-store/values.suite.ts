import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import type { GapRecord } from '#domain/sample-store.ts';
import type { SampleValue } from '#domain/sample.ts';
import type { Bench } from './harness.ts';
import {
  ALWAYS,
  DAY,
  SECOND,
  STREAM,
  T0,
  T0_MS,
  prepare,
  samplesRecord,
  signalOf,
  valuesOf,
} from './records.ts';

const NASTY_TEXTS = [
  '',
  ' ',
  'Ёлка ў Брэсце',
  '世界',
  '🏭👩🏽‍🔧',
  'a\u0000b',
  '\u0000',
  '\ufeffBOM',
  '\u202eright to left',
  'e\u0301',
  '\u00e9',
  "'; DROP TABLE log; --",
  '"quoted", \\ and\nlines\r\n\t',
  'x'.repeat(100_000),
  '=1+1',
  'NULL',
  'NaN',
];

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.1,
  1 / 3,
  NaN,
  Infinity,
  -Infinity,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2 ** 53,
  1e-310,
  Math.fround(0.1),
  -273.15,
];

const INTEGERS = [
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 64n - 1n,
  2n ** 63n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 62n,
];

const MIXED: SampleValue[] = [
  null,
  true,
  false,
  1.25,
  2n ** 60n,
  'text',
  new Uint8Array([0, 255, 1]),
  new Uint8Array(),
  { json: '[1,2,{"a":null}]' },
];

export function describeValues(bench: Bench): void {
  /** Stores `values` of one signal, one a second, and reads them back hot, restarted and settled. */
  async function survives(values: readonly SampleValue[]): Promise<void> {
    const [signal = 0] = await prepare(bench.store, ['Value']);
    const rows = values.map((value, i) => ({ signal, time: T0 + BigInt(i) * SECOND, value }));
    await bench.store.append([samplesRecord(1, rows)]);
    const read = async (): Promise<SampleValue[]> =>
      valuesOf(await bench.under.store.samples(signalOf('Value'), ALWAYS, values.length + 1));
    expect(await read()).toEqual(values);
    await bench.under.restart();
    expect(await read()).toEqual(values);
    await bench.under.settle(T0_MS);
    const settled = await read();
    expect(settled).toEqual(values);
    values.forEach((value, i) =>
      expect(Object.is(settled[i], value) || typeof value === 'object').toBe(true),
    );
  }

  describe('values', () => {
    it('keeps doubles to the last bit, -0 and NaN too', () => survives(NUMBERS));
    it('keeps them where each is repeated often (dictionaries)', () =>
      survives(Array.from({ length: 4000 }, (_, i) => NUMBERS[i % 7] ?? 0)));
    it('keeps 64-bit integers', () => survives(INTEGERS));
    it('keeps text with every Unicode nastiness', () => survives(NASTY_TEXTS));
    it('keeps mixed kinds, null, bytes and JSON', () => survives(MIXED));

    it('keeps null and bad samples, full status codes and flags', async () => {
      const [signal = 0] = await prepare(bench.store, ['Value']);
      const rows = [
        { signal, time: T0, value: null, status: 0x80310000, flags: 4 },
        { signal, time: T0 + 1n, value: 5, status: 0x40900000, flags: 1 },
        { signal, time: T0 + 2n, value: null, status: 0xffffffff, flags: 0 },
      ];
      await bench.store.append([samplesRecord(1, rows)]);
      const expected = rows.map(({ time, value, status, flags }) => ({
        signal: signalOf('Value'),
        sourceTimestamp: time,
        value,
        statusCode: status,
        flags,
      }));
      expect(await bench.store.samples(signalOf('Value'), ALWAYS, 9)).toEqual(expected);
      await bench.under.settle(T0_MS);
      expect(await bench.store.samples(signalOf('Value'), ALWAYS, 9)).toEqual(expected);
    });

    it('keeps times to the ns, far past and far future, in time order', async () => {
      const [signal = 0] = await prepare(bench.store, ['Value']);
      const times = [
        T0 + 1n,
        T0,
        -1n,
        0n,
        1n,
        -(2n ** 63n),
        2n ** 63n - 1n,
        T0 + 100n,
        -DAY * 40_000n,
        T0 - DAY,
      ];
      await bench.store.append([
        samplesRecord(
          1,
          times.map((time, i) => ({ signal, time, value: i })),
        ),
      ]);
      const inOrder = times.toSorted((a, b) => (a < b ? -1 : 1));
      const read = async (): Promise<bigint[]> =>
        (await bench.under.store.samples(signalOf('Value'), ALWAYS, 99)).map(
          ({ sourceTimestamp }) => sourceTimestamp,
        );
      expect(await read()).toEqual(inOrder);
      await bench.under.restart();
      expect(await read()).toEqual(inOrder);
      await bench.under.settle(T0_MS - 20_000_000_000_000);
      expect(await read()).toEqual(inOrder);
    });

    it('reads ranges from inclusive to exclusive, with a limit', async () => {
      const [signal = 0, other = 0] = await prepare(bench.store, ['Value', 'Other']);
      const rows = [0, 1, 2, 3, 4].map((i) => ({ signal, time: T0 + BigInt(i), value: i }));
      await bench.store.append([samplesRecord(1, [...rows, { signal: other, time: T0 + 2n, value: 99 }])]);
      for (const settled of [false, true]) {
        if (settled) await bench.under.settle(T0_MS);
        const id = signalOf('Value');
        expect(valuesOf(await bench.store.samples(id, { from: T0 + 1n, to: T0 + 3n }, 9))).toEqual([1, 2]);
        expect(valuesOf(await bench.store.samples(id, { from: T0, to: T0 + 9n }, 2))).toEqual([0, 1]);
        expect(await bench.store.samples(id, { from: T0 + 3n, to: T0 + 3n }, 9)).toEqual([]);
        expect(await bench.store.samples(id, { from: T0 + 3n, to: T0 }, 9)).toEqual([]);
        expect(await bench.store.countSamples(id, { from: T0 + 1n, to: T0 + 4n }, 99)).toBe(3);
        expect(await bench.store.countSamples(id, ALWAYS, 2)).toBe(2);
        expect(await bench.store.samples('brest/m-1/Nowhere', ALWAYS, 9)).toEqual([]);
        expect(await bench.store.countSamples('brest/m-1/Nowhere', ALWAYS, 9)).toBe(0);
      }
    });

    it('orders equal times by (sequence, index), late records included', async () => {
      const [signal = 0] = await prepare(bench.store, ['Value']);
      const row = (value: number): { signal: number; time: bigint; value: number } => ({
        signal,
        time: T0,
        value,
      });
      await bench.store.append([samplesRecord(3, [row(30), row(31)]), samplesRecord(1, [row(10)])]);
      await bench.under.settle(T0_MS);
      await bench.store.append([samplesRecord(2, [row(20), row(21)])]);
      const expected = [10, 20, 21, 30, 31];
      expect(valuesOf(await bench.store.samples(signalOf('Value'), ALWAYS, 9))).toEqual(expected);
      await bench.under.settle(T0_MS);
      expect(valuesOf(await bench.store.samples(signalOf('Value'), ALWAYS, 9))).toEqual(expected);
    });

    it('gives back any record (property)', async () => {
      const [signal = 0] = await prepare(bench.store, ['Value']);
      let sequence = 0;
      let offset = 0n;
      const value = fc.oneof(
        fc.double(),
        fc.float(),
        fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n),
        fc.boolean(),
        fc.constant(null),
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array(),
        fc.json().map((json) => ({ json })),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 40 }), async (values) => {
          sequence += 1;
          const from = T0 + offset;
          offset += 1000n;
          const rows = values.map((one, i) => ({ signal, time: from + BigInt(i), value: one }));
          await bench.store.append([samplesRecord(sequence, rows)]);
          if (sequence % 10 === 0) await bench.under.settle(T0_MS);
          const read = await bench.store.samples(signalOf('Value'), { from, to: T0 + offset }, 99);
          // Integers that fit come back as numbers: that is the rule of valueAt.
          const narrow = values.map((one) =>
            typeof one === 'bigint' && one >= -(2n ** 53n) + 1n && one < 2n ** 53n ? Number(one) : one,
          );
          expect(valuesOf(read)).toEqual(narrow);
        }),
        { numRuns: 40 },
      );
    });

    it('refuses a record for what is in it, and only that one: the others of its moment are stored', async () => {
      const { store } = bench;
      const [signal = 0] = await prepare(store, ['Flow']);
      const gap: GapRecord = {
        kind: 'gap',
        stream: STREAM,
        sequence: 1,
        checksum: 1,
        from: 9_999_999_999_999_999_999n,
        to: 9_999_999_999_999_999_999n,
        cause: 'server-restarted',
      };
      const [bad, good] = await Promise.allSettled([
        store.append([gap]),
        store.append([samplesRecord(2, [{ signal, time: T0, value: 1 }])]),
      ]);
      expect(bad).toMatchObject({ status: 'rejected', reason: { name: 'RejectedError' } });
      expect(good).toMatchObject({ status: 'fulfilled', value: { stored: 1 } });
      expect((await store.stats()).problem).toBeUndefined();
      expect(valuesOf(await store.samples(signalOf('Flow'), ALWAYS, 10))).toEqual([1]);
      expect(await store.gaps(ALWAYS)).toEqual([]);
    });
  });
}
