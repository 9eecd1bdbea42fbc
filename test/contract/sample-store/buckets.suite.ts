import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { planBuckets } from '#domain/rollup.ts';
import type { Sample } from '#domain/sample.ts';
import type { Bucket, TimeRange } from '#domain/sample-store.ts';
import type { Bench } from './harness.ts';
import {
  ALWAYS,
  DAY,
  MINUTE,
  SECOND,
  T0,
  T0_MS,
  naiveBuckets,
  prepare,
  samplesRecord,
  signalOf,
  type Row,
} from './records.ts';

export function describeBuckets(bench: Bench): void {
  const id = signalOf('Value');

  /** What the store answers against its own samples counted one by one. Means to 1e-12: the order of a sum may differ. */
  async function agrees(range: TimeRange, buckets: number): Promise<void> {
    const { store } = bench.under;
    const samples = await store.samples(id, ALWAYS, 1e6);
    const expected = naiveBuckets(planBuckets(range, buckets), samples);
    const [answered = [], none] = await store.buckets([id, signalOf('Empty')], range, buckets);
    expect(none).toEqual([]);
    expect(answered.map(withoutMean)).toEqual(expected.map(withoutMean));
    answered.forEach(({ mean }, i) => closeTo(mean, expected[i]?.mean ?? null, scaleOf(samples)));
  }

  describe('buckets', () => {
    it('counts, least, greatest, first, last, mean and worst status', async () => {
      const [signal = 0] = await prepare(bench.store, ['Value', 'Empty']);
      const rows: Row[] = [
        { signal, time: T0, value: 4 },
        { signal, time: T0 + SECOND, value: -2 },
        { signal, time: T0 + 2n * SECOND, value: null, status: 0x80310000 },
        { signal, time: T0 + 3n * SECOND, value: 1 },
        { signal, time: T0 + 11n * SECOND, value: null, status: 0x80340000 },
        { signal, time: T0 + 35n * SECOND, value: true },
      ];
      await bench.store.append([samplesRecord(1, rows)]);
      const range = { from: T0, to: T0 + 40n * SECOND };
      const expected: Bucket[] = [
        { t: T0, min: -2, mean: 1, max: 4, first: 4, last: 1, count: 4, worstStatus: 0x80310000 },
        {
          t: T0 + 10n * SECOND,
          min: null,
          mean: null,
          max: null,
          first: null,
          last: null,
          count: 1,
          worstStatus: 0x80340000,
        },
        { t: T0 + 30n * SECOND, min: 1, mean: 1, max: 1, first: 1, last: 1, count: 1, worstStatus: 0 },
      ];
      expect(await bench.store.buckets([id], range, 4)).toEqual([expected]);
      await bench.under.settle(T0_MS);
      expect(await bench.store.buckets([id], range, 4)).toEqual([expected]);
      expect(await bench.store.buckets([], range, 4)).toEqual([]);
      expect(await bench.store.buckets([id, 'brest/m-1/Nowhere'], { from: T0, to: T0 }, 4)).toEqual([[], []]);
    });

    it('agrees with a naive count over minutes, hours and days, sealed in pieces and late', async () => {
      const [signal = 0] = await prepare(bench.store, ['Value', 'Empty']);
      const rows = Array.from({ length: 3000 }, (_, i): Row => ({
        signal,
        time: T0 + BigInt(i) * 20n * SECOND + BigInt((i * 7919) % 1000) * 1_000_000n,
        value: i % 97 === 0 ? null : Math.sin(i / 50) * 100,
        status: i % 97 === 0 ? 0x80000000 : i % 31 === 0 ? 0x40000000 : 0,
      }));
      const late = rows.filter((_, i) => i % 5 === 0);
      const live = rows.filter((_, i) => i % 5 !== 0);
      await bench.store.append([samplesRecord(1, live.slice(0, 1000))]);
      await bench.under.settle(T0_MS);
      await bench.store.append([samplesRecord(2, live.slice(1000, 1700))]);
      await bench.store.append([samplesRecord(3, late.slice(0, 300))]);
      await bench.under.settle(T0_MS);
      await bench.store.append([samplesRecord(4, live.slice(1700)), samplesRecord(5, late.slice(300))]);
      for (const [from, to, buckets] of [
        [0n, 60_000n, 10],
        [0n, 60_000n, 500],
        [7n, 59_993n, 33],
        [-5_000n, 100_000n, 100],
        [1_000n, 1_600n, 60],
        [0n, 900_000n, 7],
      ] as const)
        await agrees({ from: T0 + from * SECOND, to: T0 + to * SECOND }, buckets);
      await bench.under.restart();
      await agrees({ from: T0, to: T0 + DAY }, 500);
    });

    it('agrees with a naive count for any samples and any cut (property)', async () => {
      const [signal = 0] = await prepare(bench.store, ['Value', 'Empty']);
      let sequence = 0;
      const row = fc.record({
        offset: fc.bigInt(-2n * MINUTE, 90n * MINUTE),
        value: fc.oneof(
          fc.double({ min: -1e6, max: 1e6, noNaN: true }),
          fc.constantFrom(NaN, Infinity, null, true, false, 'text'),
          fc.bigInt(-(2n ** 40n), 2n ** 40n),
        ),
        status: fc.constantFrom(0, 0, 0, 0x40000000, 0x80310000),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(row, { minLength: 1, maxLength: 30, selector: ({ offset }) => offset }),
          fc.bigInt(-3n * MINUTE, 80n * MINUTE),
          fc.bigInt(1n, 60n * MINUTE),
          fc.integer({ min: 1, max: 50 }),
          async (rows, from, length, buckets) => {
            sequence += 1;
            const shift = T0 + BigInt(sequence) * DAY;
            await bench.store.append([
              samplesRecord(
                sequence,
                rows.map(({ offset, value, status }) => ({ signal, time: shift + offset, value, status })),
              ),
            ]);
            if (sequence % 4 === 0) await bench.under.settle(T0_MS);
            await agrees({ from: shift + from, to: shift + from + length }, buckets);
          },
        ),
        { numRuns: 40 },
      );
    });
  });
}

/** -0 and 0 are one number to min and max. */
const unsigned = (value: number | null): number | null => (value === 0 ? 0 : value);

const withoutMean = ({ mean: _mean, min, max, first, last, ...rest }: Bucket): object => ({
  ...rest,
  numbers: [min, max, first, last].map(unsigned),
});

const scaleOf = (samples: readonly Sample[]): number =>
  samples.reduce((most, { value }) => {
    const size = Math.abs(Number(typeof value === 'object' ? 0 : value));
    return Number.isFinite(size) ? Math.max(most, size) : most;
  }, 1);

function closeTo(actual: number | null, expected: number | null, scale: number): void {
  if (actual === null || expected === null) expect(actual).toBe(expected);
  else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(scale * 1e-12);
}
