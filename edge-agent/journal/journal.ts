import type { RecordKind } from '#contracts/delivery.ts';
import type { SequenceRange } from '#domain/sequence-ranges.ts';

/** Newest notification of a machine's subscription that is durable. */
export interface Notification {
  readonly subscriptionId: number;
  readonly sequence: number;
}

/** The Sparkplug metrics of a record, without the stream's own (those are added when it is published). */
export interface RecordMetrics {
  readonly metrics: Uint8Array;
  /** CRC32C of `metrics`. */
  readonly checksum: number;
}

export interface JournalCounters {
  /** Samples journaled since the epoch began. */
  readonly journaled: number;
  /** Samples that a policy gave up before journaling. */
  readonly discarded: number;
  /** Samples that drop records of this epoch declare lost. */
  readonly declaredLost: number;
}

export interface NewRecord {
  readonly kind: RecordKind;
  /** Machine's id; empty = of the agent. */
  readonly machineId: string;
  readonly catalogueVersion: number;
  readonly samples: number;
  /** A function is called when the record's place in the stream is fixed: what was counted before it. */
  readonly content: RecordMetrics | ((before: JournalCounters) => RecordMetrics);
  readonly notification?: Notification | undefined;
  /** Its samples were counted as journaled before, under another sequence: what a policy keeps of records it gives up. */
  readonly moved?: boolean | undefined;
}

export interface JournalRecord {
  readonly sequence: number;
  readonly kind: RecordKind;
  readonly machineId: string;
  readonly catalogueVersion: number;
  readonly samples: number;
  readonly metrics: Uint8Array;
  readonly checksum: number;
  /** ms since 1970. */
  readonly journaledAtMs: number;
}

export interface JournalStats extends JournalCounters {
  readonly epoch: string;
  /** Newest durable sequence; 0 = none. */
  readonly head: number;
  /** Oldest sequence that is not acknowledged; `head + 1` when all are. */
  readonly tail: number;
  /** Oldest sequence that is still on the disk; `head + 1` when none is. */
  readonly first: number;
  /** Samples journaled before that one. */
  readonly samplesBeforeFirst: number;
  readonly bytes: number;
  readonly limitBytes: number;
  readonly oldestUnacknowledgedAtMs: number | undefined;
  /** The disk refuses, or the journal is full and blocks: a sentence for people. */
  readonly problem: string | undefined;
  readonly pendingBytes: number;
  readonly syncs: number;
  readonly lastSyncMs: number;
  /** Records found damaged before the tail since the start; each is declared by a drop record. */
  readonly damagedRecords: number;
  /** Damaged segments kept for somebody to look at, also from before the start. */
  readonly quarantined: number;
}

/** What an epoch leaves to the next one. */
export interface Heritage {
  /** Samples carried over. */
  readonly carried: number;
  /** Of the old epoch, nothing of which is left out. */
  readonly before: JournalStats;
}

export interface NextEpoch {
  /** Which of the old epoch's records go on. */
  readonly carry: (sequence: number) => boolean;
  /** Records behind those, durable before the new epoch takes effect: what is to be said of the old one. */
  readonly testament?: (heritage: Heritage) => readonly NewRecord[];
}

/**
 * The agent's durable, ordered, checksummed record of everything read: one contiguous sequence from 1 per epoch.
 * One conformance suite holds for every implementation (`journal-conformance.test.ts`).
 */
export interface Journal {
  /** Recovers what is on the disk. @throws StartError when it is in use, or of an unknown format. */
  start(): Promise<void>;
  /** Writes what is pending (bounded in time), rejects the rest. Idempotent. */
  stop(): Promise<void>;
  stats(): JournalStats;
  /**
   * Appends records as one atomic group; resolves when they are durable. Stays pending while the disk refuses or
   * the journal is full and blocks. @throws OverloadError `JOURNAL_BACKLOG`, StoreUnavailableError `JOURNAL_CLOSED`
   */
  append(records: readonly NewRecord[]): Promise<void>;
  /** Samples given up before journaling (a policy's work): counted into the next checkpoint. */
  discard(samples: number): void;
  /** Called with each durable group of records, in order; answers how to unsubscribe. */
  onDurable(listener: (records: readonly JournalRecord[]) => void): () => void;

  /**
   * Records from the first one at or after `from`, in order, at most about `maxBytes` (one at least). Records that
   * are damaged or dropped are left out; empty = there is none up to `head`.
   */
  read(from: number, maxBytes: number): Promise<readonly JournalRecord[]>;
  /** Marks ranges as stored elsewhere; space is given back by and by. Answers how many records were new. */
  acknowledge(ranges: readonly SequenceRange[]): number;
  isAcknowledged(sequence: number): boolean;
  /**
   * Claims a record that is about to go out: from now on a store may have it, whatever is heard of it. False when it is given up
   * to make room, or was: then it must not be sent.
   */
  claim(sequence: number): boolean;
  /** What of `from..to` is not acknowledged, at most up to the head. */
  unacknowledged(from: number, to: number): SequenceRange[];
  /** Forgets acknowledgements of what is still on the disk (another store took over). */
  forgetAcknowledgements(): void;

  /** Looks whether somebody has taken damaged segments away. */
  lookAtQuarantine(): Promise<void>;

  lastNotification(machineId: string): Notification | undefined;
  /** Store that acknowledged last; survives a restart. */
  readonly storeId: string | undefined;
  setStoreId(storeId: string): Promise<void>;
  /** Sparkplug's next birth-death number, durable: 0..255, another one for each CONNECT. */
  nextBdSeq(): Promise<number>;
  /**
   * Greatest sequence that may have been published: the head at the first start since a store last agreed
   * ({@link confirmHead}). A store that has more is not talking of this journal (restored backup, clone).
   */
  readonly publishableHead: number;
  /** The store agreed: from now on whatever is durable may be published. */
  confirmHead(): Promise<void>;

  /**
   * Begins a new epoch (restored backup, cloned agent): what is chosen goes on in it, in its order, under new sequences; the old epoch's
   * files go. Checkpoints and declarations of loss stay behind: they speak of the old epoch's sequences.
   */
  beginEpoch(next: NextEpoch): Promise<void>;
}
