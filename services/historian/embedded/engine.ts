import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type {
  Bucket, DeadLetter, Gap, MachineCatalogue, SignalNo, StoreStats, StreamAudit, StreamKey, StreamState, TimeRange,
} from '#domain/sample-store.ts'; // prettier-ignore
import type { MachineId } from '#domain/asset-path.ts';
import { planBuckets, toBuckets } from '#domain/rollup.ts';
import { openDatabase, readMeta, transaction, writeMeta } from './database.ts';
import { DeliveryLog, type AppendGroup, type AppendResult } from './delivery-log.ts';
import { Duck } from './duck.ts';
import { HotStore, type HotTable } from './hot-store.ts';
import { LatestTable } from './latest-table.ts';
import { loadLatest, packLatest } from './latest-rows.ts';
import { viewColumns, type PackedColumns } from './packed-columns.ts';
import type { EmbeddedStoreOptions, OpenedStore, Operations } from './rpc.ts';
import { aggregatesFor, countRows, readBuckets, readSamples, type Sources } from './sample-reader.ts';
import { StoreLock } from './store-lock.ts';
import { WriteGuard } from './write-guard.ts';
import { readGaps } from './gap-reader.ts';

/** Everything of an open store. */
interface Parts {
  readonly options: EmbeddedStoreOptions;
  readonly storeId: string;
  readonly lock: StoreLock;
  readonly db: DatabaseSync;
  readonly log: DeliveryLog;
  readonly duck: Duck;
  readonly hot: HotStore;
  readonly latest: LatestTable;
  readonly guard: WriteGuard;
}

/** The store behind its front: what the worker thread runs. One operation at a time writes; queries run beside. */
export class Engine implements Operations {
  #parts: Parts | undefined;

  get #open(): Parts {
    if (!this.#parts) throw new Error('the historian is not open');
    return this.#parts;
  }

  async open(options: EmbeddedStoreOptions): Promise<OpenedStore> {
    mkdirSync(options.dir, { recursive: true });
    const lock = StoreLock.acquire(options.dir);
    try {
      this.#parts = await openParts(options, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
    const { storeId, log, latest } = this.#parts;
    return {
      storeId,
      machines: log.catalogue.machines(),
      signals: log.catalogue.signals(),
      ...packLatest(latest),
    };
  }

  async close(): Promise<void> {
    const parts = this.#parts;
    if (!parts) return;
    this.#parts = undefined;
    parts.guard.stop();
    parts.hot.stop();
    parts.duck.stop();
    parts.db.close();
    parts.lock.release();
    await Promise.resolve();
  }

  openStream(key: StreamKey): StreamState {
    return this.#open.guard.write(() => this.#open.log.openStream(key));
  }

  streams(): readonly StreamState[] {
    return this.#open.log.streams.states();
  }

  putCatalogue(catalogue: MachineCatalogue): readonly SignalNo[] {
    const { db, log, guard } = this.#open;
    return guard.write(() => {
      try {
        return transaction(db, () => log.catalogue.put(catalogue));
      } catch (error) {
        log.catalogue.load();
        throw error;
      }
    });
  }

  append(group: AppendGroup): AppendResult {
    const { log, hot, latest, guard } = this.#open;
    const { result, spans } = guard.write(() => log.append(group));
    const columns = viewColumns(group.columns);
    for (const span of spans) latest.update(columns, span.from, span.to, span);
    guard.place(() => hot.append(columns, spans, log.lastId));
    return result;
  }

  putDeadLetter(letter: Omit<DeadLetter, 'id'>): void {
    this.#open.guard.write(() => this.#open.log.putDeadLetter(letter));
  }

  deadLetters(limit: number): readonly DeadLetter[] {
    return this.#open.log.deadLetters.list(limit);
  }

  async #read<Result>(read: (sources: Sources) => Promise<Result>): Promise<Result> {
    const { hot } = this.#open;
    const tables = hot.acquire();
    try {
      return await read({ tables: tables.map(({ name }: HotTable) => name), files: [] });
    } finally {
      hot.done(tables);
    }
  }

  samples(signal: SignalNo, range: TimeRange, limit: number): Promise<PackedColumns> {
    return this.#read((sources) => readSamples(this.#open.duck, sources, { signal, range, limit }));
  }

  async countSamples(signal: SignalNo, range: TimeRange, limit: number): Promise<number> {
    return Math.min(
      limit,
      await this.#read((sources) => countRows(this.#open.duck, sources, { signal, range })),
    );
  }

  async buckets(
    signals: readonly SignalNo[],
    range: TimeRange,
    buckets: number,
  ): Promise<readonly Bucket[][]> {
    const plan = planBuckets(range, buckets);
    const aggregates = aggregatesFor(signals, plan);
    await this.#read((sources) => readBuckets(this.#open.duck, sources, plan, aggregates));
    return signals.map((signal) => {
      const columns = aggregates.get(signal);
      return columns ? toBuckets(plan, columns) : [];
    });
  }

  gaps(range: TimeRange, machine?: MachineId): readonly Gap[] {
    return readGaps(this.#open.db, range, machine);
  }

  audit(): readonly StreamAudit[] {
    return this.#open.log.streams.audit();
  }

  stats(): StoreStats {
    const { storeId, hot, guard, options } = this.#open;
    return {
      storeId,
      samples: hot.rows,
      bytesOnDisk: 0,
      quotaBytes: options.config.quotaBytes,
      daysLeft: undefined,
      retentionDays: options.config.retentionDays,
      ...guard.state(),
    };
  }

  async maintain(_nowMs: number): Promise<void> {
    await Promise.resolve();
  }
}

async function openParts(options: EmbeddedStoreOptions, lock: StoreLock): Promise<Parts> {
  const { dir, config } = options;
  const db = openDatabase(dir);
  const storeId = readMeta(db, 'store-id') ?? randomUUID();
  writeMeta(db, 'store-id', storeId);
  const log = new DeliveryLog(db, { deadLetters: config.deadLetters });
  log.load();
  const { queryThreads: threads, memoryLimitBytes } = config;
  const duck = new Duck({ threads, memoryLimitBytes, tempDir: join(dir, 'temp') });
  await duck.start();
  const hot = new HotStore(duck);
  await hot.start();
  const latest = new LatestTable();
  loadLatest(db, latest);
  for (const { span, columns } of log.replay()) {
    latest.update(columns, span.from, span.to, span);
    hot.add(columns, span);
  }
  hot.flush(log.lastId);
  const guard = new WriteGuard(db, dir);
  return { options, storeId, lock, db, log, duck, hot, latest, guard };
}
