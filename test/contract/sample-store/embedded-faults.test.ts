/** What only the embedded store can be asked: crashes, a full disk, its lock, versions, backup. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import type { EmbeddedHistorianConfig } from '#contracts/config/historian.ts';
import {
  createEmbeddedStore,
  type EmbeddedStore,
} from '../../../services/historian/embedded/embedded-store.ts';
import { backupStore, restoreStore } from '../../../services/historian/embedded/backup.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { ROWS_PER_RECORD } from './embedded-crash.rows.ts';
import { ALWAYS, SECOND, STREAM, T0, T0_MS, prepare, samplesRecord, signalOf, valuesOf } from './records.ts';

const CHILD = new URL('./embedded-crash.child.ts', import.meta.url).pathname;
const CLI = new URL('../../../services/historian/cli.ts', import.meta.url).pathname;
const KEEP: Partial<EmbeddedHistorianConfig> = { retentionDays: 36_500, sealIntervalMs: 86_400_000 };

let dir = '';
/** Another folder, for copies of the store. */
let aside = '';
const open: EmbeddedStore[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'historian-'));
  aside = await mkdtemp(join(tmpdir(), 'historian-aside-'));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.stop()));
  for (const folder of [dir, aside]) await rm(folder, { recursive: true, force: true });
});

async function start(config: Partial<EmbeddedHistorianConfig> = {}, at = dir): Promise<EmbeddedStore> {
  const store = createEmbeddedStore({ dir: at, config: { ...KEEP, ...config } });
  open.push(store);
  await store.start();
  return store;
}

/** Runs the child until it has acknowledged `count` records, kills it; answers all that it acknowledged. */
async function runAndKill(count: number): Promise<number[]> {
  const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: number[] = [];
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line));
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  await exited;
  return acknowledged;
}

describe('kill -9 of the store', () => {
  it('keeps what was acknowledged, once, through sealing and merging', async () => {
    const acknowledged: number[] = [];
    for (const count of [40, 333, 700, 150]) acknowledged.push(...(await runAndKill(count)));
    const store = await start();
    const { received } = await store.openStream(STREAM);
    const ranges = SequenceRanges.of(received);
    expect(acknowledged.filter((sequence) => !ranges.has(sequence))).toEqual([]);
    const values = valuesOf(await store.samples(signalOf('Value'), ALWAYS, 1e7));
    const expected = received.flatMap(([from, to]) =>
      Array.from({ length: (to - from + 1) * ROWS_PER_RECORD }, (_, i) => from * ROWS_PER_RECORD + i),
    );
    expect(values).toEqual(expected);
    expect((await store.audit())[0]?.stored).toBe(expected.length);
    expect((await store.stats()).samples).toBe(expected.length);
    const [buckets = []] = await store.buckets(
      [signalOf('Value')],
      { from: T0, to: T0 + 100_000n * SECOND },
      100,
    );
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(expected.length);
  }, 240_000);
});

describe('a full disk', () => {
  it('stops acknowledging, says why, loses nothing, and goes on by itself when there is space', async (context) => {
    const disk = smallDisk(context, 12);
    const store = await start({}, disk);
    const [signal = 0] = await prepare(store, ['Value']);
    const record = (sequence: number): ReturnType<typeof samplesRecord> =>
      samplesRecord(
        sequence,
        Array.from({ length: 1000 }, (_, i) => ({
          signal,
          time: T0 + BigInt(sequence * 1000 + i),
          value: Math.random(),
        })),
      );
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(8 * 2 ** 20, 1));
    let stored = 0;
    let refused: unknown;
    for (let sequence = 1; sequence <= 2000 && refused === undefined; sequence += 1) {
      await store.append([record(sequence)]).then(
        () => (stored += 1),
        (error: unknown) => (refused = error),
      );
    }
    expect(refused).toMatchObject({ name: 'StoreUnavailableError', code: 'STORE_FULL' });
    const full = await store.stats();
    expect(full).toMatchObject({ writable: false });
    expect(full.problem).toContain('the disk is full');
    expect((await store.openStream(STREAM)).received).toEqual([[1, stored]]);
    expect(await store.countSamples(signalOf('Value'), ALWAYS, 1e7)).toBe(stored * 1000);
    rmSync(ballast);
    await expect.poll(async () => (await store.stats()).writable, { timeout: 10_000 }).toBe(true);
    await store.append([record(stored + 1)]);
    expect(await store.countSamples(signalOf('Value'), ALWAYS, 1e7)).toBe((stored + 1) * 1000);
    await store.stop();
    const again = await start({}, disk);
    expect((await again.openStream(STREAM)).received).toEqual([[1, stored + 1]]);
    await again.stop();
  }, 60_000);

  it('treats its quota alike, or drops the oldest day where it is told to', async () => {
    const store = await start({ quotaBytes: 64 * 2 ** 20 });
    expect(await store.stats()).toMatchObject({ writable: true, quotaBytes: 64 * 2 ** 20 });
    expect((await store.stats()).bytesOnDisk).toBeGreaterThan(0);
  });
});

describe('the folder of a store', () => {
  it('refuses a record that it cannot hold, and takes the others', async () => {
    const store = await start();
    await store.openStream(STREAM);
    const gap = { kind: 'gap', stream: STREAM, checksum: 1, from: 0n, cause: 'x' } as const;
    await expect(store.append([{ ...gap, sequence: 1, to: 2n ** 63n }])).rejects.not.toThrow(/cannot write/);
    expect((await store.stats()).writable).toBe(true);
    await store.append([{ ...gap, sequence: 1, to: 1n }]);
    expect(await store.gaps(ALWAYS)).toHaveLength(1);
  });

  it('has one owner at a time', async () => {
    await start();
    const second = createEmbeddedStore({ dir });
    await expect(second.start()).rejects.toMatchObject({ name: 'StartError', code: 'STORE_IN_USE' });
    await expect(second.start()).rejects.toThrow(/in use by another process \(pid \d+\)/);
  });

  it('is refused when a newer program wrote it', async () => {
    await (await start()).stop();
    const db = new DatabaseSync(join(dir, 'historian.sqlite'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    const store = createEmbeddedStore({ dir });
    await expect(store.start()).rejects.toMatchObject({ code: 'STORE_VERSION' });
    await expect(store.start()).rejects.toThrow(/on-disk format 99/);
  });

  it('is refused when its database is damaged, with what to do', async () => {
    writeFileSync(join(dir, 'historian.sqlite'), 'not a database, but of some length'.repeat(100));
    await expect(start()).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      check: expect.stringContaining('restore the last backup'),
    });
  });

  it('is brought up to date when an older program wrote it', async () => {
    await (await start()).stop();
    const db = new DatabaseSync(join(dir, 'historian.sqlite'));
    db.exec(`DROP TABLE beyond_cut; DROP TABLE machine_stream; DROP TABLE expired;
      INSERT INTO stream (stream_no, agent, epoch, epoch_no, rejected) VALUES (1, 'brest/edge-1', '00000000000000a1', 1, 7);
      PRAGMA user_version = 1`);
    for (const column of [
      'rejected_at_cut',
      'declared_lost_at_cut',
      'closed',
      'closed_head',
      'closed_produced',
      'closed_discarded',
      'carried',
    ])
      db.exec(`ALTER TABLE stream DROP COLUMN ${column}`);
    db.close();
    const store = await start();
    expect(await store.audit()).toMatchObject([{ rejected: 7, rejectedAtCut: 7, closed: undefined }]);
  });

  it('is refused when its database is gone: sealed files that nobody names are not taken for orphans', async () => {
    const day = join(dir, 'sealed', '2026-09-21');
    mkdirSync(day, { recursive: true });
    writeFileSync(join(day, '7.parquet'), 'months of samples');
    await expect(start()).rejects.toMatchObject({ code: 'STORE_REGISTER_LOST' });
    expect(readFileSync(join(day, '7.parquet'), 'utf8')).toBe('months of samples');
  });

  it('is cleaned of orphans of a crash', async () => {
    await (await start()).stop();
    const day = join(dir, 'sealed', '2026-09-21');
    mkdirSync(day, { recursive: true });
    writeFileSync(join(day, '7.parquet'), 'half a file');
    await start();
    expect(() => readFileSync(join(day, '7.parquet'))).toThrow(/ENOENT/);
  });

  it('is not cleaned of what is not the store’s own', async () => {
    await (await start()).stop();
    const day = join(dir, 'sealed', '2026-09-21');
    mkdirSync(day, { recursive: true });
    const foreign = [join(dir, 'sealed', 'notes.txt'), join(day, 'mine.parquet')];
    for (const file of foreign) writeFileSync(file, 'somebody’s');
    await start();
    for (const file of foreign) expect(readFileSync(file, 'utf8')).toBe('somebody’s');
  });
});

describe('backup, restore and the command line', () => {
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [CLI, ...args], { encoding: 'utf8', stdio: 'pipe' });

  it('backs up a running store and restores it elsewhere, received ranges and dead letters included', async () => {
    const store = await start();
    const [signal = 0] = await prepare(store, ['Value']);
    const record = (sequence: number): ReturnType<typeof samplesRecord> =>
      samplesRecord(sequence, [{ signal, time: T0 + BigInt(sequence) * SECOND, value: sequence / 3 }]);
    await store.append([record(1), record(2)]);
    await store.maintain(T0_MS);
    await store.append([record(4)]);
    await store.putDeadLetter({
      receivedAt: T0,
      topic: 't',
      code: 'X',
      reason: 'r',
      payload: new Uint8Array([1]),
    });
    const backup = join(aside, 'backup');
    const restored = join(aside, 'restored');
    expect(run('backup', '--data', dir, '--to', backup)).toContain('backed up store');
    await store.append([record(3)]);
    expect(run('restore', '--from', backup, '--data', restored)).toContain('new id');
    const other = await start({}, restored);
    expect(other.storeId).not.toBe(store.storeId);
    expect((await other.openStream(STREAM)).received).toEqual([
      [1, 2],
      [4, 4],
    ]);
    expect(valuesOf(await other.samples(signalOf('Value'), ALWAYS, 9))).toEqual([1 / 3, 2 / 3, 4 / 3]);
    expect(other.latest()[0]?.value).toBe(4 / 3);
    expect((await other.deadLetters(9)).length).toBe(1);
    expect(() => run('restore', '--from', backup, '--data', restored)).toThrow(/is not empty/);
  }, 60_000);

  it('lets nobody open a store into which only a part of a backup was put, and finishes it the next time', async () => {
    const store = await start();
    const [signal = 0] = await prepare(store, ['Value']);
    await store.append([samplesRecord(1, [{ signal, time: T0, value: 7 }])]);
    await store.maintain(T0_MS);
    const [backup, restored] = [join(aside, 'backup'), join(aside, 'restored')];
    const { storeId } = await backupStore(dir, backup);
    // As a kill leaves it.
    mkdirSync(restored);
    writeFileSync(join(restored, 'restoring'), '');
    copyFileSync(join(backup, 'historian.sqlite'), join(restored, 'historian.sqlite'));
    writeFileSync(join(restored, 'historian.sqlite-wal'), 'half a page');
    await expect(start({}, restored)).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
    expect(() => run('stats', '--data', restored)).toThrow(/has not come to its end/);
    expect((await restoreStore(backup, restored)).storeId).not.toBe(storeId);
    const other = await start({}, restored);
    expect(valuesOf(await other.samples(signalOf('Value'), ALWAYS, 9))).toEqual([7]);
  }, 60_000);

  it('refuses a folder that is a file, that lies in the store, or that cannot be made', async () => {
    await start();
    writeFileSync(join(aside, 'file'), '');
    await expect(backupStore(dir, join(aside, 'file'))).rejects.toMatchObject({ code: 'NOT_EMPTY' });
    await expect(backupStore(dir, join(aside, 'file', 'below'))).rejects.toMatchObject({ code: 'NO_FOLDER' });
    await expect(backupStore(dir, '/proc/none')).rejects.toMatchObject({ code: 'NO_FOLDER' });
    const within = join(dir, 'sealed', 'backup');
    await expect(backupStore(dir, within)).rejects.toMatchObject({ code: 'BACKUP_INSIDE' });
    expect(() => readdirSync(within)).toThrow(/ENOENT/);
  });

  it('tells figures and dead letters, and exports hot and sealed samples', async () => {
    const store = await start();
    const [signal = 0] = await prepare(store, ['Value']);
    const values = [1.5, -0, null, 2n ** 64n - 1n, true, 'a,"b"\nc', new Uint8Array([1, 2])];
    const record = (sequence: number): ReturnType<typeof samplesRecord> =>
      samplesRecord(
        sequence,
        values.map((value, i) => ({ signal, time: T0 + BigInt(sequence * 100 + i), value })),
      );
    await store.append([record(1)]);
    await store.maintain(T0_MS);
    await store.append([record(2)]);
    const figures: unknown = JSON.parse(run('stats', '--data', dir));
    expect(figures).toMatchObject({ samplesInLog: 7, samplesSealed: 7, sealedFiles: 1, signals: 1 });
    const out = join(dir, 'out.csv');
    const times = ['--from', '2026-09-01T00:00:00Z', '--to', '2026-10-01T00:00:00Z'];
    const signals = ['--signal', signalOf('Value')];
    expect(run('export', '--data', dir, ...signals, ...times, '--out', out)).toBe(`14 samples to ${out}\n`);
    const texts = ['1.5', '-0.0', '', '18446744073709551615', 'true', '"a,""b""\nc"', 'AQI='];
    const types = ['number', '-0', 'null', 'integer', 'bool', 'text', 'bytes'];
    const lines = [100, 200].flatMap((ns) =>
      texts.map(
        (text, i) => `${signalOf('Value')},2026-09-21T14:13:20.000000${ns + i}Z,${text},0,${types[i]}\n`,
      ),
    );
    expect(readFileSync(out, 'utf8')).toBe(
      ['signal,sourceTimestamp,value,statusCode,type\n', ...lines].join(''),
    );
    expect(
      run(
        'export',
        '--data',
        dir,
        ...signals,
        ...times,
        '--format',
        'parquet',
        '--out',
        join(dir, 'o.parquet'),
      ),
    ).toContain('14 samples');
    expect(() => run('export', '--data', dir, '--signal', 'x/y/z', ...times, '--out', `${out}2`)).toThrow(
      /no signal x\/y\/z/,
    );
    expect(() => run('export', '--data', dir, ...signals, ...times, '--out', out)).toThrow(
      /is there already/,
    );
    expect(
      readdirSync(dir)
        .filter((name) => name.startsWith('o.') || name.startsWith('out.'))
        .toSorted(),
    ).toEqual(['o.parquet', 'out.csv']);
    expect(() => run('dead-letters', '--data', dir, '--limit', 'x')).toThrow(/--limit needs a whole number/);
    expect(run('dead-letters', '--data', dir)).toBe('none: no payload was refused\n');
  }, 60_000);
});
