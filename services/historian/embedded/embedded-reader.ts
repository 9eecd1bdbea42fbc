import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { SignalId } from '#domain/asset-path.ts';
import type { SignalNo, StreamState, TimeRange } from '#domain/sample-store.ts';
import { NS_PER_DAY, type MovedSample } from '../transfer/moved-sample.ts';
import type { DayCount, StoreReader } from '../transfer/store-copy.ts';
import { readMeta } from './database.ts';
import { DeliveryLog } from './delivery-log.ts';
import { MOVED_COLUMNS, movedRows } from './moved-rows.ts';
import { SealedFiles } from './sealed-files.ts';
import type { StoreLock } from './store-lock.ts';
import { StoreSnapshot } from './store-snapshot.ts';

/** Reads a store that nobody else has open. */
export class EmbeddedReader implements StoreReader {
  readonly name: string;
  readonly db: DatabaseSync;
  readonly files: SealedFiles;
  readonly snapshot: StoreSnapshot;
  readonly #lock: StoreLock;
  readonly #numbers = new Map<SignalId, SignalNo>();
  readonly #ids: SignalId[] = [];

  constructor(dir: string, db: DatabaseSync, lock: StoreLock) {
    this.name = `the embedded historian in ${dir}`;
    this.db = db;
    this.#lock = lock;
    this.files = new SealedFiles(db, dir);
    this.snapshot = new StoreSnapshot(db, this.files, join(dir, 'temp'));
  }

  /** @throws what the disk or SQLite says */
  async open(): Promise<void> {
    this.learnSignals();
    await this.snapshot.open();
  }

  get storeId(): string {
    return readMeta(this.db, 'store-id') ?? '';
  }

  learnSignals(): void {
    for (const row of this.db.prepare('SELECT signal_no AS no, id FROM signal').all()) {
      const id = String(row['id']) as SignalId;
      this.#numbers.set(id, Number(row['no']));
      this.#ids[Number(row['no'])] = id;
    }
  }

  noOf(id: SignalId): SignalNo | undefined {
    return this.#numbers.get(id);
  }

  idOf(no: SignalNo): SignalId {
    return this.#ids[no] ?? 'unknown/unknown/unknown';
  }

  relation(range: TimeRange, signals: readonly SignalNo[] = [...this.#numbers.values()]): string | undefined {
    return this.snapshot.relation(signals, range);
  }

  async counts(range: TimeRange): Promise<DayCount[]> {
    const from = this.relation(range);
    const counts: DayCount[] = [];
    if (from === undefined) return counts;
    const day = `((time_ns::HUGEINT - ((time_ns::HUGEINT % ${NS_PER_DAY}) + ${NS_PER_DAY}) % ${NS_PER_DAY}) // ${NS_PER_DAY})::INTEGER`;
    const sql = `SELECT ${day} AS day, signal, count(*) AS n FROM (${from}) GROUP BY 1, 2 ORDER BY 1, 2`;
    await this.snapshot.duck.read(sql, (chunk) => {
      const [days, signals, samples] = [chunk.int32(0), chunk.int32(1), chunk.bigint64(2)];
      for (let i = 0; i < chunk.rows; i += 1)
        counts.push({ day: days[i] ?? 0, signal: this.idOf(signals[i] ?? 0), samples: Number(samples[i]) });
    });
    return counts;
  }

  async read(
    signals: readonly SignalId[],
    range: TimeRange,
    onPage: (page: readonly MovedSample[]) => Promise<void> | void,
  ): Promise<void> {
    const numbers = signals.flatMap((id) => this.#numbers.get(id) ?? []);
    const from = this.relation(range, numbers);
    if (from === undefined) return;
    const sql = `SELECT ${MOVED_COLUMNS} FROM (SELECT * FROM (${from}) ORDER BY signal, time_ns, epoch, seq, idx)`;
    await this.snapshot.duck.read(sql, (chunk) => onPage(movedRows(chunk, (no) => this.idOf(no))));
  }

  streams(): Promise<readonly StreamState[]> {
    const log = new DeliveryLog(this.db, { deadLetters: 1 });
    log.load();
    return Promise.resolve(log.streams.states());
  }

  async close(): Promise<void> {
    await this.snapshot.close();
    this.db.close();
    this.#lock.release();
  }
}
