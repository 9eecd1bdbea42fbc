import { randomUUID } from 'node:crypto';
import type { MachineId, SignalId } from '#domain/asset-path.ts';
import { planBuckets } from '#domain/rollup.ts';
import { valueAt, type SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag, type Sample } from '#domain/sample.ts';
import type {
  AppendOutcome,
  Bucket,
  DeadLetter,
  DeliveredRecord,
  DropRecord,
  EventListener,
  Gap,
  GapListener,
  LatestSample,
  MachineCatalogue,
  SamplePlace,
  SampleStore,
  SamplesRecord,
  SignalNo,
  StoreStats,
  StoredEvent,
  StoredListener,
  StreamAudit,
  StreamClose,
  StreamKey,
  StreamState,
  TimeRange,
} from '#domain/sample-store.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import { isGood, worstStatus } from '#domain/status-code.ts';
import { StoreUnavailableError } from '#platform/errors.ts';

interface Stream {
  readonly key: StreamKey;
  readonly epochNumber: number;
  readonly received: SequenceRanges;
  readonly checksums: Map<number, number>;
  cut: StreamAudit['cut'];
  /** Records by sequence, with what became of their samples. */
  readonly counts: (typeof NOTHING & { sequence: number; from: number })[];
  closed: StreamClose | undefined;
}

const NOTHING = { stored: 0, rejected: 0, lost: 0, moved: 0 };

/**
 * A `SampleStore` in plain arrays: the simplest thing that keeps the port's word, for tests of its users. It shares
 * no code with the real ones.
 */
export class MemorySampleStore implements SampleStore {
  readonly storeId = randomUUID();
  readonly #catalogues = new Map<MachineId, MachineCatalogue>();
  readonly #numbers = new Map<SignalId, SignalNo>();
  readonly #ids: SignalId[] = [];
  readonly #order: Sample[] = [];
  readonly #rows: Sample[][] = [];
  readonly #latest: (LatestSample | undefined)[] = [];
  readonly #places: (SamplePlace | undefined)[] = [];
  readonly #streams = new Map<string, Stream>();
  readonly #listeners = new Set<StoredListener>();
  readonly #gapListeners = new Set<GapListener>();
  readonly #eventListeners = new Set<EventListener>();
  readonly #events: StoredEvent[] = [];
  readonly #letters: DeadLetter[] = [];
  readonly #gaps: Gap[] = [];
  /** Every sample, in the order of its coming. */
  get rows(): readonly Sample[] {
    return this.#order;
  }

  /** Set to make every write and query fail, as a full or dead disk does. */
  problem: string | undefined;

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  #check(): void {
    if (this.problem !== undefined) throw new StoreUnavailableError('STORE_UNAVAILABLE', this.problem);
  }

  #stream(key: StreamKey): Stream {
    const id = `${key.agent} ${key.epoch}`;
    let stream = this.#streams.get(id);
    if (!stream) {
      const earlier = [...this.#streams.values()].filter((each) => each.key.agent === key.agent);
      stream = {
        key,
        epochNumber: earlier.length + 1,
        received: new SequenceRanges(),
        checksums: new Map(),
        cut: undefined,
        counts: [],
        closed: undefined,
      };
      this.#streams.set(id, stream);
    }
    return stream;
  }

  async openStream(key: StreamKey): Promise<StreamState> {
    const { epochNumber, received } = this.#stream(key);
    return { stream: key, epochNumber, received: received.toArray() };
  }

  async streams(): Promise<readonly StreamState[]> {
    return Promise.all([...this.#streams.values()].map(({ key }) => this.openStream(key)));
  }

  async putCatalogue(catalogue: MachineCatalogue): Promise<readonly SignalNo[]> {
    this.#check();
    this.#catalogues.set(catalogue.machine.id, catalogue);
    return catalogue.signals.map(({ id }) => {
      let no = this.#numbers.get(id);
      if (no === undefined) {
        no = this.#numbers.size + 1;
        this.#numbers.set(id, no);
        this.#ids[no] = id;
        this.#rows[no] = [];
      }
      return no;
    });
  }

  machines(): readonly MachineCatalogue[] {
    return [...this.#catalogues.values()];
  }

  signalNo(id: SignalId): SignalNo | undefined {
    return this.#numbers.get(id);
  }

  async append(records: readonly DeliveredRecord[]): Promise<AppendOutcome> {
    this.#check();
    let [stored, samples, duplicates] = [0, 0, 0];
    const forks: { stream: StreamKey; sequence: number }[] = [];
    const told: SamplesRecord[] = [];
    for (const record of records) {
      const stream = this.#stream(record.stream);
      if (stream.received.has(record.sequence)) {
        if (stream.checksums.get(record.sequence) === record.checksum) duplicates += 1;
        else forks.push({ stream: record.stream, sequence: record.sequence });
        continue;
      }
      stream.received.add(record.sequence);
      stream.checksums.set(record.sequence, record.checksum);
      stream.closed = undefined;
      stored += 1;
      if (record.kind === 'samples') {
        samples += this.#keep(record, stream);
        told.push(record);
      } else this.#note(record, stream);
    }
    for (const { machine, batch } of told) this.tell(machine, batch);
    return { stored, samples, duplicates, forks };
  }

  /** As after a write: lets the listeners hear of a batch. */
  tell(machine: MachineId, batch: SampleBatch): void {
    for (const listener of this.#listeners) listener(machine, batch);
  }

  #keep({ batch, sequence }: SamplesRecord, stream: Stream): number {
    for (let i = 0; i < batch.count; i += 1) {
      const signalNo = batch.signal[i] ?? 0;
      const sample: LatestSample = {
        signal: this.#ids[signalNo] ?? '//',
        signalNo,
        sourceTimestamp: batch.timeNs[i] ?? 0n,
        value: valueAt(batch, i),
        statusCode: batch.statusCode[i] ?? 0,
        flags: batch.flags[i] ?? 0,
      };
      this.#order.push(sample);
      this.#rows[signalNo]?.push(sample);
      if ((sample.flags & SampleFlag.historical) !== 0) continue;
      this.#latest[signalNo] = sample;
      this.#places[signalNo] = { epochNumber: stream.epochNumber, sequence, index: i };
    }
    stream.counts.push({ ...NOTHING, sequence, from: sequence, stored: batch.count });
    return batch.count;
  }

  #note(record: Exclude<DeliveredRecord, SamplesRecord>, stream: Stream): void {
    if (record.kind === 'gap') {
      this.#gaps.push(record);
      for (const listener of this.#gapListeners) listener(record);
    } else if (record.kind === 'event') {
      const { kind: _kind, checksum: _checksum, ...event } = record;
      const stored = { ...event, epochNumber: stream.epochNumber };
      this.#events.push(stored);
      for (const listener of this.#eventListeners) listener(stored);
    } else if (record.kind === 'drop') this.#lose(record, stream);
    else if (record.kind === 'catalogue') void this.putCatalogue(record.catalogue);
    else if (record.kind === 'checkpoint') {
      const { sequence, produced, discarded } = record;
      stream.cut = { sequence, produced, discarded };
    }
  }

  #lose({ samples, sequences, ranges, moved }: DropRecord, stream: Stream): void {
    let lost = samples;
    let fresh = 0;
    for (const [from, to] of ranges ?? [sequences]) {
      for (const { sequence, stored, rejected } of stream.counts)
        if (sequence >= from && sequence <= to) lost -= stored + rejected;
      fresh += stream.received.add(from, to);
    }
    if (fresh > 0)
      stream.counts.push({
        ...NOTHING,
        sequence: Math.max(sequences[1], moved?.upTo ?? 0),
        from: sequences[0],
        lost: Math.max(0, lost),
        moved: moved?.samples ?? 0,
      });
  }

  async closeStream(key: StreamKey, close: StreamClose): Promise<void> {
    const stream = this.#streams.get(`${key.agent} ${key.epoch}`);
    if (stream) stream.closed = close;
  }

  onStored(listener: StoredListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onGap(listener: GapListener): () => void {
    this.#gapListeners.add(listener);
    return () => this.#gapListeners.delete(listener);
  }

  onEvent(listener: EventListener): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  async putDeadLetter(letter: Omit<DeadLetter, 'id'>): Promise<void> {
    this.#letters.push({ ...letter, id: this.#letters.length + 1 });
    if (!letter.stream || letter.sequence === undefined) return;
    const stream = this.#stream(letter.stream);
    const { sequence, samples = 0 } = letter;
    if (stream.received.add(sequence) > 0)
      stream.counts.push({ ...NOTHING, sequence, from: sequence, rejected: samples });
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    this.#check();
    return this.#letters.slice(-limit).reverse();
  }

  latestPlace(signal: SignalNo): SamplePlace | undefined {
    return this.#places[signal];
  }

  latest(machine?: MachineId): readonly LatestSample[] {
    return this.#latest.filter(
      (sample): sample is LatestSample =>
        sample !== undefined && (machine === undefined || sample.signal.startsWith(`${machine}/`)),
    );
  }

  #within(signal: SignalId, { from, to }: TimeRange): Sample[] {
    return (this.#rows[this.#numbers.get(signal) ?? 0] ?? [])
      .filter(({ sourceTimestamp }) => sourceTimestamp >= from && sourceTimestamp < to)
      .sort((a, b) => Number(a.sourceTimestamp - b.sourceTimestamp));
  }

  async samples(signal: SignalId, range: TimeRange, limit: number): Promise<readonly Sample[]> {
    this.#check();
    return this.#within(signal, range).slice(0, limit);
  }

  async countSamples(signal: SignalId, range: TimeRange, limit: number): Promise<number> {
    this.#check();
    return Math.min(limit, this.#within(signal, range).length);
  }

  async buckets(
    signals: readonly SignalId[],
    range: TimeRange,
    buckets: number,
  ): Promise<readonly (readonly Bucket[])[]> {
    this.#check();
    const { originNs, widthNs, count } = planBuckets(range, buckets);
    return signals.map((signal) =>
      Array.from({ length: count }, (_, i) => originNs + BigInt(i) * widthNs).flatMap((from): Bucket[] => {
        const rows = this.#within(signal, { from, to: from + widthNs });
        return rows.length === 0 ? [] : [bucketOf(from, rows)];
      }),
    );
  }

  async gaps(range: TimeRange, machine?: MachineId): Promise<readonly Gap[]> {
    this.#check();
    return this.#gaps.filter(
      (gap) =>
        gap.from < range.to &&
        gap.to > range.from &&
        (machine === undefined || gap.machine === undefined || gap.machine === machine),
    );
  }

  async events({ from, to }: TimeRange, limit: number, machine?: MachineId): Promise<readonly StoredEvent[]> {
    this.#check();
    return this.#events
      .filter(
        (one) => one.time >= from && one.time < to && (machine === undefined || one.machine === machine),
      )
      .sort((a, b) => Number(b.time - a.time) || b.epochNumber - a.epochNumber || b.sequence - a.sequence)
      .slice(0, limit);
  }

  async standing(): Promise<readonly StoredEvent[]> {
    this.#check();
    const newest = new Map<string, StoredEvent>();
    for (const event of this.#events) {
      if (event.subject === undefined) continue;
      const known = newest.get(`${event.machine} ${event.subject}`);
      if (
        known &&
        (known.epochNumber > event.epochNumber ||
          (known.epochNumber === event.epochNumber && known.sequence > event.sequence))
      )
        continue;
      newest.set(`${event.machine} ${event.subject}`, event);
    }
    return [...newest.values()];
  }

  async audit(): Promise<readonly StreamAudit[]> {
    this.#check();
    return [...this.#streams.values()].map(({ key, epochNumber, received, cut, counts, closed }) => {
      const sum = (term: 'stored' | 'rejected' | 'lost', upTo = Infinity): number =>
        counts.reduce((total, one) => total + (one.sequence <= upTo ? one[term] : 0), 0);
      const at = cut?.sequence ?? 0;
      return {
        stream: key,
        epochNumber,
        received: received.toArray(),
        cut,
        storedAtCut: sum('stored', at),
        stored: sum('stored'),
        rejectedAtCut: sum('rejected', at),
        rejected: sum('rejected'),
        declaredLostAtCut: sum('lost', at),
        declaredLost: sum('lost'),
        lostAcrossCut: counts.reduce(
          (total, { from, sequence, lost, moved }) =>
            total + (from <= at && sequence > at ? lost + moved : 0),
          0,
        ),
        closed,
      };
    });
  }

  async stats(): Promise<StoreStats> {
    return {
      storeId: this.storeId,
      samples: this.#order.length,
      bytesOnDisk: 0,
      quotaBytes: 1e9,
      daysLeft: undefined,
      retentionDays: 30,
      writable: this.problem === undefined,
      problem: this.problem,
    };
  }
}

function bucketOf(t: bigint, rows: readonly Sample[]): Bucket {
  const numbers = rows
    .filter(({ statusCode }) => isGood(statusCode))
    .map(({ value }) => (typeof value === 'boolean' || typeof value === 'bigint' ? Number(value) : value))
    .filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  return {
    t,
    min: numbers.length > 0 ? Math.min(...numbers) : null,
    mean: numbers.length > 0 ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length : null,
    max: numbers.length > 0 ? Math.max(...numbers) : null,
    first: numbers[0] ?? null,
    last: numbers.at(-1) ?? null,
    count: rows.length,
    worstStatus: rows.reduce((worst, { statusCode }) => worstStatus(worst, statusCode), 0),
  };
}
