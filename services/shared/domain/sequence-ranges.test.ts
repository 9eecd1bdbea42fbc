import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceRanges } from './sequence-ranges.ts';

const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 12 }));

describe('SequenceRanges', () => {
  it('is the set of numbers that a plain set would be', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 30 }), range, (additions, [askFrom, askLength]) => {
        const ranges = new SequenceRanges();
        const model = new Set<number>();
        for (const [from, length] of additions) {
          const before = model.size;
          for (let n = from; n <= from + length; n += 1) model.add(n);
          expect(ranges.add(from, from + length)).toBe(model.size - before);
        }
        const sorted = [...model].sort((a, b) => a - b);
        expect(ranges.size).toBe(model.size);
        expect(ranges.max).toBe(sorted.at(-1));
        for (let n = 0; n <= 80; n += 1) expect(ranges.has(n)).toBe(model.has(n));
        const holes = ranges.missing(askFrom, askFrom + askLength);
        const missing = holes.flatMap(([from, to]) =>
          Array.from({ length: to - from + 1 }, (_, i) => from + i),
        );
        const expected = Array.from({ length: askLength + 1 }, (_, i) => askFrom + i).filter(
          (n) => !model.has(n),
        );
        expect(missing).toEqual(expected);
        let end = askFrom - 1;
        while (model.has(end + 1)) end += 1;
        expect(ranges.contiguousEnd(askFrom)).toBe(end);
        const list = ranges.toArray();
        list.slice(1).forEach(([from], i) => expect(from).toBeGreaterThan((list[i]?.[1] ?? 0) + 1));
        expect(SequenceRanges.of(list).toArray()).toEqual(list);
      }),
    );
  });

  it('refuses a range that runs backwards', () => {
    expect(() => new SequenceRanges().add(5, 4)).toThrow('5..4');
  });
});
