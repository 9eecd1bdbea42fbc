import { compareSignal, type FindingKind } from './compare-signal.ts';
import { readInflux, type InfluxAddress } from './influx-contents.ts';
import { readLedgers, type Ledger, type ProducedSample } from './ledger-reader.ts';
import { contentOfKey, timeOfKey } from './sample-key.ts';
import { readStore, type StoreContents, type StoredGap, type StoredSample } from './store-reader.ts';

export interface VerifyOptions {
  readonly ledgers: readonly string[];
  /** Folder of the embedded historian, or the InfluxDB that holds the samples. */
  readonly store: string | InfluxAddress;
  /**
   * ms since 1970: what was produced before is not asked for. Absent: of each signal, what was produced since the
   * first sample that is stored of it.
   */
  readonly fromMs?: number | undefined;
  /** ms since 1970: what was produced after is not asked for. */
  readonly toMs?: number | undefined;
  /** The items report changes only: a sample equal to the one before need not be there. */
  readonly changesOnly?: boolean | undefined;
}

export interface SignalFinding {
  readonly kind: FindingKind | 'declared';
  readonly signal: string;
  readonly key: string;
  /** Of the gap record that declares it. */
  readonly cause?: string | undefined;
}

export interface SignalResult {
  readonly signal: string;
  readonly produced: number;
  readonly stored: number;
  readonly equal: number;
  /** Missing, and covered by a gap record. */
  readonly declared: number;
  readonly missing: number;
  readonly doubled: number;
  readonly altered: number;
  readonly moved: number;
  readonly undeclared: number;
  /** Equal to the one before, not reported by the server. */
  readonly unchanged: number;
  /** Stored, but no values produced: the agent's and the server's own words. */
  readonly ownWords: number;
}

export interface Verification {
  readonly signals: readonly SignalResult[];
  readonly total: SignalResult;
  readonly findings: readonly SignalFinding[];
  /** Signals that produced and were never announced to the store: the agent does not watch them. Not in the counts. */
  readonly unwatched: readonly string[];
  /** Stored signals that no ledger speaks of. */
  readonly unknownSignals: readonly string[];
  /** Samples that drop records declare lost, and those among the dead letters: of all streams. */
  readonly declaredByDrops: number;
  readonly rejected: number;
  readonly gaps: readonly StoredGap[];
}

/** Missing samples that neither a gap record nor a drop record nor a dead letter tells of. */
export const lostUndeclared = ({ total, declaredByDrops, rejected }: Verification): number =>
  Math.max(0, total.missing - declaredByDrops - rejected);

export async function verifyStore(options: VerifyOptions): Promise<Verification> {
  const ledger = await readLedgers(options.ledgers);
  const { store } = options;
  const contents =
    typeof store === 'string' ? await readStore(store) : await readInflux(store, options.fromMs);
  return compareAll(ledger, contents, options);
}

export function compareAll(
  ledger: Ledger,
  store: StoreContents,
  options: Pick<VerifyOptions, 'fromMs' | 'toMs' | 'changesOnly'>,
): Verification {
  const signals: SignalResult[] = [];
  const findings: SignalFinding[] = [];
  const unwatched: string[] = [];
  for (const [signal, produced] of ledger.signals) {
    if (!store.signals.has(signal)) {
      if (produced.length > 0) unwatched.push(signal);
      continue;
    }
    const outcome = compareOne(signal, produced, {
      stored: store.samples.get(signal) ?? [],
      gaps: store.gaps,
      options,
    });
    signals.push(outcome.result);
    for (const finding of outcome.findings) findings.push(finding);
  }
  return {
    signals,
    total: sumOf(signals),
    findings,
    unwatched,
    unknownSignals: [...store.samples.keys()].filter((signal) => !ledger.signals.has(signal)),
    declaredByDrops: store.streams.reduce((sum, { declaredLost }) => sum + declaredLost, 0),
    rejected: store.streams.reduce((sum, { rejected }) => sum + rejected, 0),
    gaps: store.gaps,
  };
}

interface Against {
  readonly stored: readonly StoredSample[];
  readonly gaps: readonly StoredGap[];
  readonly options: Pick<VerifyOptions, 'fromMs' | 'toMs' | 'changesOnly'>;
}

function compareOne(
  signal: string,
  produced: readonly ProducedSample[],
  { stored, gaps, options }: Against,
): { result: SignalResult; findings: SignalFinding[] } {
  const read = stored.filter(({ isOwnWord }) => !isOwnWord);
  const { equal, findings } = compareSignal(
    produced.map(({ key }) => key),
    read,
  );
  const isAsked = windowOf(
    produced,
    read.map(({ key }) => key),
    options,
  );
  const repeats = options.changesOnly === true ? repeatedKeys(produced) : undefined;
  const counts = { missing: 0, declared: 0, doubled: 0, altered: 0, moved: 0, undeclared: 0, unchanged: 0 };
  const told: SignalFinding[] = [];
  for (const { kind, key } of findings) {
    if (!isAsked(key)) continue;
    if (kind === 'missing' && repeats?.has(key)) {
      counts.unchanged += 1;
      continue;
    }
    const gap = kind === 'missing' ? gaps.find((one) => covers(one, signal, key)) : undefined;
    const verdict = gap ? 'declared' : kind;
    counts[verdict] += 1;
    told.push({ kind: verdict, signal, key, cause: gap?.cause });
  }
  const asked = produced.filter(({ key }) => isAsked(key)).length;
  const ownWords = stored.length - read.length;
  return {
    result: { signal, produced: asked, stored: read.length, equal, ownWords, ...counts },
    findings: told,
  };
}

function windowOf(
  produced: readonly ProducedSample[],
  stored: readonly string[],
  { fromMs, toMs = Infinity }: Pick<VerifyOptions, 'fromMs' | 'toMs'>,
): (key: string) => boolean {
  const isStored = new Set(stored);
  const first = fromMs === undefined ? produced.find(({ key }) => isStored.has(key))?.timeMs : fromMs;
  return (key) => {
    const timeMs = Number(timeOfKey(key).slice(0, -4));
    return timeMs >= (first ?? -Infinity) && timeMs <= toMs;
  };
}

function repeatedKeys(produced: readonly ProducedSample[]): Set<string> {
  const repeated = new Set<string>();
  produced.forEach(({ key }, i) => {
    const before = produced[i - 1];
    if (before && contentOfKey(before.key) === contentOfKey(key)) repeated.add(key);
  });
  return repeated;
}

/** Whether the gap record is about this signal and this time (in 100 ns, both ends included). */
function covers(gap: StoredGap, signal: string, key: string): boolean {
  if (gap.signal !== undefined && gap.signal !== signal) return false;
  if (gap.signal === undefined && gap.machine !== undefined && !signal.startsWith(`${gap.machine}/`))
    return false;
  const timeNs = BigInt(timeOfKey(key)) * 100n;
  return timeNs + 99n >= gap.from && timeNs <= gap.to;
}

function sumOf(results: readonly SignalResult[]): SignalResult {
  const sum = (pick: (one: SignalResult) => number): number =>
    results.reduce((all, one) => all + pick(one), 0);
  return {
    signal: 'all',
    produced: sum((one) => one.produced),
    stored: sum((one) => one.stored),
    equal: sum((one) => one.equal),
    declared: sum((one) => one.declared),
    missing: sum((one) => one.missing),
    doubled: sum((one) => one.doubled),
    altered: sum((one) => one.altered),
    moved: sum((one) => one.moved),
    undeclared: sum((one) => one.undeclared),
    unchanged: sum((one) => one.unchanged),
    ownWords: sum((one) => one.ownWords),
  };
}
