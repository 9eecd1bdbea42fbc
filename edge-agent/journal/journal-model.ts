/** What a journal must hold to, whatever happens to its disk: for property tests, kept beside it through any number of crashes. */
import { expect } from 'vitest';
import { crc32c } from '#domain/crc32c.ts';
import { dropBodySchema } from '#contracts/delivery.ts';
import { createAliasTable } from '#contracts/sparkplug/record.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import { createSampleBatch } from '#domain/sample-batch.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import { createLogger } from '#platform/logger.ts';
import { findMagic, readFrame } from './frame.ts';
import type { JournalRecord, NewRecord } from './journal.ts';
import type { JournalOptions } from './journal-options.ts';
import { firstOfName } from './segment.ts';
import { SegmentedJournal } from './segmented-journal.ts';
import { SimulatedDisk, seededRandom } from './simulated-disk.ts';

const log = createLogger('test', 'silent');
export const DIR = '/journal';

export function openJournal(disk: SimulatedDisk, options: Partial<JournalOptions> = {}): SegmentedJournal {
  return new SegmentedJournal({
    dir: DIR,
    maxBytes: 1 << 30,
    segmentBytes: 2_000,
    whenFull: 'block',
    reserveBytes: 512,
    cacheBytes: 1_500,
    retryMs: 1,
    log,
    disk,
    ...options,
  });
}

let nextId = 1;
export const lastId = (): number => nextId;

/** A record whose content tells which one it is. */
export function record(samples: number, size = 40): NewRecord {
  const metrics = new Uint8Array(8 + size).fill(samples);
  new DataView(metrics.buffer).setFloat64(0, nextId++);
  return {
    kind: 'samples',
    machineId: 'pump-01',
    catalogueVersion: 1,
    samples,
    content: { metrics, checksum: crc32c(metrics) },
    notification: { subscriptionId: 9, sequence: nextId },
  };
}

export const idOf = ({ metrics }: { metrics: Uint8Array }): number =>
  new DataView(metrics.buffer, metrics.byteOffset).getFloat64(0);
const idOfNew = ({ content }: NewRecord): number => (typeof content === 'function' ? -1 : idOf(content));

export async function readAll(journal: SegmentedJournal, from = 1): Promise<JournalRecord[]> {
  const all: JournalRecord[] = [];
  for (let at = from; ;) {
    const some = await journal.read(at, 700);
    if (some.length === 0) return all;
    all.push(...some);
    at = (some.at(-1)?.sequence ?? at) + 1;
  }
}

interface Declared {
  readonly samples: number;
  readonly moved: number;
  readonly ranges: readonly SequenceRange[];
  readonly cause: string;
}

export function dropOf(found: JournalRecord): Declared {
  const { body } = decodeRecord(found.metrics, createAliasTable(), createSampleBatch(1));
  const { samples, sequences, ranges, moved, cause } = dropBodySchema.parse(JSON.parse(body ?? ''));
  return { samples, moved: moved?.samples ?? 0, ranges: ranges ?? [sequences], cause };
}

export const macrotask = (): Promise<void> => new Promise(setImmediate);

const isMoved = (found: JournalRecord): boolean => 'moved' in found && found.moved === true;

/** A policy of thinning for records that hold no samples one could look into: every fourth one is kept. */
export const keepEveryFourth = (records: readonly JournalRecord[]): NewRecord[] =>
  records.length < 4
    ? []
    : records
        .filter((_, i) => i % 4 === 0)
        .map(({ kind, machineId, catalogueVersion, samples, metrics, checksum }) => ({
          kind,
          machineId,
          catalogueVersion,
          samples,
          content: { metrics: metrics.slice(), checksum },
          moved: true,
        }));

/** Evidence of one run, for whoever wants to see that the checks had something to look at. */
export interface ModelFigures {
  declarations: number;
  /** Declarations over records that the test had not read before they were given up. */
  unreadDeclarations: number;
  thinned: number;
}

export class Model {
  /** Durable by promise (`append` resolved): sequence by id, learnt from the listener. */
  readonly promised = new Map<number, { sequence: number; samples: number }>();
  /** Groups given to append, as ids, in order. */
  readonly attempted: number[][] = [];
  readonly samplesById = new Map<number, number>();
  readonly sequenceOfId = new Map<number, number>();
  readonly movedIds = new Set<number>();
  readonly dropped = new SequenceRanges();
  readonly figures: ModelFigures = { declarations: 0, unreadDeclarations: 0, thinned: 0 };
  acknowledged = new Set<number>();
  /** Acknowledged at any time, though the journal may have forgotten it in a crash. */
  readonly onceAcknowledged = new Set<number>();
  /** What the segments held that are gone, read from the disk as they went: the truth about what was given up. */
  readonly #gone = new Map<number, number>();
  readonly #read = new Set<number>();
  readonly #checkedDrops = new Set<number>();
  /** Declarations to be compared when the segment they speak of has gone. */
  #toCompare: { readonly ranges: readonly SequenceRange[]; readonly samples: number }[] = [];

  watch(journal: SegmentedJournal, disk: SimulatedDisk): void {
    disk.onUnlink = (path, content) => this.#learnGone(disk, path, Buffer.from(content));
    journal.onDurable((records) => {
      for (const found of records) {
        this.#read.add(found.sequence);
        if (found.kind === 'samples') this.#place(found);
        if (found.kind === 'drop') this.#drop(found);
      }
    });
  }

  #place(found: JournalRecord): void {
    this.sequenceOfId.set(idOf(found), found.sequence);
    if (isMoved(found)) this.movedIds.add(idOf(found));
  }

  /** Of a segment whose write failed, the rest behind the next one's first sequence never counted. */
  #learnGone(disk: SimulatedDisk, path: string, content: Buffer): void {
    const first = firstOfName(path.split('/').at(-1) ?? '');
    if (first === undefined) return;
    const firsts = disk.paths().map((one) => firstOfName(one.split('/').at(-1) ?? '') ?? 0);
    const end = Math.min(...firsts.filter((one) => one > first));
    for (let at = findMagic(content, 0); at >= 0;) {
      const frame = readFrame(content, at);
      if (frame && frame.sequence < end)
        this.#gone.set(frame.sequence, frame.kind === 'samples' ? frame.samples : 0);
      at = findMagic(content, at + (frame?.length ?? 1));
    }
  }

  /** A declaration counts every sample of the records it names that is not kept elsewhere: no more, no less. */
  #drop(found: JournalRecord): void {
    if (this.#checkedDrops.has(found.sequence)) return;
    this.#checkedDrops.add(found.sequence);
    const { samples, moved, ranges, cause } = dropOf(found);
    const isAgain = ranges.some(([from, to]) => this.dropped.missing(from, to).length === 0);
    if (cause === 'journal-full' && !isAgain) {
      this.#toCompare.push({ ranges, samples });
      this.figures.declarations += 1;
      const sequences = ranges.flatMap(([from, to]) =>
        Array.from({ length: to - from + 1 }, (_, i) => from + i),
      );
      if (!sequences.every((one) => this.#read.has(one))) this.figures.unreadDeclarations += 1;
    }
    if (cause === 'journal-thinned') this.figures.thinned += moved;
    for (const range of ranges) this.dropped.add(...range);
  }

  /** Compares declarations with what was there; at the end all of it must be known. */
  compare(isEnd = false): void {
    const waiting = this.#toCompare;
    this.#toCompare = [];
    for (const one of waiting) {
      const truth = this.#samplesOf(one.ranges);
      if (Number.isNaN(truth) && !isEnd) this.#toCompare.push(one);
      else expect(one.samples, `declared of ${one.ranges.join(' ')}`).toBe(truth);
    }
  }

  #samplesOf(ranges: readonly SequenceRange[]): number {
    let sum = 0;
    for (const [from, to] of ranges)
      for (let one = from; one <= to; one += 1) sum += this.#gone.get(one) ?? NaN;
    return sum;
  }

  append(journal: SegmentedJournal, group: NewRecord[]): void {
    const ids = group.map(idOfNew);
    this.attempted.push(ids);
    group.forEach((one, i) => this.samplesById.set(ids[i] ?? 0, one.samples));
    journal.append(group).then(
      () =>
        ids.forEach((id) =>
          this.promised.set(id, {
            sequence: this.sequenceOfId.get(id) ?? -1,
            samples: this.samplesById.get(id) ?? 0,
          }),
        ),
      () => {},
    );
  }

  acknowledge(journal: SegmentedJournal, from: number, to: number): void {
    journal.acknowledge([[from, to]]);
    for (let sequence = from; sequence <= to; sequence += 1) {
      this.acknowledged.add(sequence);
      this.onceAcknowledged.add(sequence);
    }
  }

  /** Everything promised is there, in its place; nothing is there that was not appended; groups are whole. */
  check(found: readonly JournalRecord[], journal: SegmentedJournal): void {
    for (const one of found) {
      this.#read.add(one.sequence);
      if (one.kind === 'samples') this.#place(one);
      if (one.kind === 'drop') for (const range of dropOf(one).ranges) this.dropped.add(...range);
    }
    this.#checkPromised(found, journal.stats().head);
    this.#checkGone();
    const present = found.filter(({ kind }) => kind === 'samples');
    const ids = present.filter((one) => !isMoved(one)).map(idOf);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    const unsent = present.filter(({ sequence }) => !this.dropped.has(sequence)).map(idOf);
    expect(
      unsent.filter((id, i) => unsent.indexOf(id) !== i),
      'there twice',
    ).toEqual([]);
    this.#checkGroups(new Set(ids), ids[0] ?? 0, journal);
  }

  #checkPromised(found: readonly JournalRecord[], head: number): void {
    const bySequence = new Map(found.map((one) => [one.sequence, one]));
    for (const [id, { sequence }] of this.promised) {
      if (this.acknowledged.has(sequence) || this.dropped.has(sequence)) continue;
      const there = bySequence.get(sequence);
      expect(there && idOf(there), `promised record ${id} at ${sequence}, head ${head}`).toBe(id);
    }
  }

  /** Nothing goes that was neither acknowledged nor declared. */
  #checkGone(): void {
    const silent = [...this.#gone.keys()].filter(
      (sequence) => !this.onceAcknowledged.has(sequence) && !this.dropped.has(sequence),
    );
    expect(silent, 'gone without a word').toEqual([]);
  }

  #checkGroups(whole: ReadonlySet<number>, oldest: number, journal: SegmentedJournal): void {
    for (const ids of this.attempted) {
      const at = ids.findIndex((id) => whole.has(id));
      if (at < 0 || (ids[0] ?? 0) < oldest || ids.some((id) => this.movedIds.has(id))) continue;
      // Its records stand side by side: the others' places follow from the first one found.
      const begin = (this.sequenceOfId.get(ids[at] ?? 0) ?? 0) - at;
      const isGone = (one: number): boolean => this.dropped.has(one) || journal.isAcknowledged(one);
      if (ids.some((_, i) => isGone(begin + i))) continue;
      expect(
        ids.filter((id) => !whole.has(id)),
        `missing of group ${ids.join()}`,
      ).toEqual([]);
    }
  }
}

export async function oneLife(
  disk: SimulatedDisk,
  model: Model,
  random: () => number,
  options: Partial<JournalOptions>,
): Promise<void> {
  const journal = openJournal(disk, options);
  model.watch(journal, disk);
  const started = await Promise.race([journal.start().then(() => true), offOf(disk)]);
  if (started !== true) return;
  const marker = (): Promise<unknown> =>
    Promise.race([journal.append([{ ...record(0), kind: 'event' }]), offOf(disk)]);
  if ((await marker()) === 'off') return;
  const found = await readAll(journal);
  // A segment that was being given up while we read is declared before this one.
  if ((await marker()) === 'off') return;
  model.check(found, journal);
  model.acknowledged = new Set(
    [...model.promised.values()].map(({ sequence }) => sequence).filter((one) => journal.isAcknowledged(one)),
  );
  const steps = Math.floor(random() * 60);
  for (let i = 0; i < steps && !disk.isOff; i += 1) await oneStep(journal, disk, model, random);
  if (random() < 0.3) await Promise.race([journal.stop(), offOf(disk)]);
  model.compare();
}

async function oneStep(
  journal: SegmentedJournal,
  disk: SimulatedDisk,
  model: Model,
  random: () => number,
): Promise<void> {
  const dice = random();
  if (dice < 0.6) {
    const size = 1 + Math.floor(random() * 3);
    const one = (): NewRecord => record(1 + Math.floor(random() * 9), Math.floor(random() * 300));
    model.append(journal, Array.from({ length: size }, one));
  } else if (dice < 0.75) {
    const { head, tail } = journal.stats();
    const from = tail + Math.floor(random() * 4);
    const to = Math.min(head, from + Math.floor(random() * 20));
    if (from <= to) model.acknowledge(journal, from, to);
  } else if (dice < 0.9) await macrotask();
  else await Promise.race([readAll(journal, journal.stats().tail), offOf(disk)]);
}

export async function offOf(disk: SimulatedDisk): Promise<'off'> {
  while (!disk.isOff) await macrotask();
  return 'off';
}

export const POLICIES = ['block', 'drop-oldest', 'thin'] as const;

/** Some lives of one journal, each but the last ended by a crash at any call to its disk. */
export async function crashRun(seed: number, whenFull: (typeof POLICIES)[number]): Promise<ModelFigures> {
  const random = seededRandom(seed);
  let disk = new SimulatedDisk(seed);
  disk.shortWrites = random() < 0.5;
  const model = new Model();
  const options = whenFull === 'block' ? {} : { whenFull, maxBytes: 9_000, thin: keepEveryFourth };
  const lives = 2 + Math.floor(random() * 5);
  for (let life = 0; life < lives; life += 1) {
    disk.callsLeft = life === lives - 1 ? Infinity : 5 + Math.floor(random() * 150);
    await oneLife(disk, model, random, options);
    disk = disk.crash();
  }
  await oneLife(disk, model, () => 0, options);
  model.compare(true);
  return model.figures;
}
