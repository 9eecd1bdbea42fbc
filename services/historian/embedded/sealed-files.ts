import { mkdirSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { SignalNo, TimeRange } from '#domain/sample-store.ts';
import type { SealedFacts } from './sealing-orders.ts';

export const NS_PER_DAY = 86_400_000_000_000n;

/** A Parquet file of samples sorted by (signal, time), with its rollups beside it. Written once. */
export interface SealedFile extends SealedFacts {
  readonly no: number;
  /** Days since 1970 that all its samples fall on. */
  readonly day: number;
  readonly sealedAtMs: number;
  /** Made when its day was over: all that was known of the day by then, cut by signals. */
  readonly compacted: boolean;
}

const DAY_FOLDER = /^\d{4}-\d\d-\d\d$/;
const SEALED_NAME = /^\d+\.(?:parquet|rollup)$/;

/** `2026-11-22` */
export const dayName = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);

/**
 * The register of sealed files. SQLite says which count; whatever else lies in the folder is an orphan of a
 * crash. A file that readers hold is unlinked when the last of them is done.
 */
export class SealedFiles {
  readonly dir: string;
  readonly #db: DatabaseSync;
  readonly #files = new Map<number, SealedFile>();
  readonly #readers = new Map<number, number>();
  readonly #condemned = new Map<number, SealedFile>();
  #nextNo = 1;
  /** Called before a file is unlinked. */
  onUnlink: (file: Pick<SealedFile, 'day' | 'no'>) => void = () => undefined;

  constructor(db: DatabaseSync, dir: string) {
    this.#db = db;
    this.dir = join(dir, 'sealed');
  }

  /** Reads the register and removes orphans: for the store's owner. */
  load(): void {
    mkdirSync(this.dir, { recursive: true });
    this.read();
    this.#removeOrphans();
  }

  /** Reads the register. */
  read(): void {
    const statement = this.#db.prepare('SELECT * FROM sealed_file ORDER BY file_no');
    statement.setReadBigInts(true);
    for (const row of statement.all()) {
      const file = fileOf(row);
      this.#files.set(file.no, file);
      this.#nextNo = Math.max(this.#nextNo, file.no + 1);
    }
  }

  /** Of what the store itself may have left; what else lies there is somebody's. */
  #removeOrphans(): void {
    const known = new Set(this.all().flatMap((file) => [this.pathOf(file), this.rollupPathOf(file)]));
    for (const day of readdirSync(this.dir, { withFileTypes: true })) {
      if (!day.isDirectory() || !DAY_FOLDER.test(day.name)) continue;
      const folder = join(this.dir, day.name);
      for (const name of readdirSync(folder))
        if (SEALED_NAME.test(name) && !known.has(join(folder, name)))
          rmSync(join(folder, name), { force: true });
      if (readdirSync(folder).length === 0) rmdirSync(folder);
    }
  }

  takeNo(): number {
    this.#nextNo += 1;
    return this.#nextNo - 1;
  }

  dayDir(day: number): string {
    return join(this.dir, dayName(day));
  }

  pathOf({ day, no }: Pick<SealedFile, 'day' | 'no'>): string {
    return join(this.dayDir(day), `${no}.parquet`);
  }

  rollupPathOf({ day, no }: Pick<SealedFile, 'day' | 'no'>): string {
    return join(this.dayDir(day), `${no}.rollup`);
  }

  has({ no }: SealedFile): boolean {
    return this.#files.has(no);
  }

  all(): SealedFile[] {
    return [...this.#files.values()];
  }

  /** Days with their files. */
  byDay(): Map<number, SealedFile[]> {
    return Map.groupBy(this.#files.values(), ({ day }) => day);
  }

  /** Files that may hold samples of `signals` within `range`; give them back with {@link done}. */
  acquire(signals: readonly SignalNo[], range: TimeRange): SealedFile[] {
    const files = this.all().filter(
      ({ minSignal, maxSignal, minNs, maxNs }) =>
        minNs < range.to && maxNs >= range.from && signals.some((no) => no >= minSignal && no <= maxSignal),
    );
    for (const { no } of files) this.#readers.set(no, (this.#readers.get(no) ?? 0) + 1);
    return files;
  }

  done(files: readonly SealedFile[]): void {
    for (const { no } of files) {
      const readers = (this.#readers.get(no) ?? 1) - 1;
      if (readers > 0) this.#readers.set(no, readers);
      else this.#readers.delete(no);
      this.#unlinkUnread(no);
    }
  }

  /** Writes the change; belongs into a transaction. {@link adopt} follows its commit. */
  write(added: readonly SealedFile[], removed: readonly SealedFile[]): void {
    const insert = this.#db.prepare('INSERT INTO sealed_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    const remove = this.#db.prepare('DELETE FROM sealed_file WHERE file_no = ?');
    for (const f of added) {
      insert.run(
        f.no,
        f.day,
        f.rows,
        f.bytes,
        f.minSignal,
        f.maxSignal,
        f.minNs,
        f.maxNs,
        f.sealedAtMs,
        Number(f.compacted),
      );
    }
    for (const { no } of removed) remove.run(no);
  }

  /** From here on queries see the change. */
  adopt(added: readonly SealedFile[], removed: readonly SealedFile[]): void {
    for (const file of added) this.#files.set(file.no, file);
    for (const file of removed) {
      this.#files.delete(file.no);
      this.#condemned.set(file.no, file);
      this.#unlinkUnread(file.no);
    }
  }

  #unlinkUnread(no: number): void {
    const file = this.#condemned.get(no);
    if (!file || this.#readers.has(no)) return;
    this.#condemned.delete(no);
    this.discard(file);
  }

  /** Removes what lies on disk of a file that is not in the register. */
  discard(file: Pick<SealedFile, 'day' | 'no'>): void {
    rmSync(this.pathOf(file), { force: true });
    rmSync(this.rollupPathOf(file), { force: true });
    this.onUnlink(file);
  }
}

function fileOf(row: Readonly<Record<string, unknown>>): SealedFile {
  const number = (name: string): number => Number(row[name]);
  return {
    no: number('file_no'),
    day: number('day'),
    rows: number('rows'),
    bytes: number('bytes'),
    minSignal: number('min_signal'),
    maxSignal: number('max_signal'),
    minNs: row['min_ns'] as bigint,
    maxNs: row['max_ns'] as bigint,
    sealedAtMs: number('sealed_at_ms'),
    compacted: number('compacted') === 1,
  };
}
