import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DIR,
  Model,
  POLICIES,
  crashRun,
  idOf,
  keepEveryFourth,
  lastId,
  macrotask,
  offOf,
  openJournal,
  readAll,
  record,
} from './journal-model.ts';
import type { Heritage } from './journal.ts';
import { SimulatedDisk } from './simulated-disk.ts';

/** More by `JOURNAL_RUNS=5000`. */
const RUNS = Number(process.env['JOURNAL_RUNS'] ?? 60);

describe('a journal on a disk that loses and tears what was not synced', () => {
  for (const whenFull of POLICIES)
    it(`keeps its promises through crashes at any call (${whenFull})`, { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), async (seed) => {
          await crashRun(seed, whenFull);
        }),
        { numRuns: RUNS },
      );
    });

  it('declares exactly what it gives up before anybody has read it', async () => {
    const disk = new SimulatedDisk(11);
    const before = openJournal(disk);
    await before.start();
    for (let i = 1; i <= 60; i += 1) await before.append([record(i, 120)]);
    await before.stop();
    const model = new Model();
    const journal = openJournal(disk, { whenFull: 'drop-oldest', maxBytes: 9_000 });
    model.watch(journal, disk);
    await journal.start();
    await journal.append([record(1)]);
    await journal.append([record(1)]);
    model.compare(true);
    expect(model.figures.unreadDeclarations).toBeGreaterThan(0);
    await journal.stop();
  });

  it('lets nothing out of a segment that it is giving up, and keeps nothing of what went out before', async () => {
    const disk = new SimulatedDisk(12);
    const whileThinning: [claimed: boolean, later: boolean][] = [];
    const thinned: number[] = [];
    const journal = openJournal(disk, {
      whenFull: 'thin',
      maxBytes: 9_000,
      thin: (records) => {
        thinned.push(...records.map(({ sequence }) => sequence));
        const last = records.at(-1)?.sequence ?? 0;
        whileThinning.push([journal.claim(last), journal.claim(journal.stats().head)]);
        return keepEveryFourth(records);
      },
    });
    await journal.start();
    await journal.append([record(1, 120)]);
    await journal.confirmHead(); // a store said what it has: of what comes now, it has what is claimed
    await journal.append([record(2, 120), record(3, 120)]);
    expect([journal.claim(2), thinned.length]).toEqual([true, 0]);
    for (let i = 4; i <= 60; i += 1) await journal.append([record(i, 120)]);
    expect(thinned).toContain(3);
    expect(thinned).not.toContain(2);
    expect(new Set(whileThinning.map(String))).toEqual(new Set(['false,true']));
    expect(journal.claim(3)).toBe(false); // it goes on under another sequence
    await journal.stop();
  });

  it('counts every sample of the epoch, through restarts', async () => {
    const disk = new SimulatedDisk(1);
    let expected = 0;
    for (let life = 0; life < 5; life += 1) {
      const journal = openJournal(disk);
      await journal.start();
      expect(journal.stats().journaled).toBe(expected);
      for (let i = 1; i <= 20; i += 1) {
        await journal.append([record(i), record(1)]);
        expected += i + 1;
      }
      journal.acknowledge([[1, journal.stats().head - 3]]);
      await journal.stop();
    }
    const journal = openJournal(disk);
    await journal.start();
    expect(journal.stats()).toMatchObject({ journaled: expected, head: 200 });
    expect(journal.lastNotification('pump-01')?.sequence).toBe(lastId());
    expect((await readAll(journal, journal.stats().tail)).map(({ sequence }) => sequence)).toEqual([
      198, 199, 200,
    ]);
    await journal.stop();
  });
});

describe('damage before the tail', () => {
  async function damagedDisk(): Promise<{ disk: SimulatedDisk; total: number }> {
    const disk = new SimulatedDisk(7);
    const journal = openJournal(disk);
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
      const journal = openJournal(disk);
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
      expect(journal.stats().quarantined).toBe(1);
      await journal.stop();
      const again = openJournal(disk);
      await again.start();
      expect((await readAll(again)).filter(({ kind }) => kind === 'drop')).toHaveLength(1);
      expect(again.stats().quarantined).toBe(1);
      for (const name of disk.paths().filter((one) => one.includes('quarantine'))) await disk.unlink(name);
      await again.lookAtQuarantine();
      expect(again.stats().quarantined).toBe(0);
      await again.stop();
    },
  );

  it('a whole file that is gone is declared', async () => {
    const { disk, total } = await damagedDisk();
    const path = disk.paths().filter((one) => one.endsWith('.seg'))[2] ?? '';
    await disk.unlink(path);
    const journal = openJournal(disk);
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
    const journal = openJournal(disk);
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

  it('is there when the process begins: what is journaled can be read, more is taken when there is space', async () => {
    const disk = new SimulatedDisk(3);
    const first = openJournal(disk);
    await first.start();
    await first.append([record(1)]);
    await first.stop();
    disk.capacity = disk.usedBytes;
    const journal = openJournal(disk);
    await journal.start();
    expect((await readAll(journal)).map(({ samples }) => samples)).toEqual([1]);
    const pending = journal.append([record(5, 400)]);
    while (journal.stats().problem === undefined) await macrotask();
    expect(journal.stats().problem).toMatch(/the disk of the journal is full/);
    disk.capacity += 100_000;
    await pending;
    while (journal.stats().problem !== undefined) await macrotask();
    expect(journal.stats()).toMatchObject({ head: 2, journaled: 6 });
    await journal.stop();
  });

  it('refuses what would fill the memory instead', async () => {
    const disk = new SimulatedDisk(3);
    const journal = openJournal(disk, { maxPendingBytes: 1_000 });
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
    const journal = openJournal(disk);
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
  it('leaves behind what speaks of the old sequences', async () => {
    const disk = new SimulatedDisk(4);
    const journal = openJournal(disk);
    await journal.start();
    for (const kind of ['samples', 'checkpoint', 'drop', 'gap', 'samples'] as const)
      await journal.append([{ ...record(3), kind }]);
    let heritage: Heritage | undefined;
    await journal.beginEpoch({ carry: () => true, testament: (of) => ((heritage = of), []) });
    expect(heritage).toMatchObject({ carried: 6, before: { head: 5, journaled: 6, declaredLost: 3 } });
    expect((await readAll(journal)).map(({ kind }) => kind)).toEqual(['samples', 'gap', 'samples']);
    expect(journal.stats()).toMatchObject({ journaled: 6, declaredLost: 0 });
    await journal.stop();
  });

  it('carries over what is chosen, under new sequences, with a word on the old one, and survives a crash in the middle', async () => {
    for (let calls = 1; calls < 60; calls += 3) {
      const disk = new SimulatedDisk(calls);
      const journal = openJournal(disk);
      await journal.start();
      for (let i = 0; i < 20; i += 1) await journal.append([record(1)]);
      const before = await readAll(journal);
      const { epoch } = journal.stats();
      const word = { ...record(0), kind: 'event' as const };
      disk.callsLeft = calls;
      const done = await Promise.race([
        journal.beginEpoch({ carry: (sequence) => sequence > 12, testament: () => [word] }).then(() => true),
        offOf(disk),
      ]);
      if (done === true) disk.callsLeft = Infinity;
      const after = done === true ? journal : openJournal(disk.crash());
      if (done !== true) await after.start();
      const ids = (await readAll(after)).map(idOf);
      const isOld = after.stats().epoch === epoch;
      expect(ids).toEqual(isOld ? before.map(idOf) : [...before.slice(12).map(idOf), lastId() - 1]);
      await after.stop();
    }
  });
});
