import { machineId, type MachineId, type SignalId } from '#domain/asset-path.ts';
import { createSampleBatch, valueAt } from '#domain/sample-batch.ts';
import type { SampleValue } from '#domain/sample.ts';
import type {
  AppendOutcome,
  DeadLetter,
  DeliveredRecord,
  MachineCatalogue,
  SampleStore,
  SignalNo,
  StoredListener,
  StreamKey,
  StreamState,
} from '#domain/sample-store.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';

export interface StoredRow {
  readonly signal: SignalId;
  readonly timeNs: bigint;
  readonly value: SampleValue;
  readonly statusCode: number;
  readonly flags: number;
}

interface StreamBook {
  readonly key: StreamKey;
  readonly epochNumber: number;
  readonly received: SequenceRanges;
  readonly checksums: Map<number, number>;
}

const keyOf = ({ agent, epoch }: StreamKey): string => `${agent} ${epoch}`;

/** The writing half of a SampleStore in memory, with faults on demand: for unit tests of ingest, nothing else. */
export class MemoryStore implements SampleStore {
  readonly storeId = 'memory-store';
  readonly rows: StoredRow[] = [];
  readonly others: DeliveredRecord[] = [];
  readonly letters: Omit<DeadLetter, 'id'>[] = [];
  /** Called before each append; throws to make it fail. */
  beforeAppend: (records: readonly DeliveredRecord[]) => void | Promise<void> = () => undefined;
  appends = 0;
  readonly #streams = new Map<string, StreamBook>();
  readonly #machines = new Map<MachineId, MachineCatalogue>();
  readonly #signalNos = new Map<SignalId, SignalNo>();
  readonly #signalIds: SignalId[] = [];
  readonly #listeners = new Set<StoredListener>();

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async openStream(key: StreamKey): Promise<StreamState> {
    const known = this.#streams.get(keyOf(key));
    const epochNumber =
      [...this.#streams.values()].filter(({ key: { agent } }) => agent === key.agent).length + 1;
    const book = known ?? { key, epochNumber, received: new SequenceRanges(), checksums: new Map() };
    this.#streams.set(keyOf(key), book);
    return { stream: key, epochNumber: book.epochNumber, received: book.received.toArray() };
  }

  async streams(): Promise<readonly StreamState[]> {
    return Promise.all([...this.#streams.values()].map(({ key }) => this.openStream(key)));
  }

  async putCatalogue(catalogue: MachineCatalogue): Promise<readonly SignalNo[]> {
    this.#machines.set(catalogue.machine.id, catalogue);
    return catalogue.signals.map(({ id }) => {
      const no = this.#signalNos.get(id) ?? this.#signalIds.push(id);
      this.#signalNos.set(id, no);
      return no;
    });
  }

  machines(): readonly MachineCatalogue[] {
    return [...this.#machines.values()];
  }

  signalNo(id: SignalId): SignalNo | undefined {
    return this.#signalNos.get(id);
  }

  async append(records: readonly DeliveredRecord[]): Promise<AppendOutcome> {
    this.appends += 1;
    const copies = records.map((record) => (record.kind === 'samples' ? this.#take(record) : record));
    await this.beforeAppend(copies);
    const forks: { stream: StreamKey; sequence: number }[] = [];
    let stored = 0;
    let samples = 0;
    for (const record of copies) {
      const book = this.#streams.get(keyOf(record.stream));
      if (!book) throw new Error('the stream is not open');
      const { sequence, checksum } = record;
      if (book.received.add(sequence) === 0) {
        if (book.checksums.get(sequence) !== checksum) forks.push({ stream: record.stream, sequence });
        continue;
      }
      book.checksums.set(sequence, checksum);
      stored += 1;
      if (record.kind === 'samples') samples += this.#store(record);
      else this.others.push(record);
    }
    return { stored, samples, duplicates: records.length - stored - forks.length, forks };
  }

  /** As a real store may: the caller's columns are gone afterwards. */
  #take(
    record: Extract<DeliveredRecord, { kind: 'samples' }>,
  ): Extract<DeliveredRecord, { kind: 'samples' }> {
    const batch = structuredClone(record.batch);
    const f64 = new Float64Array(batch.i64.buffer);
    Object.assign(record.batch, createSampleBatch(0));
    return { ...record, batch: { ...batch, f64 } };
  }

  #store({ machine, batch }: Extract<DeliveredRecord, { kind: 'samples' }>): number {
    for (let i = 0; i < batch.count; i += 1)
      this.rows.push({
        signal: this.#signalIds[(batch.signal[i] ?? 0) - 1] ?? 'unknown/unknown/unknown',
        timeNs: batch.timeNs[i] ?? 0n,
        value: valueAt(batch, i),
        statusCode: batch.statusCode[i] ?? 0,
        flags: batch.flags[i] ?? 0,
      });
    for (const listener of this.#listeners) listener(machine, batch);
    return batch.count;
  }

  onStored(listener: StoredListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async putDeadLetter(letter: Omit<DeadLetter, 'id'>): Promise<void> {
    this.letters.push(letter);
    if (letter.stream && letter.sequence !== undefined)
      this.#streams.get(keyOf(letter.stream))?.received.add(letter.sequence);
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.letters.slice(-limit).map((letter, id) => ({ ...letter, id }));
  }

  latest = (): never => unsupported();
  samples = (): never => unsupported();
  countSamples = (): never => unsupported();
  buckets = (): never => unsupported();
  gaps = (): never => unsupported();
  audit = (): never => unsupported();
  stats = (): never => unsupported();
}

function unsupported(): never {
  throw new Error('this double only takes records');
}

export const TEST_MACHINE = machineId('brest', 'cnc-01');
