import type { MachineId, SignalId } from './asset-path.ts';
import type { Machine, Signal } from './machine.ts';
import type { Sample } from './sample.ts';
import type { SampleBatch } from './sample-batch.ts';
import type { SequenceRange } from './sequence-ranges.ts';
import type { StatusCode } from './status-code.ts';
import type { TimeNs } from './time.ts';

/** One agent's journal from its creation on: sequences count up from 1 within it. */
export interface StreamKey {
  /** `site/agent`: agents of two sites may have one id. */
  readonly agent: string;
  /** 16 hex digits, random, made with the journal. */
  readonly epoch: string;
}

/** As the key of a map. */
export const streamKeyText = ({ agent, epoch }: StreamKey): string => `${agent} ${epoch}`;

/** Number of a signal within one store: dense from 1, never reused, immutable. */
export type SignalNo = number;

/** A machine with its signals as an agent announced them. */
export interface MachineCatalogue {
  readonly machine: Machine;
  readonly signals: readonly Signal[];
}

/** What is common to all journal records, as ingest hands them to a store. */
interface RecordHead {
  readonly stream: StreamKey;
  readonly sequence: number;
  /** CRC32C of the record's body as it came over the wire: tells a redelivery from a fork. */
  readonly checksum: number;
}

export interface SamplesRecord extends RecordHead {
  readonly kind: 'samples';
  readonly machine: MachineId;
  /** Columns with `signal` = SignalNo of this store. The store may detach the buffers. */
  readonly batch: SampleBatch;
}

/** A declared hole. `signal` absent: the whole machine; machine absent: the whole stream. */
export interface GapRecord extends RecordHead {
  readonly kind: 'gap';
  readonly machine?: MachineId | undefined;
  readonly signal?: SignalId | undefined;
  readonly from: TimeNs;
  readonly to: TimeNs;
  /** Stable word: `server-restarted`, `queue-overflow`, `connection-lost`, ... */
  readonly cause: string;
}

export interface EventRecord extends RecordHead {
  readonly kind: 'event';
  readonly machine?: MachineId | undefined;
  readonly time: TimeNs;
  /** JSON text, schema by its own `type`. */
  readonly body: string;
  /** What of its machine this is the state of: the newest one of each subject is kept for ever, see `standing`. */
  readonly subject?: string | undefined;
  /** Its subject needs nobody any more. */
  readonly ended?: boolean | undefined;
}

/** Samples that the agent had journaled and then gave up by its policy (disk bound): declared loss. */
export interface DropRecord extends RecordHead {
  readonly kind: 'drop';
  /** Of all the records in `ranges`; a store subtracts what it has of them (an acknowledgement may have been lost). */
  readonly samples: number;
  /** From the first to the last one. */
  readonly sequences: SequenceRange;
  /** Which ones exactly; absent = all of `sequences`. */
  readonly ranges?: readonly SequenceRange[] | undefined;
  /**
   * Samples journaled from the epoch's first sequence to the last one that is lost. Where it is there, it counts instead of `samples`: lost is what of them
   * is neither stored, nor refused, nor declared lost before.
   */
  readonly journaled?: number | undefined;
  /** Other samples of those records that go on in later ones, up to `upTo`: they are not lost. */
  readonly moved?: { readonly samples: number; readonly upTo: number } | undefined;
  readonly cause: string;
}

/** Fixes a cut of the audit: how many samples the agent had journaled up to this sequence. */
export interface CheckpointRecord extends RecordHead {
  readonly kind: 'checkpoint';
  /** Samples read from the sources up to here: journaled + discarded by policy before journaling. */
  readonly produced: number;
  readonly journaled: number;
  readonly discarded: number;
}

export interface CatalogueRecord extends RecordHead {
  readonly kind: 'catalogue';
  readonly version: number;
  readonly catalogue: MachineCatalogue;
}

export type DeliveredRecord =
  SamplesRecord | GapRecord | EventRecord | DropRecord | CheckpointRecord | CatalogueRecord;

export interface AppendOutcome {
  /** Records stored by this call. */
  readonly stored: number;
  /** Samples stored by this call. */
  readonly samples: number;
  /** Records that the store had already. */
  readonly duplicates: number;
  /** Records whose sequence the store has with another checksum: kept as dead letters, `STREAM_FORK`. */
  readonly forks: readonly { readonly stream: StreamKey; readonly sequence: number }[];
}

/** A payload refused for good. */
export interface DeadLetter {
  readonly id: number;
  readonly receivedAt: TimeNs;
  readonly topic: string;
  /** Stable code of the reason, `SPARKPLUG_MALFORMED`, `STREAM_FORK`, ... */
  readonly code: string;
  readonly reason: string;
  readonly stream?: StreamKey | undefined;
  readonly sequence?: number | undefined;
  readonly samples?: number | undefined;
  readonly payload: Uint8Array;
}

export interface StreamState {
  readonly stream: StreamKey;
  /** Epochs of one agent, in the order of their first NBIRTH, from 1. */
  readonly epochNumber: number;
  readonly received: readonly SequenceRange[];
}

export interface StreamAudit extends StreamState {
  /** Of the last checkpoint received: the identity is stated at this cut. */
  readonly cut:
    { readonly sequence: number; readonly produced: number; readonly discarded: number } | undefined;
  /** Samples counted in the store, up to the cut and in all. */
  readonly storedAtCut: number;
  readonly stored: number;
  /** Samples in dead letters, by the sequence of their record. */
  readonly rejectedAtCut: number;
  readonly rejected: number;
  /** Samples in declarations of loss, by the last sequence that is lost. */
  readonly declaredLostAtCut: number;
  readonly declaredLost: number;
  /** Samples that were older than the retention when they came: received, not kept. Absent: such a store keeps all. */
  readonly expiredAtCut?: number | undefined;
  readonly expired?: number | undefined;
  /** Samples of declarations that reach across the cut: how many lie before it shows at the next one. */
  readonly lostAcrossCut: number;
  /** A later epoch took its place and nothing of it comes any more; `undefined` while it is open. */
  readonly closed: StreamClose | undefined;
}

/** What is known of an epoch that nothing comes of any more. */
export interface StreamClose {
  /** As the agent said last: its newest sequence, samples read, and samples discarded by policy. 0 = not known. */
  readonly head: number;
  readonly produced: number;
  readonly discarded: number;
  /** Samples that the agent took over into its next epoch: neither stored here nor lost. */
  readonly carried: number;
}

/** What a store really holds of some streams, counted by reading it. */
export interface ReadBack {
  /** Streams whose samples cannot be told apart in the store (a machine that changed its agent); one as a rule. */
  readonly streams: readonly StreamKey[];
  /** As their counters stood when the count began. */
  readonly stored: number;
  /** Rows that are really there. */
  readonly samples: number;
  /** Samples that retention took away since they were stored. */
  readonly expired: number;
}

export interface LatestSample extends Sample {
  readonly signalNo: SignalNo;
}

/** Where a sample stands in the order of its signal: (epoch number, sequence, index in the record). */
export interface SamplePlace {
  readonly epochNumber: number;
  readonly sequence: number;
  readonly index: number;
}

export interface TimeRange {
  /** Inclusive. */
  readonly from: TimeNs;
  /** Exclusive. */
  readonly to: TimeNs;
}

/**
 * One bucket; `count` and `worstStatus` are over all its samples, the numbers over the good, finite, numeric
 * ones: null where it holds none.
 */
export interface Bucket {
  /** Its start: before `range.from` for the first one where the buckets lie on whole minutes. */
  readonly t: TimeNs;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  readonly first: number | null;
  readonly last: number | null;
  readonly count: number;
  readonly worstStatus: StatusCode;
}

export interface Gap {
  readonly machine?: MachineId | undefined;
  readonly signal?: SignalId | undefined;
  readonly from: TimeNs;
  readonly to: TimeNs;
  readonly cause: string;
}

/** An event as a store gives it back. (epoch number, sequence) is the order of those of one agent. */
export interface StoredEvent extends Omit<EventRecord, 'kind' | 'checksum'> {
  readonly epochNumber: number;
}

export interface StoreStats {
  readonly storeId: string;
  /** Rows held, log and sealed. */
  readonly samples: number;
  readonly bytesOnDisk: number;
  readonly quotaBytes: number;
  /** `undefined` until there is enough history to say. */
  readonly daysLeft: number | undefined;
  readonly retentionDays: number;
  /** A full disk or a failing write: nothing is acknowledged while it lasts. */
  readonly writable: boolean;
  readonly problem: string | undefined;
}

/** Told after a write is durable, with the columns that were stored (do not keep or change them). */
export type StoredListener = (machine: MachineId, batch: SampleBatch) => void;

/** Told after a declared hole is durable. */
export type GapListener = (gap: Gap) => void;

/** Told after an event is durable. */
export type EventListener = (event: StoredEvent) => void;

/**
 * The historian's port. One conformance suite (`test/contract/sample-store`) holds for every implementation.
 * Order of a signal's samples = (epoch number, sequence, index in the record); "latest" is the greatest
 * triple without the historical flag.
 */
export interface SampleStore {
  /** Random, made with the store: an agent hears when it changes. */
  readonly storeId: string;
  start(signal?: AbortSignal): Promise<void>;
  /** Idempotent, bounded in time. */
  stop(): Promise<void>;

  /** Registers the stream if new (giving it the next epoch number of its agent) and tells what was received of it. */
  openStream(stream: StreamKey): Promise<StreamState>;
  streams(): Promise<readonly StreamState[]>;
  /**
   * A later epoch took this one's place: what is still missing of it counts as lost. A record that comes all the same is stored
   * and opens it again. Known figures are never lowered. A stream that is not known is left alone.
   */
  closeStream(stream: StreamKey, close: StreamClose): Promise<void>;

  /**
   * Registers or renews a machine's metadata and gives each signal its number (in the order of `signals`).
   * A signal id keeps its number for ever.
   */
  putCatalogue(catalogue: MachineCatalogue): Promise<readonly SignalNo[]>;
  /** From memory. */
  machines(): readonly MachineCatalogue[];
  signalNo(id: SignalId): SignalNo | undefined;

  /**
   * Stores what is new of `records` in one transaction. When the promise resolves, the records are durable and
   * may be acknowledged; when it rejects (`StoreUnavailableError`), nothing of them may be.
   */
  append(records: readonly DeliveredRecord[]): Promise<AppendOutcome>;
  onStored(listener: StoredListener): () => void;
  /** Absent where a store cannot tell: readers then learn of new holes when they ask. */
  onGap?(listener: GapListener): () => void;
  /** Absent where a store cannot tell: readers then look at `standing` from time to time. */
  onEvent?(listener: EventListener): () => void;

  /**
   * Keeps a refused payload (bounded: the oldest go). With `stream` and `sequence` the record counts as received
   * and its samples as rejected, once: a redelivery is then a duplicate.
   */
  putDeadLetter(letter: Omit<DeadLetter, 'id'>): Promise<void>;
  deadLetters(limit: number): Promise<readonly DeadLetter[]>;

  /** From memory; all signals of the machine, or of the store, that ever had a sample that is not backfill. */
  latest(machine?: MachineId): readonly LatestSample[];
  /** Place of the latest sample, from memory; `undefined` when there is none. Absent where a store cannot tell. */
  latestPlace?(signal: SignalNo): SamplePlace | undefined;
  /** Raw samples in time order (ties in the signal's order), at most `limit`. */
  samples(signal: SignalId, range: TimeRange, limit: number): Promise<readonly Sample[]>;
  /** How many samples the range holds, bounded: stops counting at `limit`. */
  countSamples(signal: SignalId, range: TimeRange, limit: number): Promise<number>;
  /**
   * `range` cut into about `buckets` equal parts by the rule of `planBuckets` (rollup.ts): exact cuts below a
   * minute, else whole minutes on a grid that does not move. Buckets without samples are left out; an unknown
   * signal has none. Same order as `signals`.
   */
  buckets(
    signals: readonly SignalId[],
    range: TimeRange,
    buckets: number,
  ): Promise<readonly (readonly Bucket[])[]>;
  gaps(range: TimeRange, machine?: MachineId): Promise<readonly Gap[]>;
  /** Newest first (ties by agent, then against their order), at most `limit`; without a machine those of all, and of the agents. */
  events(range: TimeRange, limit: number, machine?: MachineId): Promise<readonly StoredEvent[]>;
  /** The newest event of each (machine, subject), however old. A store with `onEvent` may leave out those that have ended. */
  standing(): Promise<readonly StoredEvent[]>;

  audit(): Promise<readonly StreamAudit[]>;
  /** Counts what is really there, row by row, beside the counters of that moment; absent where a store cannot. Slow. */
  readBack?(): Promise<readonly ReadBack[]>;
  stats(): Promise<StoreStats>;
}
