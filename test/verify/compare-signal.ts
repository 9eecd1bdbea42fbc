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

/** Both in their order: of production, of delivery. */
export function compareSignal(produced: readonly string[], stored: readonly string[]): SignalComparison {
  const places = new Map<string, number[]>();
  produced.forEach((key, i) => {
    const known = places.get(key);
    if (known) known.push(i);
    else places.set(key, [i]);
  });
  const taken = new Map<string, number>();
  const matched: number[] = [];
  const strangers: string[] = [];
  const findings: Finding[] = [];
  for (const key of stored) {
    const wanted = places.get(key);
    const nth = taken.get(key) ?? 0;
    const place = wanted?.[nth];
    if (place !== undefined) {
      matched.push(place);
      taken.set(key, nth + 1);
    } else if (wanted) findings.push({ kind: 'doubled', key });
    else strangers.push(key);
  }
  const found = new Set(matched);
  const missing = produced.filter((_key, i) => !found.has(i));
  findings.push(...pair(missing, strangers));
  const displaced = outOfOrder(matched);
  for (const place of displaced) findings.push({ kind: 'moved', key: produced[place] ?? '' });
  return { equal: matched.length - displaced.length, findings };
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

/** The fewest elements whose removal leaves the rest ascending (all but a longest increasing subsequence). */
export function outOfOrder(places: readonly number[]): number[] {
  const tails: number[] = []; // index of the smallest end of an ascending run of each length
  const before = new Int32Array(places.length).fill(-1);
  places.forEach((place, i) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((places[tails[middle] ?? 0] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    before[i] = low > 0 ? (tails[low - 1] ?? -1) : -1;
    tails[low] = i;
  });
  if (tails.length === places.length) return [];
  const kept = new Set<number>();
  for (let i = tails.at(-1) ?? -1; i >= 0; i = before[i] ?? -1) kept.add(i);
  return places.filter((_place, i) => !kept.has(i));
}
