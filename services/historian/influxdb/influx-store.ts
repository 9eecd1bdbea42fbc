import type { MachineId, SignalId } from '#domain/asset-path.ts';
import type { Sample } from '#domain/sample.ts';
import type {
  AppendOutcome,
  Bucket,
  DeadLetter,
  DeliveredRecord,
  Gap,
  GapListener,
  LatestSample,
  MachineCatalogue,
  ReadBack,
  SampleStore,
  SignalNo,
  SamplePlace,
  StoredEvent,
  StoredListener,
  StoreStats,
  StreamAudit,
  StreamClose,
  StreamKey,
  StreamState,
  TimeRange,
} from '#domain/sample-store.ts';
import {
  influxHistorianSchema,
  type InfluxHistorianConfig,
  type InfluxHistorianInput,
} from '#contracts/config/historian.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { ConnectionError, StartError, StoreUnavailableError, messageOf } from '#platform/errors.ts';
import type { Registry } from '#platform/metrics.ts';
import { Listeners } from '../listeners.ts';
import { InfluxHttp } from './influx-http.ts';
import { registerInfluxMetrics, type InfluxCounters, type InfluxFigures } from './influx-metrics.ts';
import { askInfluxql } from './influx-query.ts';
import type { Series } from './influxql.ts';
import { LatestValues } from './latest-values.ts';
import type { Ledger } from './ledger.ts';
import { letterLine, recordLine } from './ledger-lines.ts';
import { NewestTimes } from './newest-times.ts';
import { HourBook } from './rolled-hours.ts';
import { SampleCount } from './sample-count.ts';
import { SampleQueries, type Query } from './sample-queries.ts';
import { SignalRegistry } from './signal-registry.ts';
import { openParts, type StoreParts } from './store-parts.ts';
import { StreamBook, dueFold, noteReceived } from './stream-book.ts';

const STOP_MS = 5_000;
const NS_PER_MS = 1_000_000n;

export interface InfluxStoreInput {
  readonly config: InfluxHistorianInput;
  readonly clock?: Clock;
  /** Where its metrics go. */
  readonly registry?: Registry;
}

/** A historian whose samples lie in an InfluxDB 1.x, 2.x or 3.x. Keeps nothing on this machine. */
export function createInfluxStore({ config, clock, registry }: InfluxStoreInput): InfluxStore {
  const store = new InfluxStore(influxHistorianSchema.parse(config), clock ?? systemClock);
  if (registry) registerInfluxMetrics(registry, () => store.figures);
  return store;
}

export class InfluxStore implements SampleStore {
  readonly #config: InfluxHistorianConfig;
  readonly #clock: Clock;
  readonly #http: InfluxHttp;
  readonly #onStored = new Listeners<Parameters<StoredListener>>();
  readonly #registry = new SignalRegistry();
  readonly #newest = new NewestTimes();
  readonly #book = new StreamBook();
  readonly #latest = new LatestValues(this.#registry);
  readonly #samplesQuery: Query = (statement) => this.#ask(this.#config.database, statement);
  readonly #queries = new SampleQueries(this.#samplesQuery, this.#registry);
  readonly #hours = new HourBook({ clockMs: () => this.#clock.now(), serverMs: () => this.#http.dateMs });
  readonly #onGap = new Listeners<Parameters<GapListener>>();
  #parts: StoreParts | undefined;
  readonly #count = new SampleCount({
    clock: { now: () => this.#clock.now(), monotonic: () => this.#clock.monotonic() },
    query: this.#samplesQuery,
    bytesOnDisk: () =>
      this.#ready.generation.bytesOnDisk([this.#config.database, `${this.#config.database}-ledger`]),
  });

  constructor(config: InfluxHistorianConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#http = new InfluxHttp(config);
  }

  get storeId(): string {
    return this.#parts?.storeId ?? '';
  }

  /** What was found: `InfluxDB 1.6.7 OSS at http://127.0.0.1:8086, database brest, kept for 30 days`. */
  get description(): string {
    const { database } = this.#config;
    const kept = this.#parts?.retention.days;
    return `InfluxDB ${this.#parts?.generation.label} at ${this.#http.origin}, database ${database}, kept ${kept === 0 ? 'for ever' : `for ${kept} days`}`;
  }

  get counters(): InfluxCounters | undefined {
    if (!this.#parts) return undefined;
    return { ...this.#parts.writer.counters, expiredSamples: this.#parts.flow.expiredSamples };
  }

  get figures(): InfluxFigures {
    return {
      counters: this.counters,
      isWritable: this.#parts !== undefined && this.#parts.writer.problem === undefined,
    };
  }

  /** @throws StartError with one plain sentence: wrong address, token, organisation, version */
  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    try {
      await this.#open();
    } catch (error) {
      this.#parts = undefined;
      if (error instanceof ConnectionError || error instanceof StoreUnavailableError)
        throw new StartError(error.code, error.message, 'store.url, and that InfluxDB runs', {
          cause: error,
        });
      throw error;
    }
  }

  async #open(): Promise<void> {
    const parts = await openParts({
      config: this.#config,
      http: this.#http,
      clock: this.#clock,
      ask: (name, statement) => this.#ask(name, statement),
      samplesQuery: this.#samplesQuery,
      registry: this.#registry,
      newest: this.#newest,
      book: this.#book,
      queries: this.#queries,
      hours: this.#hours,
      putCatalogue: (catalogue) => this.putCatalogue(catalogue),
      stored: (record, epochNumber) => this.#stored(record, epochNumber),
    });
    this.#parts = parts;
    parts.gaps.listen((gap) => this.#onGap.tell(gap));
    await parts.gaps.load();
    await this.#load(parts.ledger, parts.ledgerName);
    parts.rollups.start();
  }

  async #load(ledger: Ledger, ledgerName: string): Promise<void> {
    const { machines, kinds, signals } = await ledger.catalogues();
    for (const { id, no } of signals) this.#registry.number(id, no);
    for (const { machine, kind } of kinds) this.#registry.addKind(machine, kind);
    for (const catalogue of machines) this.#registry.learn(catalogue);
    await this.#newest.load(this.#samplesQuery, this.#registry);
    await this.#latest.load(
      (statement) => this.#ask(ledgerName, statement),
      this.#samplesQuery,
      this.#clock.now(),
    );
  }

  async stop(): Promise<void> {
    const parts = this.#parts;
    if (!parts) return;
    this.#parts = undefined;
    parts.gaps.stop();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_MS)));
    const written = parts.flow
      .idle()
      .then(() => parts.ledger.write(this.#latest.lines(BigInt(Date.now()) * NS_PER_MS)));
    await Promise.race([Promise.allSettled([written, parts.rollups.stop()]), late]);
    clearTimeout(timer);
    this.#http.close();
  }

  get #ready(): StoreParts {
    if (!this.#parts) throw new StoreUnavailableError('INFLUX_CLOSED', 'the historian is not open');
    return this.#parts;
  }

  /** @throws StoreUnavailableError: a query that fails is worth another try */
  async #ask(database: string, statement: string): Promise<Series[][]> {
    try {
      return await askInfluxql(this.#http, { statement, database });
    } catch (error) {
      if (this.#parts && (error instanceof ConnectionError || error instanceof StartError))
        throw new StoreUnavailableError(error.code, error.message, { cause: error });
      throw error;
    }
  }

  async openStream(stream: StreamKey): Promise<StreamState> {
    const { ledger } = this.#ready;
    const known = await ledger.openStream(stream);
    const { received, epochNumber } = this.#book.open(known, await ledger.received(stream));
    return { stream, epochNumber, received: received.toArray() };
  }

  async streams(): Promise<readonly StreamState[]> {
    const { ledger } = this.#ready;
    const known = await ledger.streams();
    return await Promise.all(
      known.map(async ({ stream, epochNumber }) => ({
        stream,
        epochNumber,
        received: (await ledger.received(stream)).toArray(),
      })),
    );
  }

  closeStream(stream: StreamKey, close: StreamClose): Promise<void> {
    return this.#ready.ledger.close(stream, close);
  }

  async putCatalogue(catalogue: MachineCatalogue): Promise<readonly SignalNo[]> {
    const { ledger } = this.#ready;
    const isNewMachine = this.#registry.machine(catalogue.machine.id) === undefined;
    const added = this.#registry.numberNew(catalogue.signals);
    // Known before it is durable: harmless, for nobody is told, and the next try writes it again.
    if (this.#registry.differs(catalogue) || added.length > 0) await ledger.putCatalogue(catalogue, added);
    this.#registry.learn(catalogue);
    // Another worker may have stored samples of it.
    if (isNewMachine) await this.#newest.load(this.#samplesQuery, this.#registry, catalogue.machine.id);
    return catalogue.signals.map(({ id }) => this.#registry.no(id) ?? 0);
  }

  machines(): readonly MachineCatalogue[] {
    return this.#registry.machines();
  }

  signalNo(id: SignalId): SignalNo | undefined {
    return this.#registry.no(id);
  }

  append(records: readonly DeliveredRecord[]): Promise<AppendOutcome> {
    if (!this.#parts)
      return Promise.reject(new StoreUnavailableError('INFLUX_CLOSED', 'the historian is not open'));
    return this.#parts.flow.append(records);
  }

  #stored(record: DeliveredRecord, epochNumber: number): void {
    if (record.kind === 'samples') {
      this.#latest.update(record, epochNumber);
      this.#count.stored(record.batch.count);
      this.#onStored.tell(record.machine, record.batch);
    }
    if (record.kind === 'gap') this.#parts?.gaps.stored(record);
    const stream = this.#book.find(record.stream);
    const upTo = stream && dueFold(stream);
    if (stream && upTo !== undefined) void this.#parts?.ledger.fold(stream.key, upTo).catch(() => undefined);
  }

  onStored(listener: StoredListener): () => void {
    return this.#onStored.add(listener);
  }

  onGap(listener: GapListener): () => void {
    return this.#onGap.add(listener);
  }

  async putDeadLetter(letter: Omit<DeadLetter, 'id'>): Promise<void> {
    const { ledger } = this.#ready;
    const { stream, sequence, samples = 0 } = letter;
    if (!stream || sequence === undefined) {
      await ledger.putLetter(letter);
      return;
    }
    const opened =
      this.#book.find(stream) ??
      this.#book.open(await ledger.openStream(stream), await ledger.received(stream));
    if (opened.received.has(sequence)) {
      await ledger.putLetter(letter);
      return;
    }
    // One request, keyed by the record: a second try writes the same.
    await ledger.write([
      letterLine(letter, undefined),
      recordLine({ stream, sequence, checksum: 0, stored: 0, rejected: samples, expired: 0 }),
    ]);
    noteReceived(opened, sequence, 0);
  }

  deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#ready.ledger.letters(limit);
  }

  latestPlace(signal: SignalNo): SamplePlace | undefined {
    return this.#latest.placeOf(signal);
  }

  latest(machine?: MachineId): readonly LatestSample[] {
    return this.#latest.list(machine);
  }

  samples(signal: SignalId, range: TimeRange, limit: number): Promise<readonly Sample[]> {
    return this.#queries.samples(signal, range, limit);
  }

  countSamples(signal: SignalId, range: TimeRange, limit: number): Promise<number> {
    return this.#queries.countSamples(signal, range, limit);
  }

  buckets(
    signals: readonly SignalId[],
    range: TimeRange,
    buckets: number,
  ): Promise<readonly (readonly Bucket[])[]> {
    return this.#ready.buckets.buckets(signals, range, buckets);
  }

  gaps(range: TimeRange, machine?: MachineId): Promise<readonly Gap[]> {
    return this.#ready.ledger.gaps(range, machine);
  }

  events(range: TimeRange, limit: number, machine?: MachineId): Promise<readonly StoredEvent[]> {
    return this.#ready.events.list(range, limit, machine);
  }

  standing(): Promise<readonly StoredEvent[]> {
    return this.#ready.events.standing();
  }

  async audit(): Promise<readonly StreamAudit[]> {
    const { ledger } = this.#ready;
    return await Promise.all((await ledger.streams()).map((stream) => ledger.audit(stream)));
  }

  readBack(): Promise<readonly ReadBack[]> {
    return this.#ready.readBack();
  }

  async stats(): Promise<StoreStats> {
    const { storeId, retention, writer } = this.#ready;
    const problem = writer.problem ?? (await this.#silence());
    if (problem === undefined) await this.#count.renew();
    return {
      storeId,
      retentionDays: retention.days,
      quotaBytes: 0,
      daysLeft: undefined,
      samples: this.#count.samples,
      bytesOnDisk: this.#count.bytes,
      writable: problem === undefined,
      problem,
    };
  }

  /** Why the server does not answer, also while nothing is written. */
  async #silence(): Promise<string | undefined> {
    try {
      await this.#http.call({ method: 'GET', path: '/ping' });
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Makes the rollups that are due at this time, ms, at once; answers the number of hours. */
  rollUp(nowMs: number): Promise<number> {
    return this.#ready.rollups.run({ nowMs });
  }

  /** Counts anew at the next `stats`. */
  forgetCount(): void {
    this.#count.forget();
  }
}
