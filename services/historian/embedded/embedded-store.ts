import type { MachineId, SignalId } from '#domain/asset-path.ts';
import { planBuckets, toBuckets } from '#domain/rollup.ts';
import type { Sample } from '#domain/sample.ts';
import { valueAt, type SampleBatch } from '#domain/sample-batch.ts';
import type {
  AppendOutcome,
  Bucket,
  DeadLetter,
  DeliveredRecord,
  EventListener,
  Gap,
  GapListener,
  LatestSample,
  MachineCatalogue,
  SampleStore,
  SignalNo,
  SamplePlace,
  StoredEvent,
  StoredListener,
  ReadBack,
  StoreStats,
  StreamAudit,
  StreamClose,
  StreamKey,
  StreamState,
  TimeRange,
} from '#domain/sample-store.ts';
import { embeddedHistorianSchema, type EmbeddedHistorianConfig } from '#contracts/config/historian.ts';
import { Listeners } from '../listeners.ts';
import { AppendQueue } from './append-queue.ts';
import { LatestTable } from './latest-table.ts';
import { copyBatch, createColumns, viewColumns, type ColumnViews } from './packed-columns.ts';
import type { EmbeddedStoreOptions, OpenedStore } from './rpc.ts';
import { WorkerClient } from './worker-client.ts';

export interface EmbeddedStoreInput {
  /** Folder of the store; made when it is missing. One process at a time may have it open. */
  readonly dir: string;
  readonly config?: Partial<EmbeddedHistorianConfig> | undefined;
}

/** A historian that needs no server: SQLite log, DuckDB in memory, sealed Parquet files, all behind one worker thread. */
export function createEmbeddedStore({ dir, config }: EmbeddedStoreInput): EmbeddedStore {
  return new EmbeddedStore({ dir, config: embeddedHistorianSchema.parse(config ?? {}) });
}

/**
 * The front of the embedded store, on the caller's thread: catalogue, latest values and listeners in memory, all
 * else asked of the worker.
 */
export class EmbeddedStore implements SampleStore {
  readonly #options: EmbeddedStoreOptions;
  readonly #worker = new WorkerClient();
  readonly #onStored = new Listeners<Parameters<StoredListener>>();
  readonly #onGap = new Listeners<Parameters<GapListener>>();
  readonly #onEvent = new Listeners<Parameters<EventListener>>();
  readonly #machines = new Map<string, MachineCatalogue>();
  readonly #machineNos = new Map<string, readonly SignalNo[]>();
  readonly #signalNos = new Map<string, SignalNo>();
  readonly #signalIds: SignalId[] = [];
  #latest = new LatestTable();
  #storeId = '';
  readonly #queue = new AppendQueue({
    send: (group) => this.#worker.call('append', group),
    stored: (record, epochNo) => this.#stored(record, epochNo),
    catalogueStored: (record, signalNos) => {
      if (record.kind === 'catalogue') this.#learn(record.catalogue, signalNos);
    },
  });

  constructor(options: EmbeddedStoreOptions) {
    this.#options = options;
  }

  get storeId(): string {
    return this.#storeId;
  }

  /** @throws StartError when the folder is in use, of a newer format, or cannot be written. */
  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.#worker.start();
    try {
      this.#adopt(await this.#worker.call('open', this.#options));
    } catch (error) {
      await this.#worker.stop();
      throw error;
    }
  }

  #adopt(opened: OpenedStore): void {
    this.#storeId = opened.storeId;
    for (const { id, no } of opened.signals) this.#number(id, no);
    for (const catalogue of opened.machines) this.#machines.set(catalogue.machine.id, catalogue);
    const columns = viewColumns(opened.latest);
    this.#latest = new LatestTable();
    for (let row = 0; row < columns.count; row += 1) {
      const [epochNo = 0, sequence = 0, index = 0] = opened.latestOrigins.subarray(row * 3, row * 3 + 3);
      this.#latest.put(columns, row, { epochNo, sequence }, index);
    }
  }

  async stop(): Promise<void> {
    await this.#worker.call('close').catch(() => undefined);
    await this.#worker.stop();
  }

  openStream(stream: StreamKey): Promise<StreamState> {
    return this.#worker.call('openStream', stream);
  }

  closeStream(stream: StreamKey, close: StreamClose): Promise<void> {
    return this.#worker.call('closeStream', stream, close);
  }

  streams(): Promise<readonly StreamState[]> {
    return this.#worker.call('streams');
  }

  async putCatalogue(catalogue: MachineCatalogue): Promise<readonly SignalNo[]> {
    const signalNos = await this.#worker.call('putCatalogue', catalogue);
    this.#learn(catalogue, signalNos);
    return signalNos;
  }

  #learn(catalogue: MachineCatalogue, signalNos: readonly SignalNo[]): void {
    this.#machines.set(catalogue.machine.id, catalogue);
    this.#machineNos.delete(catalogue.machine.id);
    catalogue.signals.forEach(({ id }, i) => this.#number(id, signalNos[i] ?? 0));
  }

  #number(id: SignalId, no: SignalNo): void {
    this.#signalNos.set(id, no);
    this.#signalIds[no] = id;
  }

  machines(): readonly MachineCatalogue[] {
    return [...this.#machines.values()];
  }

  signalNo(id: SignalId): SignalNo | undefined {
    return this.#signalNos.get(id);
  }

  append(records: readonly DeliveredRecord[]): Promise<AppendOutcome> {
    return this.#queue.append(records);
  }

  #stored(record: DeliveredRecord, epochNo: number): void {
    if (record.kind === 'gap') this.#onGap.tell(record);
    else if (record.kind === 'event') this.#onEvent.tell({ ...record, epochNumber: epochNo });
    if (record.kind !== 'samples') return;
    const { batch, machine, sequence } = record;
    const columns = withWords(batch);
    this.#latest.update(columns, 0, batch.count, { epochNo, sequence });
    this.#onStored.tell(machine, batch);
  }

  onStored(listener: StoredListener): () => void {
    return this.#onStored.add(listener);
  }

  onGap(listener: GapListener): () => void {
    return this.#onGap.add(listener);
  }

  onEvent(listener: EventListener): () => void {
    return this.#onEvent.add(listener);
  }

  putDeadLetter(letter: Omit<DeadLetter, 'id'>): Promise<void> {
    return this.#worker.call('putDeadLetter', letter);
  }

  deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#worker.call('deadLetters', limit);
  }

  latest(machine?: MachineId): readonly LatestSample[] {
    const { columns } = this.#latest;
    const signals =
      machine === undefined
        ? this.#latest.signals()
        : this.#numbersOf(machine).filter((no) => this.#latest.has(no));
    return signals.map((no) => ({ ...sampleAt(columns, no, this.#signalIds[no]), signalNo: no }));
  }

  latestPlace(signal: SignalNo): SamplePlace | undefined {
    if (!this.#latest.has(signal)) return undefined;
    const { epochNo, sequence, index } = this.#latest.originOf(signal);
    return { epochNumber: epochNo, sequence, index };
  }

  /** Numbers of a machine's signals, kept until its catalogue changes. */
  #numbersOf(machine: MachineId): readonly SignalNo[] {
    const known = this.#machineNos.get(machine);
    if (known) return known;
    const signals = this.#machines.get(machine)?.signals ?? [];
    const numbers = signals.map(({ id }) => this.#signalNos.get(id) ?? 0);
    this.#machineNos.set(machine, numbers);
    return numbers;
  }

  async samples(signal: SignalId, range: TimeRange, limit: number): Promise<readonly Sample[]> {
    const no = this.#signalNos.get(signal);
    if (no === undefined) return [];
    const columns = viewColumns(await this.#worker.call('samples', no, range, limit));
    return Array.from({ length: columns.count }, (_, i) => sampleAt(columns, i, signal));
  }

  async countSamples(signal: SignalId, range: TimeRange, limit: number): Promise<number> {
    const no = this.#signalNos.get(signal);
    return no === undefined ? 0 : this.#worker.call('countSamples', no, range, limit);
  }

  async buckets(
    signals: readonly SignalId[],
    range: TimeRange,
    buckets: number,
  ): Promise<readonly (readonly Bucket[])[]> {
    const numbers = signals.map((id) => this.#signalNos.get(id) ?? 0);
    const plan = planBuckets(range, buckets);
    const columns = await this.#worker.call('buckets', numbers, range, buckets);
    return columns.map((aggregates) => toBuckets(plan, aggregates));
  }

  gaps(range: TimeRange, machine?: MachineId): Promise<readonly Gap[]> {
    return this.#worker.call('gaps', range, machine);
  }

  events(range: TimeRange, limit: number, machine?: MachineId): Promise<readonly StoredEvent[]> {
    return this.#worker.call('events', range, limit, machine);
  }

  standing(): Promise<readonly StoredEvent[]> {
    return this.#worker.call('standing');
  }

  audit(): Promise<readonly StreamAudit[]> {
    return this.#worker.call('audit');
  }

  readBack(): Promise<readonly ReadBack[]> {
    return this.#worker.call('readBack');
  }

  stats(): Promise<StoreStats> {
    return this.#worker.call('stats');
  }

  /** Seals what is hot and does the merging and retention that is due at `nowMs`. The store does so by itself, too. */
  maintain(nowMs: number = Date.now()): Promise<void> {
    return this.#worker.call('maintain', nowMs);
  }
}

/** Word views over the caller's own columns; a batch whose columns do not share their bytes is copied. */
function withWords(batch: SampleBatch): ColumnViews {
  if (batch.f64.buffer !== batch.i64.buffer) {
    const columns = createColumns(batch.count);
    copyBatch(columns, 0, batch);
    return columns;
  }
  const { timeNs, i64 } = batch;
  return {
    ...batch,
    timeWords: new Uint32Array(timeNs.buffer, timeNs.byteOffset, timeNs.length * 2),
    bitWords: new Uint32Array(i64.buffer, i64.byteOffset, i64.length * 2),
  };
}

function sampleAt(columns: ColumnViews, i: number, signal: SignalId = 'unknown/unknown/unknown'): Sample {
  return {
    signal,
    sourceTimestamp: columns.timeNs[i] ?? 0n,
    value: valueAt(columns, i),
    statusCode: columns.statusCode[i] ?? 0,
    flags: columns.flags[i] ?? 0,
  };
}
