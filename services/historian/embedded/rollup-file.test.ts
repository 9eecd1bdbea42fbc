import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAggregates } from '#domain/rollup.ts';
import { decodeRollups, encodeRollups } from '../rollup-codec.ts';
import { composeRollupFile, entryOf, RollupReader } from './rollup-file.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rollup = fc.record({
  minute: fc.integer({ min: -150_000_000, max: 150_000_000 }),
  count: fc.integer({ min: 1, max: 1e6 }),
  numbers: fc.array(fc.double({ noNaN: true }), { minLength: 5, maxLength: 5 }),
  firstAt: fc.integer({ min: 0, max: 59_999_999_999 }),
  lastAt: fc.integer({ min: 0, max: 59_999_999_999 }),
  worst: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

it('gives back any rollups to the last bit', () => {
  fc.assert(
    fc.property(fc.array(rollup, { maxLength: 50 }), (rollups) => {
      const rows = rollups.length;
      const columns = createAggregates(rows);
      const minute = Float64Array.from(rollups, (one) => one.minute);
      rollups.forEach(({ count, numbers, firstAt, lastAt, worst }, i) => {
        const [min = 0, max = 0, sum = 0, first = 0, last = 0] = numbers;
        Object.entries({ count, good: count, min, max, sum, first, last, firstAt, lastAt, worst }).forEach(
          ([name, value]) => (columns[name as 'min'][i] = value),
        );
      });
      expect(decodeRollups(encodeRollups({ rows, minute, columns }))).toEqual({ rows, minute, columns });
    }),
  );
});

it('finds each signal in its file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'rollup-'));
  const path = join(dir, '1.rollup');
  const part = (signal: number) => {
    const columns = createAggregates(1);
    columns.min[0] = signal;
    const bytes = encodeRollups({ rows: 1, minute: new Float64Array([7]), columns });
    return { signal, samples: signal * 10, minNs: BigInt(-signal), maxNs: BigInt(signal), bytes };
  };
  writeFileSync(path, composeRollupFile([2, 3, 5, 1000].map(part)));
  const reader = new RollupReader();
  for (const signal of [2, 3, 5, 1000]) expect(reader.read(path, signal)?.columns.min[0]).toBe(signal);
  for (const signal of [1, 4, 1001]) expect(reader.read(path, signal)).toBeUndefined();
  const index = reader.index(path);
  expect(index.samples[entryOf(index, 5)]).toBe(50);
  expect(index.minNs[entryOf(index, 1000)]).toBe(-1000n);
  rmSync(dir, { recursive: true });
});
