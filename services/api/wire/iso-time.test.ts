import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nsToIso } from '#domain/time.ts';
import { IsoTimeWriter } from './iso-time.ts';

test('writes the same text as nsToIso, for times near each other and far apart', () => {
  const time = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 63n - 1n });
  const near = fc.tuple(time, fc.array(fc.bigInt({ min: 0n, max: 200_000_000_000_000n })));
  fc.assert(
    fc.property(near, ([start, steps]) => {
      const writer = new IsoTimeWriter();
      for (const each of [start, ...steps.map((step) => start - step)]) {
        expect(writer.write(each)).toBe(nsToIso(each));
      }
    }),
  );
});
