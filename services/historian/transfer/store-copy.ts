/** What a store shows and takes when everything in it goes into another one. */
import type { MachineId, SignalId } from '#domain/asset-path.ts';
import type {
  DeadLetter,
  EventRecord,
  GapRecord,
  MachineCatalogue,
  StoredEvent,
  StreamAudit,
  StreamState,
  TimeRange,
} from '#domain/sample-store.ts';
import type { MovedSample } from './moved-sample.ts';

export interface DayCount {
  /** Days since 1970 (UTC). */
  readonly day: number;
  readonly signal: SignalId;
  readonly samples: number;
}

export interface StoreReader {
  /** `the embedded historian in var/services/historian` */
  readonly name: string;
  readonly storeId: string;
  /** Of all signals that have samples within `range`, by day. */
  counts(range: TimeRange): Promise<readonly DayCount[]>;
  /** Page by page; signal after signal, each in time order, ties in the signal's order. */
  read(
    signals: readonly SignalId[],
    range: TimeRange,
    onPage: (page: readonly MovedSample[]) => Promise<void> | void,
  ): Promise<void>;
  streams(): Promise<readonly StreamState[]>;
  close(): Promise<void>;
}

/** What is known of one record: undefined checksum = not any more. */
export interface RecordAccount {
  readonly sequence: number;
  readonly checksum: number | undefined;
  readonly stored: number;
  readonly rejected: number;
  readonly expired: number;
}

/** A declared loss that no checkpoint has passed yet. */
export interface OpenLoss {
  readonly from: number;
  readonly to: number;
  readonly samples: number;
}

/** A stream with its account. */
export interface StreamAccount {
  readonly audit: StreamAudit;
  /** That it has brought samples of. */
  readonly machines: readonly MachineId[];
  /** Records behind the last cut or the first hole, and newer ones whose checksum is known; ascending. */
  readonly records: readonly RecordAccount[];
  readonly openLosses: readonly OpenLoss[];
}

/** Everything but samples. */
export interface StoreBooks {
  readonly streams: readonly StreamAccount[];
  readonly gaps: readonly GapRecord[];
  readonly events: readonly EventRecord[];
  /** The newest of each subject, those that have ended left out; older than the events as it may be. */
  readonly standing: readonly StoredEvent[];
  readonly letters: readonly DeadLetter[];
  /** Of each signal, backfill excluded. */
  readonly latest: readonly MovedSample[];
}

export interface StoreCatalogue {
  readonly machines: readonly MachineCatalogue[];
  /** All that ever were, in the order of their numbers. */
  readonly signals: readonly SignalId[];
}

export interface CopySource extends StoreReader {
  catalogue(): Promise<StoreCatalogue>;
  books(range: TimeRange): Promise<StoreBooks>;
}

export interface CopyOrigin {
  readonly storeId: string;
  readonly catalogue: StoreCatalogue;
  readonly streams: readonly StreamState[];
}

export interface CopyTarget extends StoreReader {
  /** What is older cannot be kept here; undefined: everything can. */
  readonly keepsFrom: bigint | undefined;
  /** Takes note of what will come. The same again when a copy goes on. @throws StartError */
  prepare(origin: CopyOrigin): Promise<void>;
  /** What {@link note} said of a day, by signal. */
  noted(day: number): Promise<ReadonlyMap<SignalId, string>>;
  /** Durable when it resolves. A sample that is there already is not doubled. */
  write(samples: readonly MovedSample[]): Promise<void>;
  /** Samples of a day are there and were read back with these digests. */
  note(day: number, digests: ReadonlyMap<SignalId, string>): Promise<void>;
  /** Replaces what an earlier, unfinished copy said. From here on the store can be used. */
  finish(books: StoreBooks): Promise<void>;
}
