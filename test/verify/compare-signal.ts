/** What one signal produced against what is stored of it, sample by sample. Pure. */
import { contentOfKey, timeOfKey } from './sample-key.ts';

export type FindingKind =
  /** Produced, not stored. */
  | 'missing'
  /** Stored once too often. */
  | 'doubled'
  /** Stored at its time with another value or status. */
  | 'altered'
  /** Stored with another time, or at another place in the signal's order. */
  | 'moved'
  /** Stored, never produced. */
  | 'undeclared';

export interface Finding {
  readonly kind: FindingKind;
  /** Key of the produced sample; of the stored one where nothing was produced. */
  readonly key: string;
}

/** Number of stored samples that are what was produced, and everything that is not as it should be. */
export interface SignalComparison {
  readonly equal: number;
  readonly findings: readonly Finding[];
}

/** A stored sample. */
export interface StoredKey {
  readonly key: string;
  /** Flagged as coming late: fetched from a server's history after newer values, or sent again behind them. */
  readonly isLate: boolean;
  /** Those of one record came together. */
  readonly epoch: number;
  readonly sequence: number;
}

/**
 * Both in their order: of production, of delivery. What says of itself that it comes late may stand behind newer samples of records
 * before its own; within a record nothing may.
 */
export function compareSignal(produced: readonly string[], stored: readonly StoredKey[]): SignalComparison {
  const places = new Map<string, number[]>();
  produced.forEach((key, i) => {
    const known = places.get(key);
    if (known) known.push(i);
    else places.set(key, [i]);
  });
  const taken = new Map<string, number>();
  const matched: (Placed & StoredKey)[] = [];
  const strangers: string[] = [];
  const findings: Finding[] = [];
  for (const one of stored) {
    const { key } = one;
    const wanted = places.get(key);
    const nth = taken.get(key) ?? 0;
    const place = wanted?.[nth];
    if (place !== undefined) {
      matched.push({ ...one, place });
      taken.set(key, nth + 1);
    } else if (wanted) findings.push({ kind: 'doubled', key });
    else strangers.push(key);
  }
  const found = new Set(matched.map(({ place }) => place));
  const missing = produced.filter((_key, i) => !found.has(i));
  findings.push(...pair(missing, strangers));
  const inTime = outOfOrder(matched).filter(({ isLate }) => !isLate);
  const displaced = new Set([...inTime, ...descendingInRecord(matched)]);
  for (const { place } of displaced) findings.push({ kind: 'moved', key: produced[place] ?? '' });
  return { equal: matched.length - displaced.size, findings };
}

/** A stranger at the time of a missing sample is that one altered; with the same content, moved in time. */
function pair(missing: readonly string[], strangers: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  const left = new Set(missing);
  const match = (
    unexplained: readonly string[],
    kind: FindingKind,
    by: (key: string) => string,
  ): string[] => {
    const waiting = new Map<string, string[]>();
    for (const key of left) waiting.set(by(key), [...(waiting.get(by(key)) ?? []), key]);
    return unexplained.filter((stranger) => {
      const key = waiting.get(by(stranger))?.shift();
      if (key === undefined) return true;
      left.delete(key);
      findings.push({ kind, key });
      return false;
    });
  };
  const notAltered = match(strangers, 'altered', timeOfKey);
  for (const key of match(notAltered, 'moved', contentOfKey)) findings.push({ kind: 'undeclared', key });
  // Equal samples of one time are one key here: each that is missing is told.
  const explained = new Map<string, number>();
  for (const { kind, key } of findings)
    if (kind !== 'undeclared') explained.set(key, (explained.get(key) ?? 0) + 1);
  for (const key of missing) {
    const count = explained.get(key) ?? 0;
    if (count > 0) explained.set(key, count - 1);
    else findings.push({ kind: 'missing', key });
  }
  return findings;
}

/** Whatever stands behind a newer sample of its own record. */
function descendingInRecord<T extends Placed & StoredKey>(elements: readonly T[]): T[] {
  const descending: T[] = [];
  let newest: T | undefined;
  for (const one of elements) {
    const isSameRecord = newest?.sequence === one.sequence && newest.epoch === one.epoch;
    if (newest && isSameRecord && newest.place > one.place) descending.push(one);
    else newest = one;
  }
  return descending;
}

export interface Placed {
  readonly place: number;
  readonly isLate: boolean;
}

/**
 * The elements whose removal leaves the rest ascending: the fewest of those that do not say that they are late, and of those the
 * fewest late ones (all but a heaviest increasing subsequence, a late one weighing next to nothing).
 */
export function outOfOrder<T extends Placed>(elements: readonly T[]): T[] {
  if (elements.every(({ place }, i) => i === 0 || (elements[i - 1]?.place ?? 0) < place)) return [];
  const heavy = elements.length + 1;
  const ranks = new Map(
    elements
      .map(({ place }) => place)
      .toSorted((a, b) => a - b)
      .map((place, i) => [place, i + 1]),
  );
  const best = new HeaviestBelow(elements.length);
  const weights: number[] = [];
  const before = elements.map(({ place, isLate }, i) => {
    const rank = ranks.get(place) ?? 0;
    const previous = best.below(rank);
    weights.push((previous < 0 ? 0 : (weights[previous] ?? 0)) + (isLate ? 1 : heavy));
    best.put(rank, { index: i, weight: weights[i] ?? 0 });
    return previous;
  });
  const kept = new Set<number>();
  for (let i = best.below(elements.length + 1); i >= 0; i = before[i] ?? -1) kept.add(i);
  return elements.filter((_element, i) => !kept.has(i));
}

/** Greatest weight among ranks below one, and whose it is (Fenwick tree). */
class HeaviestBelow {
  readonly #tree: ({ readonly index: number; readonly weight: number } | undefined)[];

  constructor(size: number) {
    this.#tree = Array.from({ length: size + 1 }, () => undefined);
  }

  put(rank: number, entry: { readonly index: number; readonly weight: number }): void {
    for (let at = rank; at < this.#tree.length; at += at & -at)
      if (entry.weight > (this.#tree[at]?.weight ?? 0)) this.#tree[at] = entry;
  }

  /** Index, or -1. */
  below(rank: number): number {
    let heaviest: { readonly index: number; readonly weight: number } | undefined;
    for (let at = rank - 1; at > 0; at -= at & -at) {
      const entry = this.#tree[at];
      if (entry && entry.weight > (heaviest?.weight ?? 0)) heaviest = entry;
    }
    return heaviest?.index ?? -1;
  }
}
