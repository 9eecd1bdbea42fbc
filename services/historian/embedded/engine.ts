import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type {
  DeadLetter,
  Gap,
  MachineCatalogue,
  SignalNo,
  ReadBack,
  StoredEvent,
  StoreStats,
  StreamAudit,
  StreamClose,
  StreamKey,
  StreamState,
  TimeRange,
} from '#domain/sample-store.ts';
import type { MachineId } from '#domain/asset-path.ts';
import { createAggregates, planBuckets, type AggregateColumns } from '#domain/rollup.ts';
import { assertFinished, openDatabase, readMeta, transaction, writeMeta } from './database.ts';
import { DeliveryLog, type AppendAnswer, type AppendGroup } from './delivery-log.ts';
import { Duck } from './duck.ts';
import { countHot, selectHot } from './hot-reader.ts';
import { HotStore } from './hot-store.ts';
import type { HotTable } from './hot-table.ts';
import { LatestTable } from './latest-table.ts';
import { loadLatest, packLatest } from './latest-rows.ts';
import { viewColumns, type PackedColumns } from './packed-columns.ts';
import type { EmbeddedStoreOptions, OpenedStore, Operations } from './rpc.ts';
import { aggregatesFor, countRows, readBuckets, readSamples } from './sample-reader.ts';
import { RollupReader, entryOf } from './rollup-file.ts';
import { addRollups } from './rollup-buckets.ts';
import { SealedFiles, type SealedFile } from './sealed-files.ts';
import { Sealer } from './sealer.ts';
import { SealingClient } from './sealing-client.ts';
import { Merger } from './merger.ts';
import { Space } from './space.ts';
import { Upkeep } from './upkeep.ts';
import { StoreLock } from './store-lock.ts';
import { WriteGuard } from './write-guard.ts';
import { readGaps } from './gap-reader.ts';
import { readBack } from './read-back.ts';

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
  readonly files: SealedFiles;
  readonly rollups: RollupReader;
  readonly space: Space;
  readonly upkeep: Upkeep;
}

/** What a query asks for. */
interface Wanted {
  readonly signals: readonly SignalNo[];
  readonly range: TimeRange;
}

/** What it may look at: rows in memory, and files that hold other ones. */
interface Sight {
  readonly hot: readonly HotTable[];
  readonly sealed: readonly SealedFile[];
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
    await parts.upkeep.stop();
    parts.guard.stop();
    await parts.duck.stop();
    parts.db.close();
    parts.lock.release();
  }

  openStream(key: StreamKey): StreamState {
    return this.#open.guard.write(() => this.#open.log.openStream(key));
  }

  closeStream(key: StreamKey, close: StreamClose): void {
    this.#open.guard.write(() => this.#open.log.closeStream(key, close));
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

  append(group: AppendGroup): AppendAnswer | Promise<AppendAnswer> {
    const wait = this.#open.upkeep.admit();
    return wait ? wait.then(() => this.#append(group)) : this.#append(group);
  }

  #append(group: AppendGroup): AppendAnswer {
    const { log, hot, latest, guard } = this.#open;
    const { result, spans } = guard.write(() => log.append(group));
    const columns = viewColumns(group.columns);
    for (const span of spans) latest.update(columns, span.from, span.to, span);
    guard.place(() => hot.append(columns, spans, log.lastId));
    return { ...result, spare: group.columns.buffer };
  }

  putDeadLetter(letter: Omit<DeadLetter, 'id'>): void {
    this.#open.guard.write(() => this.#open.log.putDeadLetter(letter));
  }

  deadLetters(limit: number): readonly DeadLetter[] {
    return this.#open.log.deadLetters.list(limit);
  }

  /**
   * Runs a query on what the store holds now, unchanged by sealing and merging. What is hot must be read before the first
   * `await`: afterwards it may be sealed.
   */
  async #read<Result>(of: Wanted, read: (sight: Sight) => Promise<Result>): Promise<Result> {
    const { hot, files } = this.#open;
    const held = files.acquire(of.signals, of.range);
    try {
      return await read({ hot: hot.tables(), sealed: held });
    } finally {
      files.done(held);
    }
  }

  /** The same rows, those sealed last from memory: a file costs milliseconds that a page asks for many times a second. */
  #fromMemory({ hot, sealed }: Sight): Sight {
    const { hot: store, files } = this.#open;
    const { recent } = store;
    if (!recent?.files.every((file) => files.has(file))) return { hot, sealed };
    return { hot: [recent.table, ...hot], sealed: sealed.filter((file) => !recent.files.includes(file)) };
  }

  #paths(sealed: readonly SealedFile[]): string[] {
    return sealed.map((file) => this.#open.files.pathOf(file));
  }

  samples(signal: SignalNo, range: TimeRange, limit: number): Promise<PackedColumns> {
    return this.#read({ signals: [signal], range }, (sight) => {
      const { hot, sealed } = this.#fromMemory(sight);
      const view = { hot: selectHot(hot, [signal], range), files: this.#paths(sealed) };
      return readSamples(this.#open.duck, view, { signal, range, limit });
    });
  }

  /** Files that lie wholly within the range are counted by their index. */
  async countSamples(signal: SignalNo, range: TimeRange, limit: number): Promise<number> {
    return this.#read({ signals: [signal], range }, async (sight) => {
      const { hot, sealed } = this.#fromMemory(sight);
      const { files, rollups, duck } = this.#open;
      let known = countHot(hot, signal, range);
      const partly = sealed.filter((file) => {
        const index = rollups.index(files.rollupPathOf(file));
        const entry = entryOf(index, signal);
        if (entry < 0) return false;
        const whole = (index.minNs[entry] ?? 0n) >= range.from && (index.maxNs[entry] ?? 0n) < range.to;
        if (whole) known += index.samples[entry] ?? 0;
        return !whole;
      });
      if (known >= limit) return limit;
      return Math.min(limit, known + (await countRows(duck, this.#paths(partly), { signal, range })));
    });
  }

  async buckets(
    signals: readonly SignalNo[],
    range: TimeRange,
    buckets: number,
  ): Promise<readonly AggregateColumns[]> {
    const plan = planBuckets(range, buckets);
    const aggregates = aggregatesFor(signals, plan);
    if (plan.count > 0)
      await this.#read({ signals, range: plan.range }, async (sight) => {
        // Whole minutes of sealed rows are ready in their rollups.
        const { hot, sealed } = plan.aligned ? sight : this.#fromMemory(sight);
        const { duck, files, rollups } = this.#open;
        const rows = selectHot(hot, signals, plan.range);
        if (plan.aligned)
          for (const file of sealed) addRollups(rollups, files.rollupPathOf(file), plan, aggregates);
        const view = { hot: rows, files: plan.aligned ? [] : this.#paths(sealed) };
        await readBuckets(duck, view, plan, aggregates);
      });
    return signals.map((signal) => aggregates.get(signal) ?? createAggregates(0));
  }

  gaps(range: TimeRange, machine?: MachineId): readonly Gap[] {
    return readGaps(this.#open.db, range, machine);
  }

  events(range: TimeRange, limit: number, machine?: MachineId): readonly StoredEvent[] {
    return this.#open.log.events.list(range, limit, machine);
  }

  standing(): readonly StoredEvent[] {
    return this.#open.log.events.standing();
  }

  audit(): readonly StreamAudit[] {
    return this.#open.log.streams.audit();
  }

  readBack(): Promise<readonly ReadBack[]> {
    return readBack(this.#open);
  }

  stats(): StoreStats {
    const { storeId, hot, guard, options, files, space } = this.#open;
    return {
      storeId,
      samples: files.all().reduce((sum, { rows }) => sum + rows, hot.rows),
      bytesOnDisk: space.usedBytes(),
      quotaBytes: options.config.quotaBytes,
      daysLeft: space.daysLeft(Date.now()),
      retentionDays: options.config.retentionDays,
      ...guard.state(),
    };
  }

  maintain(nowMs: number): Promise<void> {
    return this.#open.upkeep.run(nowMs);
  }
}

async function openParts(options: EmbeddedStoreOptions, lock: StoreLock): Promise<Parts> {
  const { dir, config } = options;
  const db = openDatabase(dir);
  assertFinished(db, dir);
  const storeId = readMeta(db, 'store-id') ?? randomUUID();
  writeMeta(db, 'store-id', storeId);
  const log = new DeliveryLog(db, { deadLetters: config.deadLetters });
  log.load();
  const { queryThreads: threads, memoryLimitBytes, retentionDays, quotaBytes, filesPerDay } = config;
  const duck = new Duck({ threads, memoryLimitBytes, tempDir: join(dir, 'temp') });
  await duck.start();
  const hot = new HotStore(config.hotRows);
  const latest = new LatestTable();
  loadLatest(db, latest);
  for (const { span, columns } of log.replay()) {
    latest.update(columns, span.from, span.to, span);
    hot.append(columns, [span], log.lastId);
  }
  hot.active.lastLogId = log.lastId;
  const files = new SealedFiles(db, dir);
  files.load();
  const rollups = new RollupReader();
  files.onUnlink = (file) => rollups.forget(files.rollupPathOf(file));
  const guard = new WriteGuard(db, dir);
  const space = new Space({ dir, quotaBytes, retentionDays }, files);
  const sealing = new SealingClient(join(dir, 'temp-sealing'));
  const sealer = new Sealer({ db, hot, sealing, files, latest });
  const merger = new Merger({ db, sealing, files, rollups, filesPerDay });
  const upkeep = new Upkeep({
    db,
    duck,
    log,
    hot,
    files,
    sealing,
    sealer,
    merger,
    space,
    guard,
    config,
  });
  upkeep.start();
  return {
    options,
    storeId,
    lock,
    db,
    log,
    duck,
    hot,
    latest,
    guard,
    files,
    rollups,
    space,
    upkeep,
  };
}
