import type { MachineId, SignalId } from '#domain/asset-path.ts';
import { createSampleBatch, valueAt } from '#domain/sample-batch.ts';
import { SampleFlag, type SampleValue } from '#domain/sample.ts';
import type {
  AppendOutcome,
  DeadLetter,
  DeliveredRecord,
  MachineCatalogue,
  SampleStore,
  SamplesRecord,
  SignalNo,
  StreamKey,
  StreamState,
} from '#domain/sample-store.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import { StoreUnavailableError } from '#platform/errors.ts';

export interface SimulatedRow {
  readonly signal: SignalId;
  readonly value: SampleValue;
  readonly isAgents: boolean;
  readonly epochNumber: number;
  readonly sequence: number;
}

interface Stream {
  readonly key: StreamKey;
  readonly epochNumber: number;
  readonly received: SequenceRanges;
  readonly checksums: Map<number, number>;
}

/** How long after its early answer the planted fault writes. */
const EARLY_MS = 250;

const keyOf = ({ agent, epoch }: StreamKey): string => `${agent} ${epoch}`;

const copyOf = ({ received, checksums, ...stream }: Stream): Stream => ({
  ...stream,
  received: SequenceRanges.of(received.toArray()),
  checksums: new Map(checksums),
});

/** What a store has on its disk, and how that behaves now: outlives the processes that write to it. */
export class SimulatedStoreDisk {
  storeId = 'simulated-1';
  rows: SimulatedRow[] = [];
  streams = new Map<string, Stream>();
  readonly machines = new Map<MachineId, MachineCatalogue>();
  readonly signalNos = new Map<SignalId, SignalNo>();
  readonly signalIds: SignalId[] = [];
  letters: Omit<DeadLetter, 'id'>[] = [];
  declaredLost = 0;
  /** Declared lost: what a restored store and the journal have both lost. */
  restoredLost = 0;
  gaps = 0;
  /** Of a write. */
  latencyMs = 3;
  /** Writes are refused, or fail after they were done. */
  mood: 'sound' | 'refusing' | 'failing' | 'losing-answers' = 'sound';
  /** A planted fault: answers before the transaction. */
  answersEarly = false;

  openStream(key: StreamKey): Stream {
    const known = this.streams.get(keyOf(key));
    if (known) return known;
    const before = [...this.streams.values()].filter((other) => other.key.agent === key.agent);
    const fresh = {
      key,
      epochNumber: before.length + 1,
      received: new SequenceRanges(),
      checksums: new Map(),
    };
    this.streams.set(keyOf(key), fresh);
    return fresh;
  }

  /** Answers how to bring back what is there now, as a store of another id. */
  backup(): () => void {
    const copies = (streams: ReadonlyMap<string, Stream>): Map<string, Stream> =>
      new Map([...streams].map(([key, stream]) => [key, copyOf(stream)]));
    const { rows, streams, letters, declaredLost, restoredLost, gaps } = this;
    const copied = { rows: [...rows], streams: copies(streams), letters: [...letters] };
    const kept = { ...copied, declaredLost, restoredLost, gaps };
    return () => {
      Object.assign(this, kept, { storeId: `${this.storeId}+1` });
    };
  }

  /** A planted fault: forgets that it has the newest record of each stream. */
  forgetRange(): void {
    for (const [key, stream] of this.streams) {
      const kept = stream.received
        .toArray()
        .flatMap(([from, to]) => (to > from ? [[from, to - 1] as const] : []));
      this.streams.set(key, { ...stream, received: SequenceRanges.of(kept) });
    }
  }

  commit(records: readonly DeliveredRecord[]): AppendOutcome {
    const forks: { stream: StreamKey; sequence: number }[] = [];
    let stored = 0;
    let samples = 0;
    for (const record of records) {
      const stream = this.openStream(record.stream);
      const { sequence, checksum } = record;
      if (stream.received.add(sequence) === 0) {
        const known = stream.checksums.get(sequence);
        if (known !== undefined && known !== checksum) forks.push({ stream: record.stream, sequence });
        continue;
      }
      stream.checksums.set(sequence, checksum);
      stored += 1;
      if (record.kind === 'samples') samples += this.#store(record, stream);
      else if (record.kind === 'drop') this.#drop(record, stream);
      else if (record.kind === 'gap') this.gaps += 1;
    }
    return { stored, samples, duplicates: records.length - stored - forks.length, forks };
  }

  #drop(record: Extract<DeliveredRecord, { kind: 'drop' }>, stream: Stream): void {
    const [from, to] = record.sequences;
    if (stream.received.add(from, to) === 0) return;
    if (record.journaled === undefined) this.declaredLost += record.samples;
    else this.restoredLost += Math.max(0, record.journaled - this.#knownUpTo(to, stream));
  }

  /** Samples of the stream's records up to `to` that are stored, refused, or declared lost. */
  #knownUpTo(to: number, { key, epochNumber }: Stream): number {
    const rows = this.rows.filter((row) => row.epochNumber === epochNumber && row.sequence <= to).length;
    const refused = this.letters.filter(
      ({ stream, sequence }) => stream?.epoch === key.epoch && (sequence ?? Infinity) <= to,
    );
    return (
      rows +
      refused.reduce((sum, { samples = 0 }) => sum + samples, 0) +
      this.declaredLost +
      this.restoredLost
    );
  }

  #store({ batch, sequence }: SamplesRecord, { epochNumber }: Stream): number {
    for (let i = 0; i < batch.count; i += 1)
      this.rows.push({
        signal: this.signalIds[(batch.signal[i] ?? 0) - 1] ?? 'unknown/unknown/unknown',
        value: valueAt(batch, i),
        isAgents: ((batch.flags[i] ?? 0) & SampleFlag.agentTime) !== 0,
        epochNumber,
        sequence,
      });
    return batch.count;
  }
}

/** The writing half of a store, as one process has it open. */
export class SimulatedStore implements SampleStore {
  readonly storeId: string;
  readonly #disk: SimulatedStoreDisk;

  constructor(disk: SimulatedStoreDisk) {
    this.#disk = disk;
    this.storeId = disk.storeId;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async openStream(key: StreamKey): Promise<StreamState> {
    await this.#work();
    const { epochNumber, received } = this.#disk.openStream(key);
    return { stream: key, epochNumber, received: received.toArray() };
  }

  async streams(): Promise<readonly StreamState[]> {
    return Promise.all([...this.#disk.streams.values()].map(({ key }) => this.openStream(key)));
  }

  async closeStream(): Promise<void> {
    await this.#work();
  }

  async putCatalogue(catalogue: MachineCatalogue): Promise<readonly SignalNo[]> {
    await this.#work();
    const { machines, signalNos, signalIds } = this.#disk;
    machines.set(catalogue.machine.id, catalogue);
    return catalogue.signals.map(({ id }) => {
      const no = signalNos.get(id) ?? signalIds.push(id);
      signalNos.set(id, no);
      return no;
    });
  }

  machines(): readonly MachineCatalogue[] {
    return [...this.#disk.machines.values()];
  }

  signalNo(id: SignalId): SignalNo | undefined {
    return this.#disk.signalNos.get(id);
  }

  async append(records: readonly DeliveredRecord[]): Promise<AppendOutcome> {
    const copies = records.map(detached);
    if (this.#disk.answersEarly) {
      setTimeout(() => this.#disk.commit(copies), EARLY_MS);
      return { stored: copies.length, samples: 0, duplicates: 0, forks: [] };
    }
    await this.#work();
    if (this.#disk.mood === 'failing') throw new Error('the simulated store has failed');
    const outcome = this.#disk.commit(copies);
    if (this.#disk.mood === 'losing-answers')
      throw new StoreUnavailableError('STORE_SILENT', 'the answer of the simulated store was lost');
    return outcome;
  }

  async #work(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#disk.latencyMs));
    if (this.#disk.mood === 'refusing')
      throw new StoreUnavailableError('STORE_FULL', 'the disk of the simulated store is full');
  }

  onStored(): () => void {
    return () => undefined;
  }

  async putDeadLetter(letter: Omit<DeadLetter, 'id'>): Promise<void> {
    await this.#work();
    this.#disk.letters.push(letter);
    if (letter.stream && letter.sequence !== undefined)
      this.#disk.openStream(letter.stream).received.add(letter.sequence);
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    return [];
  }

  /** Nobody asks here how far the values of a restored store reach: the journals have all since. */
  latest = (): [] => [];
  samples = (): never => unsupported();
  countSamples = (): never => unsupported();
  buckets = (): never => unsupported();
  gaps = (): never => unsupported();
  events = (): never => unsupported();
  standing = (): never => unsupported();
  audit = (): never => unsupported();
  stats = (): never => unsupported();
}

/** As a real store may: the caller's columns are gone afterwards. */
function detached(record: DeliveredRecord): DeliveredRecord {
  if (record.kind !== 'samples') return record;
  const { count, texts, blobs } = record.batch;
  const copy = createSampleBatch(count);
  copy.signal.set(record.batch.signal.subarray(0, count));
  copy.timeNs.set(record.batch.timeNs.subarray(0, count));
  copy.kind.set(record.batch.kind.subarray(0, count));
  copy.i64.set(record.batch.i64.subarray(0, count));
  copy.statusCode.set(record.batch.statusCode.subarray(0, count));
  copy.flags.set(record.batch.flags.subarray(0, count));
  Object.assign(copy, { count, texts, blobs });
  Object.assign(record.batch, createSampleBatch(0));
  return { ...record, batch: copy };
}

function unsupported(): never {
  throw new Error('the simulated store only takes records');
}
