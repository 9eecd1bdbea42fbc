import type { TruthRow } from './recording-truth.ts';

export interface StoredRow {
  readonly timeNs: bigint;
  readonly value: unknown;
  readonly statusCode: number;
}

export interface Comparison {
  readonly expected: number;
  readonly stored: number;
  /** Same place, same recorded time, same value to the last bit, status Good. */
  readonly equal: number;
  readonly lost: number;
  readonly doubled: number;
  readonly altered: number;
  readonly reordered: number;
}

/** The two digits below 100 ns are the journal's, which keeps equal times apart; they are not the recording's. */
const recorded = (timeNs: bigint): bigint => timeNs - (((timeNs % 100n) + 100n) % 100n);

const keyOf = (timeNs: bigint, value: unknown): string => `${recorded(timeNs)} ${bitsOf(value)}`;

function bitsOf(value: unknown): string {
  if (typeof value !== 'number') return `${typeof value} ${String(value)}`;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16);
}

/** Compares one signal's stored rows, in the order of their arrival, with the recording. */
export function compareSeries(truth: readonly TruthRow[], stored: readonly StoredRow[]): Comparison {
  const good = stored.filter(({ statusCode }) => statusCode === 0);
  const wanted = countBy(truth.map(({ timeNs, value }) => keyOf(timeNs, value)));
  const found = countBy(good.map(({ timeNs, value }) => keyOf(timeNs, value)));
  const times = new Set(truth.map(({ timeNs }) => timeNs));
  let doubled = 0;
  let altered = 0;
  for (const [key, count] of found) {
    const expected = wanted.get(key) ?? 0;
    if (expected === 0) {
      if (times.has(BigInt(key.slice(0, key.indexOf(' '))))) altered += count;
      else doubled += count;
    } else doubled += Math.max(0, count - expected);
  }
  let lost = 0;
  for (const [key, count] of wanted) lost += Math.max(0, count - (found.get(key) ?? 0));
  let equal = 0;
  truth.forEach(({ timeNs, value }, i) => {
    const row = good[i];
    if (row && keyOf(row.timeNs, row.value) === keyOf(timeNs, value)) equal += 1;
  });
  const inPlace = lost + doubled + altered === 0;
  const reordered = inPlace ? truth.length - equal : 0;
  return { expected: truth.length, stored: good.length, equal, lost, doubled, altered, reordered };
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

export function addComparisons(all: readonly Comparison[]): Comparison {
  const sum = (pick: (one: Comparison) => number): number => all.reduce((total, one) => total + pick(one), 0);
  return {
    expected: sum((one) => one.expected),
    stored: sum((one) => one.stored),
    equal: sum((one) => one.equal),
    lost: sum((one) => one.lost),
    doubled: sum((one) => one.doubled),
    altered: sum((one) => one.altered),
    reordered: sum((one) => one.reordered),
  };
}
