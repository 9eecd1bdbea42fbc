import { mkdirSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { SignalId } from '#domain/asset-path.ts';
import type { DataTypeName } from '#domain/machine.ts';
import { StartError, codeOf } from '#platform/errors.ts';
import { dayOf, type MovedSample } from '../transfer/moved-sample.ts';
import type { CopyOrigin, CopyTarget, StoreBooks } from '../transfer/store-copy.ts';
import { writeBooks } from './copied-books.ts';
import { openDatabase, readMeta, transaction, writeMeta } from './database.ts';
import { EmbeddedReader } from './embedded-reader.ts';
import { BlockPool } from './hot-block.ts';
import { HotTable } from './hot-table.ts';
import { columnsOf, type SignalFacts } from './moved-rows.ts';
import type { SealedFile } from './sealed-files.ts';
import { writeSealedFile } from './sealed-writer.ts';
import { SealingClient } from './sealing-client.ts';
import type { SealedFacts, SealedPaths } from './sealing-orders.ts';
import { StoreLock } from './store-lock.ts';

/** Opens, or makes, a store in `dir` that takes a copy. @throws StartError */
export async function openEmbeddedTarget(dir: string): Promise<EmbeddedCopyTarget> {
  mkdirSync(dir, { recursive: true });
  const lock = StoreLock.acquire(dir);
  try {
    const db = openDatabase(dir);
    if (readMeta(db, 'store-id') === undefined) writeMeta(db, 'store-id', randomUUID());
    const target = new EmbeddedCopyTarget(dir, db, lock);
    target.files.load();
    await target.open();
    return target;
  } catch (error) {
    lock.release();
    throw error;
  }
}

const noteKey = (day: number, signal: string): string => `copied ${day} ${signal}`;

/** What is copied is sealed at once, without a way through the log: a file counts from the transaction that registers it. */
export class EmbeddedCopyTarget extends EmbeddedReader implements CopyTarget {
  readonly keepsFrom = undefined;
  readonly #sealing: SealingClient;
  readonly #pool = new BlockPool(1_000_000);
  readonly #dataTypes = new Map<SignalId, DataTypeName>();
  /** `day signal` of what an earlier run has left, as it was when this one began. */
  readonly #held = new Set<string>();

  constructor(dir: string, db: DatabaseSync, lock: StoreLock) {
    super(dir, db, lock);
    this.#sealing = new SealingClient(join(dir, 'temp-sealing'), { urgent: true });
  }

  async prepare({ storeId, catalogue }: CopyOrigin): Promise<void> {
    const { db } = this;
    const known = readMeta(db, 'copied-from');
    const isOther = known === undefined ? this.#holdsSignals() : known !== storeId;
    if (isOther)
      throw new StartError(
        'COPY_TARGET_IN_USE',
        `${this.name} holds something else already`,
        'copy into an empty folder',
      );
    transaction(db, () => {
      writeMeta(db, 'copied-from', storeId);
      writeMeta(db, 'copy-unfinished', storeId);
      const put = db.prepare('INSERT OR IGNORE INTO signal (id) VALUES (?)');
      for (const id of catalogue.signals) put.run(id);
      const putMachine = db.prepare('INSERT OR REPLACE INTO machine VALUES (?, ?)');
      for (const one of catalogue.machines) putMachine.run(one.machine.id, JSON.stringify(one));
    });
    this.learnSignals();
    for (const { signals } of catalogue.machines)
      for (const { id, dataType, isArray } of signals) if (!isArray) this.#dataTypes.set(id, dataType);
    for (const { day, signal } of await this.counts({ from: -(2n ** 63n), to: 2n ** 63n }))
      this.#held.add(`${day} ${signal}`);
  }

  #holdsSignals(): boolean {
    return this.db.prepare('SELECT 1 FROM signal LIMIT 1').get() !== undefined;
  }

  noted(day: number): Promise<ReadonlyMap<SignalId, string>> {
    const prefix = noteKey(day, '');
    const rows = this.db
      .prepare('SELECT key, value FROM meta WHERE key >= ? AND key < ?')
      .all(prefix, `${prefix}\u{10ffff}`);
    return Promise.resolve(
      new Map(rows.map(({ key, value }) => [String(key).slice(prefix.length) as SignalId, String(value)])),
    );
  }

  note(day: number, digests: ReadonlyMap<SignalId, string>): Promise<void> {
    transaction(this.db, () => {
      for (const [signal, digest] of digests) writeMeta(this.db, noteKey(day, signal), digest);
    });
    return Promise.resolve();
  }

  async write(samples: readonly MovedSample[]): Promise<void> {
    const fresh = await this.#withoutHeld(samples);
    if (fresh.length === 0) return;
    const table = new HotTable(this.#pool);
    const { columns, spans } = columnsOf(fresh, (signal) => this.#factsOf(signal));
    for (const span of spans) table.add(columns, span);
    const added: SealedFile[] = [];
    try {
      for (const { day, rows } of await this.#sealing.sort(table)) {
        const write = (to: SealedPaths): Promise<SealedFacts> => this.#sealing.write(day, to);
        const order = { write, day, rows, compacted: false, nowMs: Date.now() };
        added.push(await writeSealedFile(this.files, order));
      }
      transaction(this.db, () => this.files.write(added, []));
    } catch (error) {
      for (const file of added) this.files.discard(file);
      throw this.#plainly(error);
    } finally {
      await this.#sealing.forget();
      table.release();
    }
    this.files.adopt(added, []);
  }

  #factsOf(signal: SignalId): SignalFacts {
    const no = this.noOf(signal);
    if (no === undefined) throw new RangeError(`no catalogue has the signal ${signal}`);
    return { no, dataType: this.#dataTypes.get(signal) };
  }

  /** Leaves out what a run that was killed had written already, once for each time that it is there. */
  async #withoutHeld(samples: readonly MovedSample[]): Promise<readonly MovedSample[]> {
    const isHeld = ({ sample: { signal, sourceTimestamp } }: MovedSample): boolean =>
      this.#held.has(`${dayOf(sourceTimestamp)} ${signal}`);
    const doubtful = samples.filter(isHeld);
    if (doubtful.length === 0) return samples;
    const times = doubtful.map(({ sample }) => sample.sourceTimestamp);
    const range = {
      from: times.reduce((a, b) => (a < b ? a : b)),
      to: times.reduce((a, b) => (a > b ? a : b)) + 1n,
    };
    const there = new Map<string, number>();
    await this.read([...new Set(doubtful.map(({ sample }) => sample.signal))], range, (page) => {
      for (const moved of page) there.set(keyOf(moved), (there.get(keyOf(moved)) ?? 0) + 1);
    });
    return samples.filter((moved) => {
      const left = there.get(keyOf(moved)) ?? 0;
      if (left > 0) there.set(keyOf(moved), left - 1);
      return left === 0;
    });
  }

  #plainly(error: unknown): unknown {
    if (codeOf(error) !== 'ENOSPC' && !/disk is full/.test(String(error))) return error;
    return new StartError(
      'COPY_DISK_FULL',
      `the disk of ${this.name} is full`,
      'make room, then run the same command again: it goes on where it was',
      { cause: error },
    );
  }

  async finish(books: StoreBooks): Promise<void> {
    await writeBooks(this, books);
  }

  override async close(): Promise<void> {
    await this.#sealing.stop();
    await super.close();
  }
}

const keyOf = ({ sample, epochNumber, sequence }: MovedSample): string =>
  `${sample.signal} ${sample.sourceTimestamp} ${epochNumber} ${sequence}`;
