import type {
  AppendOutcome,
  DeadLetter,
  DeliveredRecord,
  DropRecord,
  SamplesRecord,
  StreamKey,
} from '#domain/sample-store.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import { NS_PER_MS, msToNs } from '#domain/time.ts';
import { StoreUnavailableError } from '#platform/errors.ts';
import {
  contestedTimes,
  planAppend,
  recordOfLine,
  type AppendPlan,
  type NumberedRecord,
  type PlanRules,
} from './append-plan.ts';
import { Collisions } from './collisions.ts';
import type { Ledger } from './ledger.ts';
import { NO_COUNTS, letterLine, linesOfRecord, type RecordCounts } from './ledger-lines.ts';
import type { LineWriter } from './line-writer.ts';
import { carriesLine } from './read-back.ts';
import type { Retention } from './retention.ts';
import { lateLines, type HourBook } from './rolled-hours.ts';
import type { Query } from './sample-queries.ts';
import { noteReceived, type OpenStream, type StreamBook } from './stream-book.ts';

export interface AppendFlowOptions {
  readonly database: string;
  readonly writer: LineWriter;
  readonly ledger: Ledger;
  readonly book: StreamBook;
  readonly query: Query;
  readonly rules: Omit<PlanRules, 'expiredBeforeMs'>;
  readonly hours: HourBook;
  readonly retention: Retention;
  readonly nowMs: () => number;
  readonly putCatalogue: (record: DeliveredRecord & { readonly kind: 'catalogue' }) => Promise<unknown>;
  /** Durable, in the order of `records`. */
  readonly stored: (record: DeliveredRecord, epochNumber: number) => void;
}

interface Entry {
  readonly record: DeliveredRecord;
  readonly stream: OpenStream;
}

/**
 * Samples first, then the ledger's lines that say they are received: a crash between the two leaves points that the
 * redelivery writes again, identical. Several appends may be under way.
 */
export class AppendFlow {
  readonly #options: AppendFlowOptions;
  readonly #active = new Set<Promise<unknown>>();
  /** `agent epoch machine` that the ledger has. */
  readonly #carried = new Set<string>();
  expiredSamples = 0;

  constructor(options: AppendFlowOptions) {
    this.#options = options;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#active);
  }

  /** @throws StoreUnavailableError when nothing may be acknowledged */
  async append(records: readonly DeliveredRecord[]): Promise<AppendOutcome> {
    const entries: Entry[] = [];
    for (const record of records) entries.push({ record, stream: await this.#streamOf(record.stream) });
    const before = [...this.#active];
    const work = this.#append(entries, before);
    this.#active.add(work);
    try {
      return await work;
    } finally {
      this.#active.delete(work);
    }
  }

  async #streamOf(key: StreamKey): Promise<OpenStream> {
    const { book, ledger } = this.#options;
    const known = book.find(key);
    if (known) return known;
    return book.open(await ledger.openStream(key), await ledger.received(key));
  }

  async #append(entries: readonly Entry[], before: readonly Promise<unknown>[]): Promise<AppendOutcome> {
    const isUnderWay = (): boolean =>
      entries.some(({ record, stream }) => stream.underWay.has(record.sequence));
    if (isUnderWay()) {
      await Promise.allSettled(before);
      if (isUnderWay())
        throw new StoreUnavailableError('INFLUX_BUSY', 'the same record is being written already');
    }
    const { fresh, known } = separate(entries);
    for (const { record, stream } of fresh) stream.underWay.add(record.sequence);
    try {
      const forks = await this.#forksAmong(known);
      const samples = await this.#store(fresh, before);
      return { stored: fresh.length, samples, duplicates: known.length - forks.length, forks };
    } finally {
      for (const { record, stream } of fresh) stream.underWay.delete(record.sequence);
    }
  }

  /** Of records that are here already: those that came with other contents. They become dead letters. */
  async #forksAmong(known: readonly Entry[]): Promise<AppendOutcome['forks']> {
    const { ledger } = this.#options;
    const forks: { stream: StreamKey; sequence: number }[] = [];
    for (const { record, stream } of known) {
      const { sequence, checksum } = record;
      const stored =
        stream.checksums.get(sequence) ?? (await ledger.checksums(stream.key, [sequence])).get(sequence);
      if (stored === undefined || stored === checksum) continue;
      forks.push({ stream: stream.key, sequence });
      await ledger.putLetter(forkLetter(record, stored, this.#options.nowMs()));
    }
    return forks;
  }

  /** Answers the number of samples stored. */
  async #store(fresh: readonly Entry[], before: readonly Promise<unknown>[]): Promise<number> {
    const { ledger, putCatalogue, stored } = this.#options;
    for (const { record } of fresh) if (record.kind === 'catalogue') await putCatalogue(record);
    const numbered = fresh.flatMap(({ record, stream }): NumberedRecord[] =>
      record.kind === 'samples' ? [{ record, epochNumber: stream.epochNumber }] : [],
    );
    const { counts, letters } = await this.#storeSamples(numbered, before);
    const lost = await this.#lossesOf(fresh, counts, before);
    const lines = fresh.flatMap(({ record, stream: { epochNumber } }) =>
      linesOfRecord(record, {
        counts: counts.get(record) ?? NO_COUNTS,
        lost: lost.get(record),
        epochNumber,
      }),
    );
    const carries = this.#newCarries(numbered);
    // Decided when the samples are there: nobody has rolled up their hour without them unless it is closed by now.
    // On their own and first: whoever finds the record in the ledger must find its marks there, wherever the two are stored.
    await ledger.write(lateLines(numbered, this.#options.hours.firstOpen));
    await ledger.write([...letters, ...lines, ...carries.values()]);
    for (const key of carries.keys()) this.#carried.add(key);
    for (const { record, stream } of fresh) {
      noteReceived(stream, record.sequence, record.checksum);
      if (record.kind === 'drop') for (const range of rangesOf(record)) stream.received.add(...range);
      stored(record, stream.epochNumber);
    }
    let samples = 0;
    for (const { stored: count } of counts.values()) samples += count;
    return samples;
  }

  #newCarries(records: readonly NumberedRecord[]): Map<string, string> {
    const lines = new Map<string, string>();
    for (const {
      record: { stream, sequence, machine, batch },
    } of records) {
      const key = `${stream.agent} ${stream.epoch} ${machine}`;
      if (batch.count > 0 && !this.#carried.has(key)) lines.set(key, carriesLine(stream, machine, sequence));
    }
    return lines;
  }

  /** Samples of each declared loss that really never came: its acknowledgement may have been lost, not the record. */
  async #lossesOf(
    fresh: readonly Entry[],
    counts: ReadonlyMap<DeliveredRecord, RecordCounts>,
    before: readonly Promise<unknown>[],
  ): Promise<Map<DeliveredRecord, number>> {
    const losses = new Map<DeliveredRecord, number>();
    const drops = fresh.flatMap(({ record, stream }) => (record.kind === 'drop' ? [{ record, stream }] : []));
    if (drops.length > 0) await Promise.allSettled(before);
    for (const { record, stream } of drops) {
      const ranges = rangesOf(record);
      const known = SequenceRanges.of(stream.received.toArray());
      const here = fresh.filter((entry) => entry.stream === stream && entry.record !== record);
      for (const { record: other } of here) {
        if (other.kind === 'drop' && losses.has(other))
          for (const range of rangesOf(other)) known.add(...range);
        known.add(other.sequence);
      }
      const isNew = ranges.some(([from, to]) => known.missing(from, to).length > 0);
      let arrived = isNew ? await this.#options.ledger.arrived(stream.key, ranges) : 0;
      for (const { record: other } of here)
        if (ranges.some(([from, to]) => other.sequence >= from && other.sequence <= to))
          arrived += sumOf(counts.get(other));
      const { journaled = record.samples } = record;
      if (isNew && record.journaled !== undefined) arrived += await this.#declared(stream.key, record);
      losses.set(record, isNew ? Math.max(0, journaled - arrived) : 0);
    }
    return losses;
  }

  /** Samples that were declared lost before, of sequences that the record speaks of. */
  async #declared(stream: StreamKey, { sequences: [, last] }: DropRecord): Promise<number> {
    const drops = await this.#options.ledger.drops(stream);
    return drops.reduce((sum, { to, lost }) => sum + (to <= last ? lost : 0), 0);
  }

  async #storeSamples(
    records: readonly NumberedRecord[],
    before: readonly Promise<unknown>[],
  ): Promise<{ counts: Map<DeliveredRecord, RecordCounts>; letters: string[] }> {
    const { database, writer, retention } = this.#options;
    const plan = await this.#plan(records, before);
    const refused = await writer.write(database, plan.lines);
    for (const { index, reason } of refused) {
      const at = recordOfLine(plan, index);
      const line = plan.lines.text(index);
      if (retention.isReasonFor({ timeMs: timeMsOfLine(line), reason }))
        plan.expired[at] = (plan.expired[at] ?? 0) + 1;
      else plan.refused[at]?.push({ line, reason });
    }
    if (refused.length > 0) await retention.renew();
    const counts = new Map<DeliveredRecord, RecordCounts>();
    const letters: string[] = [];
    for (const [at, { record }] of records.entries()) {
      const expired = plan.expired[at] ?? 0;
      this.expiredSamples += expired;
      const lines = plan.refused[at] ?? [];
      counts.set(record, {
        stored: record.batch.count - expired - lines.length,
        rejected: lines.length,
        expired,
      });
      if (lines.length > 0)
        letters.push(letterLine(refusedLines(record, lines, this.#options.nowMs()), undefined));
    }
    return { counts, letters };
  }

  async #plan(records: readonly NumberedRecord[], before: readonly Promise<unknown>[]): Promise<AppendPlan> {
    const { query, retention } = this.#options;
    const { contested, earliestMs } = contestedTimes(records, this.#options.rules);
    if (earliestMs < retention.certainMs) await retention.renew();
    const rules = { ...this.#options.rules, expiredBeforeMs: retention.certainMs };
    const collisions = new Collisions(contested);
    if (collisions.size > 0) {
      // What earlier appends put there must be seen; later ones wait for this one.
      await Promise.allSettled(before);
      await collisions.load(query, rules.registry);
    }
    return planAppend(records, rules, collisions);
  }
}

/** Tells a refused line that is too old from one that is wrong. */
const timeMsOfLine = (line: string): number =>
  Number(BigInt(line.slice(line.lastIndexOf(' ') + 1)) / NS_PER_MS);

const rangesOf = ({ ranges, sequences }: DropRecord): readonly SequenceRange[] => ranges ?? [sequences];

const sumOf = (counts: RecordCounts = NO_COUNTS): number => counts.stored + counts.rejected + counts.expired;

function separate(entries: readonly Entry[]): { fresh: Entry[]; known: Entry[] } {
  const fresh: Entry[] = [];
  const known: Entry[] = [];
  const here = new Map<OpenStream, Set<number>>();
  for (const entry of entries) {
    const { record, stream } = entry;
    const inThisCall = here.get(stream) ?? new Set();
    here.set(stream, inThisCall);
    if (stream.received.has(record.sequence) || inThisCall.has(record.sequence)) known.push(entry);
    else fresh.push(entry);
    inThisCall.add(record.sequence);
  }
  return { fresh, known };
}

function forkLetter(
  { stream, sequence, checksum, kind }: DeliveredRecord,
  stored: number,
  nowMs: number,
): Omit<DeadLetter, 'id'> {
  return {
    receivedAt: msToNs(nowMs),
    topic: '',
    code: 'STREAM_FORK',
    stream,
    sequence,
    reason: `a record of kind ${kind} came with checksum ${checksum}, stored is ${stored}`,
    payload: new Uint8Array(),
  };
}

function refusedLines(
  { stream, sequence }: SamplesRecord,
  lines: readonly { readonly line: string; readonly reason: string }[],
  nowMs: number,
): Omit<DeadLetter, 'id'> {
  const reasons = [...new Set(lines.map(({ reason }) => reason))];
  return {
    receivedAt: msToNs(nowMs),
    topic: '',
    code: 'LINE_REFUSED',
    stream,
    sequence,
    samples: lines.length,
    reason: `InfluxDB refuses ${lines.length} lines: ${reasons.join('; ')}`,
    payload: Buffer.from(lines.map(({ line }) => line).join('\n')),
  };
}
