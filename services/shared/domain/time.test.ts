import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { belowMsAt, isoToNs, msToNs, nsToIso, nsToMs, timeMsAt, writeTime } from './time.ts';

const anyTimeNs = fc.bigInt({ min: -2_000_000_000_000_000_000n, max: 9_000_000_000_000_000_000n });

describe('time', () => {
  it('writes ISO 8601 with the digits that are needed', () => {
    expect(nsToIso(0n)).toBe('1970-01-01T00:00:00.000Z');
    expect(nsToIso(1_795_000_000_123_400_000n)).toBe('2026-11-18T11:06:40.1234Z');
    expect(nsToIso(-1n)).toBe('1969-12-31T23:59:59.999999999Z');
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(anyTimeNs, (timeNs) => {
        expect(isoToNs(nsToIso(timeNs))).toBe(timeNs);
      }),
    );
  });

  it('refuses what is not a time', () => {
    for (const text of ['', '2026-11-22', '2026-11-22T06:00:00', '2026-13-01T00:00:00Z', 'now']) {
      expect(isoToNs(text), text).toBeUndefined();
    }
    expect(isoToNs('2026-11-22T06:00:00+03:00')).toBe(isoToNs('2026-11-22T03:00:00Z'));
  });

  it('converts milliseconds both ways, also before 1970', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 8e12 }), (timeMs) => {
        expect(nsToMs(msToNs(timeMs))).toBe(timeMs);
      }),
    );
    expect(nsToMs(-1n)).toBe(-1);
  });

  it('writes a column without BigInt exactly as BigInt would', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -2e12, max: 9e12 }),
        fc.integer({ min: 0, max: 999_999 }),
        (timeMs, below) => {
          const column = new BigInt64Array(2);
          const words = new Uint32Array(column.buffer);
          writeTime(words, 1, timeMs, below);
          expect(column[1]).toBe(BigInt(timeMs) * 1_000_000n + BigInt(below));
          expect(timeMsAt(words, 1)).toBe(timeMs);
          expect(belowMsAt(words, 1)).toBe(below);
        },
      ),
    );
  });
});
