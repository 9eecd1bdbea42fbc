import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import { LineBuffer, LineOrder, SeriesBytes } from './line-buffer.ts';
import { lineOf, seriesOf } from './line-protocol.ts';

const decimal = fc
  .tuple(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), fc.integer({ min: 0, max: 9 }))
  .map(([digits, places]) => digits / 10 ** places);

const row = fc.record({
  value: fc.oneof(
    fc.double(),
    fc.float(),
    decimal,
    fc.constantFrom(0, -0, 1e15, 1e15 - 1, -1e15, 123456789012.345, 0.000001, 1e-7, 5e-7, 1e21, 9.995),
    fc.maxSafeInteger(),
    fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 8 }),
  ),
  status: fc.constantFrom(0, 0x40000000, 0x80310000, 0xffffffff),
  flags: fc.integer({ min: 0, max: 7 }),
  timeMs: fc.oneof(
    fc.constant(1_790_000_000_000),
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(-9_223_372_036_854, 9_223_372_036_853, 4_102_444_800_123),
  ),
  belowMsNs: fc.constantFrom(0, 1, 100, 999_999),
  series: fc.constantFrom('brest/m-1/Flow', 'brest/m-1/Ёлка, a=b', 'brest/m-2/🏭'),
});

it('writes the very bytes of lineOf, whatever the sample', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), fc.bigInt(1n, 2n ** 62n), (rows, order) => {
      const batch = createSampleBatch(rows.length);
      const buffer = new LineBuffer(16);
      const orders = new LineOrder(order);
      const expected = rows.map(({ value, status, flags, timeMs, belowMsNs, series }, i) => {
        const text = seriesOf('pump-loop', series);
        setValue(batch, i, value);
        batch.statusCode[i] = status;
        batch.flags[i] = flags;
        batch.timeNs[i] = BigInt.asIntN(64, BigInt(timeMs) * 1_000_000n + BigInt(belowMsNs));
        buffer.addSample(batch, i, { series: new SeriesBytes(text), order: orders, timeMs, belowMsNs });
        return lineOf(batch, i, { series: text, order: String(order), timeMs, belowMsNs });
      });
      expect(buffer.slice(0, rows.length).toString()).toBe(expected.join('\n'));
      expect(expected.map((_line, i) => buffer.text(i))).toEqual(expected);
      expect(buffer.bytesBetween(0, rows.length)).toBe(Buffer.byteLength(expected.join('\n')) + 1);
      const half = rows.length >>> 1;
      expect(buffer.slice(half, rows.length).toString()).toBe(expected.slice(half).join('\n'));
    }),
    { numRuns: 300 },
  );
});
