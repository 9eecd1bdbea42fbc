import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampleBatch, setValue, valueAt } from '#domain/sample-batch.ts';
import type { SampleValue } from '#domain/sample.ts';
import { copyBatch, createColumns } from './packed-columns.ts';
import { LogRecordError, RecordEncoder, decodeRecord } from './record-codec.ts';

interface Row {
  readonly signal: number;
  readonly time: bigint;
  readonly value: SampleValue;
  readonly status: number;
  readonly flags: number;
}

const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const value = fc.oneof(
  fc.double(),
  fc.float(),
  int64,
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.bigInt(-100n, 100n),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array(),
  fc.json().map((json) => ({ json })),
);
const row: fc.Arbitrary<Row> = fc.record({
  signal: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  time: fc.oneof(int64, fc.bigInt(1_790_000_000_000_000_000n, 1_790_000_100_000_000_000n)),
  value,
  status: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  flags: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 7 })),
});

function encode(rows: readonly Row[]): Uint8Array {
  const batch = createSampleBatch(rows.length);
  rows.forEach((one, i) => {
    batch.signal[i] = one.signal;
    batch.timeNs[i] = one.time;
    setValue(batch, i, one.value);
    batch.statusCode[i] = one.status;
    batch.flags[i] = one.flags;
  });
  batch.count = rows.length;
  const columns = createColumns(rows.length);
  copyBatch(columns, 0, batch);
  return new RecordEncoder().encode(columns, 0, rows.length).slice();
}

const narrow = (one: SampleValue): SampleValue =>
  typeof one === 'bigint' && BigInt(Number(one)) === one && Number.isSafeInteger(Number(one))
    ? Number(one)
    : one;

describe('record codec', () => {
  it('gives back any record', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const columns = decodeRecord(encode(rows));
        const read = rows.map((_, i) => ({
          signal: columns.signal[i],
          time: columns.timeNs[i],
          value: valueAt(columns, i),
          status: columns.statusCode[i],
          flags: columns.flags[i],
        }));
        expect(columns.count).toBe(rows.length);
        expect(read).toEqual(rows.map((one) => ({ ...one, value: narrow(one.value) })));
      }),
    );
  });

  it('takes few bytes for what a machine sends', () => {
    const rows = Array.from({ length: 500 }, (_, i): Row => ({
      signal: (i % 50) + 1,
      time: 1_790_000_000_000_000_000n + BigInt(i) * 2_000_100n,
      value: Math.sin(i) * 50,
      status: 0,
      flags: 0,
    }));
    expect(encode(rows).length / rows.length).toBeLessThan(14);
  });

  it('refuses what it did not write', () => {
    const bytes = encode([{ signal: 1, time: 1n, value: 'text', status: 0, flags: 0 }]);
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => decodeRecord(bytes.subarray(0, length))).toThrow(LogRecordError);
    const newer = bytes.slice();
    newer[0] = 2;
    expect(() => decodeRecord(newer)).toThrow(/format 2/);
  });
});
