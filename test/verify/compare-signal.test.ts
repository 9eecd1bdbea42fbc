import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSignal, outOfOrder, type StoredKey } from './compare-signal.ts';

const keys = (count: number): string[] =>
  Array.from({ length: count }, (_none, i) => `${1_000 + i} 0 n:${i}`);
/** Each in a record of its own, or of so many. */
const stored = (order: readonly number[], late: readonly number[] = [], perRecord = 1): StoredKey[] =>
  order.map((place, i) => ({
    key: keys(20)[place] ?? '',
    isLate: late.includes(place),
    epoch: 1,
    sequence: Math.floor(i / perRecord),
  }));

describe('order of a signal', () => {
  it('may be broken by what says that it comes late, and by nothing else', () => {
    const order = [0, 1, 4, 2, 3, 5];
    expect(compareSignal(keys(6), stored(order, [2, 3])).findings).toEqual([]);
    expect(compareSignal(keys(6), stored(order)).findings).toEqual([{ kind: 'moved', key: keys(6)[4] }]);
    expect(compareSignal(keys(6), stored(order, [3])).findings).toEqual([{ kind: 'moved', key: keys(6)[4] }]);
  });

  it('may not be broken within a record, late or not', () => {
    const order = [0, 1, 4, 2, 3, 5];
    expect(compareSignal(keys(6), stored(order, [2, 3], 2)).findings).toEqual([
      { kind: 'moved', key: keys(6)[2] },
    ]);
    expect(compareSignal(keys(6), stored(order, [2, 3], 3)).findings).toEqual([]);
  });

  it('takes away no more than needed: never a sample in time for the sake of late ones', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 40 }),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        (places, late) => {
          const elements = places.map((place, i) => ({ place, isLate: late[i] ?? false }));
          const removed = new Set(outOfOrder(elements));
          const left = elements.filter((one) => !removed.has(one)).map(({ place }) => place);
          expect(left).toEqual(left.toSorted((a, b) => a - b));
          const inTime = elements.filter(({ isLate }) => !isLate);
          const longest = longestAscending(inTime.map(({ place }) => place));
          expect([...removed].filter(({ isLate }) => !isLate)).toHaveLength(inTime.length - longest);
        },
      ),
    );
  });
});

/** By comparing each with each. */
function longestAscending(places: readonly number[]): number {
  const lengths: number[] = [];
  for (const [i, place] of places.entries())
    lengths.push(1 + Math.max(0, ...lengths.filter((_length, k) => k < i && (places[k] ?? 0) < place)));
  return Math.max(0, ...lengths);
}
