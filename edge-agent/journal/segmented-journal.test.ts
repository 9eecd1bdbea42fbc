import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, createAliasTable } from '#contracts/sparkplug/record.ts';
import { dropBodySchema } from '#contracts/delivery.ts';
import { createSampleBatch } from '#domain/sample-batch.ts';
import { crc32c } from '#domain/crc32c.ts';
import { createLogger } from '#platform/logger.ts';
import type { JournalRecord, NewRecord } from './journal.ts';
import type { JournalOptions } from './journal-options.ts';
import { SegmentedJournal } from './segmented-journal.ts';
import { SimulatedDisk, seededRandom } from './simulated-disk.ts';

const log = createLogger('test', 'silent');
const DIR = '/journal';
const RUNS = Number(process.env['JOURNAL_RUNS'] ?? 60);

function open(disk: SimulatedDisk, options: Partial<JournalOptions> = {}): SegmentedJournal {
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

/** A record whose content tells which one it is. */
function record(samples: number, size = 40): NewRecord {
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

const idOf = ({ metrics }: { metrics: Uint8Array }): number =>
  new DataView(metrics.buffer, metrics.byteOffset).getFloat64(0);
const idOfNew = ({ content }: NewRecord): number => (typeof content === 'function' ? -1 : idOf(content));

async function readAll(journal: SegmentedJournal, from = 1): Promise<JournalRecord[]> {
  const all: JournalRecord[] = [];
  for (let at = from; ;) {
    const some = await journal.read(at, 700);
    if (some.length === 0) return all;
    all.push(...some);
    at = (some.at(-1)?.sequence ?? at) + 1;
  }
}

function dropOf(found: JournalRecord): { samples: number; sequences: [number, number] } {
  const { body } = decodeRecord(found.metrics, createAliasTable(), createSampleBatch(1));
  return dropBodySchema.parse(JSON.parse(body ?? ''));
}

const macrotask = (): Promise<void> => new Promise(setImmediate);

/** What must hold, whatever happens: kept beside the journal through any number of crashes. */
class Model {
  /** Durable by promise (`append` resolved): sequence by id, learnt from the listener. */
  readonly promised = new Map<number, { sequence: number; samples: number }>();
  /** Groups given to append, as ids, in order. */
  readonly attempted: number[][] = [];
  readonly samplesById = new Map<number, number>();
  readonly sequenceOfId = new Map<number, number>();
  readonly droppedRanges: [number, number][] = [];
  readonly wrongDrops: string[] = [];
  acknowledged = new Set<number>();
  /** Sequences of which we know what they hold: a record may be given up before anybody has read it. */
  readonly seen = new Set<number>();
  /** Off while losses of a former life are declared: what was acknowledged then is not known any more. */
  seesDrops = false;

  watch(journal: SegmentedJournal): void {
    journal.onDurable((records) => {
      for (const found of records) {
        this.seen.add(found.sequence);
        if (found.kind === 'samples') this.sequenceOfId.set(idOf(found), found.sequence);
        if (found.kind === 'drop') this.#drop(journal, found);
      }
    });
  }

  #drop(journal: SegmentedJournal, found: JournalRecord): void {
    const { samples, sequences } = dropOf(found);
    const isAgain = this.droppedRanges.some(([from, to]) => from <= sequences[1] && to >= sequences[0]); // the first declaration went with its segment
    // What is acknowledged while the segment is being given up is declared lost all the same: hence two bounds.
    let least = 0;
    let most = 0;
    for (const [id, sequence] of this.sequenceOfId) {
      if (sequence < sequences[0] || sequence > sequences[1]) continue;
      most += this.samplesById.get(id) ?? 0;
      if (!journal.isAcknowledged(sequence)) least += this.samplesById.get(id) ?? 0;
    }
    for (let one = sequences[0]; one <= sequences[1]; one += 1) if (!this.seen.has(one)) most = Infinity;
    if ((samples < least || samples > most) && this.seesDrops && !isAgain)
      this.wrongDrops.push(`${sequences.join('-')}: ${samples}, not ${least} to ${most}`);
    this.droppedRanges.push(sequences);
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

  isDropped(sequence: number): boolean {
    return this.droppedRanges.some(([from, to]) => sequence >= from && sequence <= to);
  }

  /** Everything promised is there, in its place; nothing is there that was not appended; groups are whole. */
  check(found: readonly JournalRecord[], journal: SegmentedJournal): void {
    const { head } = journal.stats();
    for (const one of found) if (one.kind === 'drop') this.droppedRanges.push(dropOf(one).sequences);
    for (const { sequence } of found) this.seen.add(sequence);
    for (const one of found) if (one.kind === 'samples') this.sequenceOfId.set(idOf(one), one.sequence);
    const bySequence = new Map(found.map((one) => [one.sequence, one]));
    for (const [id, { sequence }] of this.promised) {
      if (this.acknowledged.has(sequence) || this.isDropped(sequence)) continue;
      const there = bySequence.get(sequence);
      expect(there && idOf(there), `promised record ${id} at ${sequence}, head ${head}`).toBe(id);
    }
    const present = found.filter(({ kind }) => kind === 'samples').map(idOf);
    expect(present).toEqual([...present].sort((a, b) => a - b));
    const whole = new Set(present);
    const oldest = present[0] ?? 0;
    for (const ids of this.attempted) {
      const at = ids.findIndex((id) => whole.has(id));
      if (at < 0 || (ids[0] ?? 0) < oldest) continue;
      // Its records stand side by side: the others' places follow from the first one found.
      const begin = (this.sequenceOfId.get(ids[at] ?? 0) ?? 0) - at;
      const isGone = (one: number): boolean => this.isDropped(one) || journal.isAcknowledged(one);
      if (ids.some((_, i) => isGone(begin + i))) continue;
      expect(
        ids.filter((id) => !whole.has(id)),
        `missing of group ${ids.join()}`,
      ).toEqual([]);
    }
  }
}

async function oneLife(
  disk: SimulatedDisk,
  model: Model,
  random: () => number,
  options: Partial<JournalOptions>,
): Promise<void> {
  const journal = open(disk, options);
  const started = await Promise.race([journal.start().then(() => true), offOf(disk)]);
  if (started !== true) return;
  model.seesDrops = false;
  model.watch(journal);
  const settled = await Promise.race([journal.append([{ ...record(0), kind: 'event' }]), offOf(disk)]);
  if (settled === 'off') return;
  model.seesDrops = true;
  const found = await readAll(journal);
  // A segment that was being given up while we read is declared before this one.
  if ((await Promise.race([journal.append([{ ...record(0), kind: 'event' }]), offOf(disk)])) === 'off')
    return;
  model.check(found, journal);
  model.acknowledged = new Set(
    [...model.promised.values()].map(({ sequence }) => sequence).filter((one) => journal.isAcknowledged(one)),
  );
  const steps = Math.floor(random() * 60);
  for (let i = 0; i < steps && !disk.isOff; i += 1) {
    const dice = random();
    if (dice < 0.6)
      model.append(
        journal,
        Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
          record(1 + Math.floor(random() * 9), Math.floor(random() * 300)),
        ),
      );
    else if (dice < 0.75) {
      const { head, tail } = journal.stats();
      const from = tail + Math.floor(random() * 4);
      const to = Math.min(head, from + Math.floor(random() * 20));
      if (from <= to) {
        journal.acknowledge([[from, to]]);
        for (let sequence = from; sequence <= to; sequence += 1) model.acknowledged.add(sequence);
      }
    } else if (dice < 0.9) await macrotask();
    else await Promise.race([readAll(journal, journal.stats().tail), offOf(disk)]);
  }
  if (random() < 0.3) await Promise.race([journal.stop(), offOf(disk)]);
  expect(model.wrongDrops).toEqual([]);
}

async function offOf(disk: SimulatedDisk): Promise<'off'> {
  while (!disk.isOff) await macrotask();
  return 'off';
}

describe('a journal on a disk that loses and tears what was not synced', () => {
  for (const whenFull of ['block', 'drop-oldest'] as const)
    it(`keeps its promises through crashes at any call (${whenFull})`, { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), async (seed) => {
          const random = seededRandom(seed);
          let disk = new SimulatedDisk(seed);
          disk.shortWrites = random() < 0.5;
          const model = new Model();
          const options = whenFull === 'block' ? {} : { whenFull, maxBytes: 9_000 };
          const lives = 2 + Math.floor(random() * 5);
          for (let life = 0; life < lives; life += 1) {
            disk.callsLeft = life === lives - 1 ? Infinity : 5 + Math.floor(random() * 150);
            await oneLife(disk, model, random, options);
            disk = disk.crash();
          }
          await oneLife(disk, model, () => 0, options);
        }),
        { numRuns: RUNS },
      );
    });

  it('counts every sample of the epoch, through restarts', async () => {
    const disk = new SimulatedDisk(1);
    let expected = 0;
    for (let life = 0; life < 5; life += 1) {
      const journal = open(disk);
      await journal.start();
      expect(journal.stats().journaled).toBe(expected);
      for (let i = 1; i <= 20; i += 1) {
        await journal.append([record(i), record(1)]);
        expected += i + 1;
      }
      journal.acknowledge([[1, journal.stats().head - 3]]);
      await journal.stop();
    }
    const journal = open(disk);
    await journal.start();
    expect(journal.stats()).toMatchObject({ journaled: expected, head: 200 });
    expect(journal.lastNotification('pump-01')?.sequence).toBe(nextId);
    expect((await readAll(journal, journal.stats().tail)).map(({ sequence }) => sequence)).toEqual([
      198, 199, 200,
    ]);
    await journal.stop();
  });
});

describe('damage before the tail', () => {
  async function damagedDisk(): Promise<{ disk: SimulatedDisk; total: number }> {
    const disk = new SimulatedDisk(7);
    const journal = open(disk);
    await journal.start();
    for (let i = 1; i <= 60; i += 1) await journal.append([record(i)]);
    const total = journal.stats().journaled;
    await journal.stop();
    return { disk, total };
  }

  it.each(['in a sealed segment', 'in the newest segment'])(
    '%s is declared once, with the exact count',
    async (where) => {
      const { disk, total } = await damagedDisk();
      const segments = disk.paths().filter((path) => path.endsWith('.seg'));
      const path = segments.at(where === 'in a sealed segment' ? 1 : -2) ?? '';
      disk.damage(path, Math.floor(disk.sizeOf(path) / 2));
      const journal = open(disk);
      await journal.start();
      const first = await readAll(journal);
      await journal.append([record(1)]);
      const all = await readAll(journal);
      const drops = all.filter(({ kind }) => kind === 'drop');
      expect(drops).toHaveLength(1);
      const samplesRead = first.filter(({ kind }) => kind === 'samples').length;
      const kept = first
        .filter(({ kind }) => kind === 'samples')
        .reduce((sum, { samples }) => sum + samples, 0);
      expect(kept + (drops[0]?.samples ?? 0)).toBe(total);
      expect(journal.stats()).toMatchObject({
        declaredLost: total - kept,
        damagedRecords: 60 - samplesRead,
      });
      expect(disk.paths().some((one) => one.includes('quarantine'))).toBe(true);
      await journal.stop();
      const again = open(disk);
      await again.start();
      expect((await readAll(again)).filter(({ kind }) => kind === 'drop')).toHaveLength(1);
      await again.stop();
    },
  );

  it('a whole file that is gone is declared', async () => {
    const { disk, total } = await damagedDisk();
    const path = disk.paths().filter((one) => one.endsWith('.seg'))[2] ?? '';
    await disk.unlink(path);
    const journal = open(disk);
    await journal.start();
    await readAll(journal);
    await journal.append([record(1)]);
    const all = await readAll(journal);
    const kept = all.filter(({ kind }) => kind === 'samples').reduce((sum, { samples }) => sum + samples, 0);
    const lost = all.filter(({ kind }) => kind === 'drop').reduce((sum, { samples }) => sum + samples, 0);
    expect(kept + lost).toBe(total + 1);
    expect(lost).toBeGreaterThan(0);
    await journal.stop();
  });
});

describe('a full disk', () => {
  it('takes no samples, lets a loss be declared, and goes on by itself', async () => {
    const disk = new SimulatedDisk(3);
    const journal = open(disk);
    await journal.start();
    await journal.append([record(1)]);
    disk.capacity = disk.usedBytes;
    let isDurable = false;
    const pending = journal.append([record(5, 400)]).then(() => (isDurable = true));
    while (journal.stats().problem === undefined) await macrotask();
    await journal.append([{ ...record(0, 20), kind: 'gap' }]);
    expect(isDurable).toBe(false);
    expect(journal.stats()).toMatchObject({ head: 2, journaled: 1 });
    disk.capacity += 100_000;
    await pending;
    expect(journal.stats()).toMatchObject({ head: 3, journaled: 6, problem: undefined });
    expect((await readAll(journal)).map(({ kind }) => kind)).toEqual(['samples', 'gap', 'samples']);
    await journal.stop();
  });

  it('refuses what would fill the memory instead', async () => {
    const disk = new SimulatedDisk(3);
    const journal = open(disk, { maxPendingBytes: 1_000 });
    await journal.start();
    disk.capacity = 0;
    const waiting = journal.append([record(1, 900)]);
    await expect(journal.append([record(1, 900)])).rejects.toMatchObject({ code: 'JOURNAL_BACKLOG' });
    const refused = expect(waiting).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
    await journal.stop();
    await refused;
  });
});

describe('order of calls', () => {
  it('a record is told durable after its sync; a start pointer is durable before a segment goes', async () => {
    const disk = new SimulatedDisk(5);
    const journal = open(disk);
    await journal.start();
    journal.onDurable(() => disk.trace.push('durable'));
    for (let i = 0; i < 30; i += 1) await journal.append([record(1, 200)]);
    journal.acknowledge([[1, 25]]);
    while (!disk.trace.some((call) => call.startsWith('unlink'))) await macrotask();
    const lastWrite = (before: number, what: string): number =>
      disk.trace.slice(0, before).findLastIndex((call) => call.startsWith(what) && call.includes('.seg'));
    disk.trace.forEach((call, at) => {
      if (call === 'durable') expect(lastWrite(at, 'sync')).toBeGreaterThan(lastWrite(at, 'write'));
    });
    const unlinkAt = disk.trace.findIndex((call) => call.startsWith('unlink'));
    expect(disk.trace.slice(0, unlinkAt).findLast((call) => !call.startsWith('durable'))).toBe(
      `sync ${DIR}/state`,
    );
    await journal.stop();
  });
});

describe('a new epoch', () => {
  it('carries over what is chosen, under new sequences, and survives a crash in the middle', async () => {
    for (let calls = 1; calls < 60; calls += 3) {
      const disk = new SimulatedDisk(calls);
      const journal = open(disk);
      await journal.start();
      for (let i = 0; i < 20; i += 1) await journal.append([record(1)]);
      const before = await readAll(journal);
      const { epoch } = journal.stats();
      disk.callsLeft = calls;
      const done = await Promise.race([
        journal.beginEpoch((sequence) => sequence > 12).then(() => true),
        offOf(disk),
      ]);
      if (done === true) disk.callsLeft = Infinity;
      const after = done === true ? journal : open(disk.crash());
      if (done !== true) await after.start();
      const ids = (await readAll(after)).map(idOf);
      if (after.stats().epoch === epoch) expect(ids).toEqual(before.map(idOf));
      else expect(ids).toEqual(before.slice(12).map(idOf));
      await after.stop();
    }
  });
});
