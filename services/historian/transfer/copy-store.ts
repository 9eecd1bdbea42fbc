import type { SignalId } from '#domain/asset-path.ts';
import type { StreamState, TimeRange } from '#domain/sample-store.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import { nsToIso } from '#domain/time.ts';
import { StartError } from '#platform/errors.ts';
import { NS_PER_DAY, SampleDigest, type MovedSample } from './moved-sample.ts';
import type { CopySource, CopyTarget, DayCount, StoreReader } from './store-copy.ts';

/** Samples written at once. */
const WRITE_SAMPLES = 200_000;
/** Of a day, so many samples of some signals are copied and checked before it is noted. */
const UNIT_SAMPLES = 400_000;

export interface CopyOrder {
  readonly source: CopySource;
  readonly target: CopyTarget;
  readonly range: TimeRange;
  /** Told now and then, and at the end of each day. */
  readonly onProgress: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  /** Day under way, since 1970. */
  readonly day: number;
  readonly samples: number;
  /** Of this range, as counted at the start. */
  readonly total: number;
}

export interface CopyFigures {
  /** In the target within the range, checked bit by bit. */
  readonly samples: number;
  /** Of them, written by this run. */
  readonly written: number;
  readonly signals: number;
  readonly days: number;
  /** Too old for the target's retention: left in the source. */
  readonly tooOld: number;
  readonly gaps: number;
  readonly events: number;
}

/**
 * Copies everything within the range, day by day, and reads each day back before it is noted in the target. Started again after an end of
 * any kind it goes on behind the last day noted. @throws StartError
 */
export async function copyStore(order: CopyOrder): Promise<CopyFigures> {
  const { source, target } = order;
  const before = await source.streams();
  requireOwn(await target.streams(), before, target);
  const catalogue = await source.catalogue();
  await target.prepare({ storeId: source.storeId, catalogue, streams: before });
  const counts = await source.counts(order.range);
  const from = target.keepsFrom === undefined ? order.range.from : max(order.range.from, target.keepsFrom);
  const range = { from, to: order.range.to };
  const kept = from === order.range.from ? counts : await source.counts(range);
  const days = Map.groupBy(kept, ({ day }) => day);
  const progress = { total: totalOf(kept), samples: 0, written: 0 };
  for (const [day, held] of [...days].sort(([a], [b]) => a - b))
    await copyDay({ ...order, range }, day, held, progress);
  const books = await source.books(range);
  requireSame(before, await source.streams());
  await target.finish(books);
  return {
    samples: progress.samples,
    written: progress.written,
    signals: new Set(kept.map(({ signal }) => signal)).size,
    days: days.size,
    tooOld: totalOf(counts) - progress.total,
    gaps: books.gaps.length,
    events: books.events.length,
  };
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const totalOf = (counts: readonly DayCount[]): number =>
  counts.reduce((sum, { samples }) => sum + samples, 0);

/** The target may hold what an earlier copy of this source brought, nothing of its own. @throws StartError */
function requireOwn(
  held: readonly StreamState[],
  origin: readonly StreamState[],
  target: Pick<CopyTarget, 'name'>,
): void {
  for (const { stream, epochNumber, received } of held) {
    const its = origin.find((one) => one.stream.agent === stream.agent && one.stream.epoch === stream.epoch);
    const known = SequenceRanges.of(its?.received ?? []);
    const isCopy =
      its?.epochNumber === epochNumber &&
      received.every(([from, to]) => known.missing(from, to).length === 0);
    if (!isCopy)
      throw new StartError(
        'COPY_TARGET_IN_USE',
        `${target.name} has received samples of its own, from ${stream.agent}`,
        'copy into an empty store: another folder, or another --database',
      );
  }
}

/** @throws StartError when something came in meanwhile */
function requireSame(before: readonly StreamState[], after: readonly StreamState[]): void {
  const text = (states: readonly StreamState[]): string =>
    JSON.stringify(states.map(({ stream, received }) => [stream.agent, stream.epoch, received]));
  if (text(before) !== text(after))
    throw new StartError(
      'COPY_SOURCE_GREW',
      'the source has received more while it was copied',
      'stop the centre and run the same command again: it goes on where it was',
    );
}

interface Tally {
  readonly total: number;
  samples: number;
  written: number;
}

async function copyDay(
  order: CopyOrder,
  day: number,
  held: readonly DayCount[],
  tally: Tally,
): Promise<void> {
  const { source, target, onProgress } = order;
  const noted = await target.noted(day);
  const isNoted = ({ signal, samples }: DayCount): boolean =>
    noted.get(signal)?.startsWith(`${samples} `) === true;
  for (const { samples } of held.filter(isNoted)) tally.samples += samples;
  const dayRange = { from: BigInt(day) * NS_PER_DAY, to: BigInt(day + 1) * NS_PER_DAY };
  const range = { from: max(dayRange.from, order.range.from), to: min(dayRange.to, order.range.to) };
  for (const unit of unitsOf(held.filter((one) => !isNoted(one)))) {
    const signals = unit.map(({ signal }) => signal);
    let waiting: MovedSample[] = [];
    const flush = async (): Promise<void> => {
      await target.write(waiting);
      tally.samples += waiting.length;
      tally.written += waiting.length;
      waiting = [];
      onProgress({ day, ...tally });
    };
    const sent = await digestsOf(source, signals, range, (page) => {
      for (const sample of page) waiting.push(sample);
      return waiting.length >= WRITE_SAMPLES ? flush() : undefined;
    });
    await flush();
    requireEqual(sent, await digestsOf(target, signals, range), day);
    await target.note(day, sent);
  }
  onProgress({ day, ...tally });
}

/** Signals of a day in groups of about {@link UNIT_SAMPLES}. */
function unitsOf(counts: readonly DayCount[]): DayCount[][] {
  const units: DayCount[][] = [];
  let room = 0;
  for (const one of counts) {
    if (room < one.samples || units.length === 0) {
      units.push([]);
      room = UNIT_SAMPLES;
    }
    units.at(-1)?.push(one);
    room -= one.samples;
  }
  return units;
}

async function digestsOf(
  reader: StoreReader,
  signals: readonly SignalId[],
  range: TimeRange,
  onPage?: (page: readonly MovedSample[]) => Promise<void> | undefined,
): Promise<Map<SignalId, string>> {
  const digests = new Map<SignalId, SampleDigest>();
  await reader.read(signals, range, (page) => {
    for (const moved of page) {
      const { signal } = moved.sample;
      const digest = digests.get(signal) ?? new SampleDigest();
      digests.set(signal, digest);
      digest.add(moved);
    }
    return onPage?.(page);
  });
  return new Map([...digests].map(([signal, { text }]) => [signal, text]));
}

function requireEqual(
  sent: ReadonlyMap<SignalId, string>,
  found: ReadonlyMap<SignalId, string>,
  day: number,
): void {
  for (const signal of new Set([...sent.keys(), ...found.keys()])) {
    if (sent.get(signal) === found.get(signal)) continue;
    const date = nsToIso(BigInt(day) * NS_PER_DAY).slice(0, 10);
    throw new StartError(
      'COPY_DIFFERS',
      `${signal} of ${date} is not the same in the target: sent ${sent.get(signal) ?? 'nothing'}, read back ${found.get(signal) ?? 'nothing'} (samples, checksum)`,
      'that nobody else writes into the target, then run the same command again',
    );
  }
}
