import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSampleBatch, setValue, type SampleBatch } from '#domain/sample-batch.ts';
import type { SampleValue } from '#domain/sample.ts';
import { toWireValue } from '#contracts/api/json-value.ts';
import { LiveValues } from './live-values.ts';

function batchOf(
  rows: readonly { no: number; value: SampleValue; t?: bigint; flags?: number }[],
): SampleBatch {
  const batch = createSampleBatch(rows.length);
  rows.forEach(({ no, value, t = 0n, flags = 0 }, i) => {
    batch.signal[i] = no;
    batch.timeNs[i] = t;
    batch.flags[i] = flags;
    setValue(batch, i, value);
  });
  batch.count = rows.length;
  return batch;
}

const sampleValue = fc.oneof(
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.boolean(),
  fc.string(),
  fc.uint8Array(),
  fc.constant(null),
  fc.record({ json: fc.json() }),
);

/** A batch gives integers back as numbers where they fit, as the store does. */
const narrowed = (value: SampleValue): SampleValue =>
  typeof value === 'bigint' && Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value
    ? Number(value)
    : value;

describe('LiveValues', () => {
  test('gives back every value as the contract says', () => {
    fc.assert(
      fc.property(fc.array(sampleValue, { minLength: 1, maxLength: 20 }), (values) => {
        const live = new LiveValues();
        live.reserve(values.length);
        live.apply(batchOf(values.map((value, i) => ({ no: i + 1, value }))), 0);
        values.forEach((value, i) => {
          expect(live.value(i + 1)).toEqual(toWireValue(narrowed(value)));
        });
      }),
    );
  });

  test('keeps the last value, and the extremes of the tick', () => {
    const live = new LiveValues();
    live.reserve(1);
    live.apply(batchOf([5, -3n, 8, Number.NaN, 4].map((value) => ({ no: 1, value }))), 0);
    expect([live.value(1), live.lo[1], live.hi[1]]).toEqual([4, -3, 8]);
    live.nextTick();
    live.apply(batchOf([{ no: 1, value: 6 }]), 0);
    expect([live.lo[1], live.hi[1]]).toEqual([6, 6]);
  });

  test('has no extremes where no number came', () => {
    const live = new LiveValues();
    live.reserve(1);
    live.apply(
      batchOf([
        { no: 1, value: null },
        { no: 1, value: 'text' },
      ]),
      0,
    );
    expect([live.lo[1], live.hi[1]]).toEqual([Infinity, -Infinity]);
  });

  test('times are exact to the ms, also before 1970', () => {
    const live = new LiveValues();
    live.reserve(3);
    const times = [1_795_330_655_123_999_999n, -1n, 0n];
    live.apply(batchOf(times.map((t, i) => ({ no: i + 1, value: 0, t }))), 0);
    expect([1, 2, 3].map((no) => live.timeMs(no))).toEqual([1_795_330_655_123, -1, 0]);
    expect(live.timeNs(1)).toBe(times[0]);
  });

  test('backfill changes nothing', () => {
    const live = new LiveValues();
    live.reserve(1);
    live.apply(
      batchOf([
        { no: 1, value: 1 },
        { no: 1, value: 99, flags: 1 },
      ]),
      0,
    );
    expect([live.value(1), live.hi[1]]).toEqual([1, 1]);
  });

  test('takes numbers beyond the catalogue and tells', () => {
    const live = new LiveValues();
    live.reserve(2);
    live.apply(batchOf([{ no: 5_000, value: 7 }]), 0);
    expect(live.beyondCatalogue).toBe(true);
    expect(live.value(5_000)).toBe(7);
    live.reserve(5_000);
    expect([live.beyondCatalogue, live.value(5_000)]).toEqual([false, 7]);
  });
});
