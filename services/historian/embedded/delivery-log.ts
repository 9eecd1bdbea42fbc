import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  CheckpointRecord,
  DeadLetter,
  DeliveredRecord,
  DropRecord,
  SamplesRecord,
  SignalNo,
  StreamClose,
  StreamKey,
  StreamState,
} from '#domain/sample-store.ts';
import { transaction } from './database.ts';
import { CatalogueTable } from './catalogue-table.ts';
import { DeadLetterTable } from './dead-letter-table.ts';
import { viewColumns, type ColumnViews, type PackedColumns } from './packed-columns.ts';
import { RecordEncoder, decodeRecord } from './record-codec.ts';
import { StreamBook, stateOf, type StreamDraft } from './stream-book.ts';
import { EventTables } from './event-tables.ts';
import { findChecksum, sealedSamplesBetween } from './sealed-checksums.ts';

export type OtherRecord = Exclude<DeliveredRecord, SamplesRecord>;

/** Numbers of one record in {@link AppendGroup.heads}. */
export const HEAD_STRIDE = 5;

/** The records of several `append` calls, as they cross to the worker: one transaction. */
export interface AppendGroup {
  readonly streams: readonly StreamKey[];
  /** Per record: index in `streams`, sequence, checksum, first row (or index in `others`), rows (-1 = in `others`). */
  readonly heads: Float64Array;
  readonly columns: PackedColumns;
  readonly others: readonly OtherRecord[];
  readonly receivedAtNs: bigint;
}

export const RecordState = { stored: 1, duplicate: 2, fork: 3 } as const;

export interface AppendResult {
  /** {@link RecordState} per record. */
  readonly states: Uint8Array;
  /** Epoch number of each of the group's streams. */
  readonly epochNos: readonly number[];
  /** Numbers of the signals of each catalogue record that was stored, by its place in the group. */
  readonly catalogues: readonly { readonly record: number; readonly signalNos: readonly SignalNo[] }[];
}

/** With the memory of the group's columns, which the next group may use. */
export interface AppendAnswer extends AppendResult {
  readonly spare: ArrayBuffer;
}

/** Rows of a group that are new to the store. */
export interface StoredSpan {
  readonly epochNo: number;
  readonly sequence: number;
  readonly from: number;
  readonly to: number;
}

/** The durable log: what was delivered, in the transaction that also remembers that it was. */
export class DeliveryLog {
  readonly #db: DatabaseSync;
  readonly #encoder = new RecordEncoder();
  readonly #insert: StatementSync;
  readonly #checksum: StatementSync;
  readonly #storedBetween: StatementSync;
  readonly #aboveBetween: StatementSync;
  readonly #dropAbove: StatementSync;
  readonly #gap: StatementSync;
  readonly streams: StreamBook;
  readonly catalogue: CatalogueTable;
  readonly deadLetters: DeadLetterTable;
  readonly events: EventTables;
  #lastId = 0;

  constructor(db: DatabaseSync, options: { readonly deadLetters: number }) {
    this.#db = db;
    this.streams = new StreamBook(db);
    this.catalogue = new CatalogueTable(db);
    this.deadLetters = new DeadLetterTable(db, options.deadLetters);
    this.#insert = db.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)');
    this.#checksum = db.prepare('SELECT checksum FROM log WHERE stream_no = ? AND sequence = ?');
    const sum = (table: string): StatementSync =>
      db.prepare(
        `SELECT coalesce(sum(samples), 0) AS n FROM ${table} WHERE stream_no = ? AND sequence BETWEEN ? AND ?`,
      );
    this.#storedBetween = sum('log');
    this.#aboveBetween = sum('above_cut');
    this.#dropAbove = db.prepare('DELETE FROM above_cut WHERE stream_no = ? AND sequence <= ?');
    this.#gap = db.prepare('INSERT OR IGNORE INTO gap VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.events = new EventTables(db);
  }

  load(): void {
    this.streams.load();
    this.catalogue.load();
    // Ids go on after the last seal's even when the log is empty.
    const max = this.#db.prepare('SELECT max(id) AS id FROM log').get()?.['id'];
    this.#lastId = Number(max ?? 0);
  }

  /** Id of the newest row: everything up to it is in the hot store once its append is done. */
  get lastId(): number {
    return this.#lastId;
  }

  openStream(key: StreamKey): StreamState {
    return stateOf(this.streams.open(key));
  }

  /** One transaction. @throws what SQLite throws; then nothing of the group is stored. */
  append(group: AppendGroup): { result: AppendResult; spans: StoredSpan[] } {
    const firstId = this.#lastId;
    try {
      return this.#appendAll(group);
    } catch (error) {
      this.#lastId = firstId;
      // Signals that the rolled-back transaction numbered are not known.
      this.catalogue.load();
      throw error;
    }
  }

  #appendAll(group: AppendGroup): { result: AppendResult; spans: StoredSpan[] } {
    const known = group.streams.map((key) => this.streams.open(key));
    const drafts = known.map((stream) => this.streams.draft(stream));
    const count = group.heads.length / HEAD_STRIDE;
    const states = new Uint8Array(count);
    const catalogues: { record: number; signalNos: SignalNo[] }[] = [];
    const spans: StoredSpan[] = [];
    const columns = viewColumns(group.columns);
    transaction(this.#db, () => {
      for (let record = 0; record < count; record += 1) {
        const head = headAt(group, record);
        const draft = drafts[head.stream];
        if (!draft) throw new RangeError(`record ${record} names no stream of its group`);
        states[record] = this.#appendOne({ group, head, draft, columns, spans, record, catalogues });
      }
      for (const draft of drafts) this.streams.write(draft);
    });
    for (const draft of drafts) this.streams.adopt(draft);
    return { result: { states, epochNos: known.map(({ epochNo }) => epochNo), catalogues }, spans };
  }

  #appendOne(one: RecordContext): number {
    const { head, draft, columns } = one;
    const { stream } = draft;
    const samples = Math.max(0, head.rows);
    if (draft.received.has(head.sequence)) {
      const checksum = this.#checksumOf(stream.no, head.sequence);
      if (checksum === undefined || checksum === head.checksum) return RecordState.duplicate;
      this.#keepFork(one, checksum);
      return RecordState.fork;
    }
    const body = head.rows < 0 ? null : this.#encoder.encode(columns, head.first, head.first + head.rows);
    this.#insert.run(this.#lastId + 1, stream.no, head.sequence, head.checksum, samples, body);
    this.#lastId += 1;
    draft.received.add(head.sequence);
    draft.counters.closed = 0;
    if (head.rows < 0) this.#appendOther(one);
    else {
      const { sequence } = head;
      one.spans.push({ epochNo: stream.epochNo, sequence, from: head.first, to: head.first + head.rows });
      draft.counters.stored += samples;
      const machine = this.catalogue.machineOf(columns.signal[head.first] ?? 0);
      if (samples > 0 && !stream.machines.has(machine)) draft.newMachines.add(machine);
      if (sequence <= draft.counters.cutSequence) draft.counters.storedAtCut += samples;
    }
    return RecordState.stored;
  }

  #appendOther({ group, head, draft, record, catalogues }: RecordContext): void {
    const other = group.others[head.first];
    if (!other) throw new RangeError('a record of the group has no body');
    const { no } = draft.stream;
    switch (other.kind) {
      case 'gap': {
        const { sequence, machine, signal, from, to, cause } = other;
        this.#gap.run(no, sequence, machine ?? null, signal ?? null, from, to, cause);
        break;
      }
      case 'event':
        this.events.put(draft.stream, other);
        break;
      case 'drop':
        this.#drop(draft, other);
        break;
      case 'checkpoint':
        this.#checkpoint(draft, other);
        break;
      case 'catalogue':
        catalogues.push({ record, signalNos: this.catalogue.put(other.catalogue) });
        break;
    }
  }

  /**
   * Sequences given up by the agent never come: they count as received, so that no hole stays open. Those that
   * came before (their acknowledgement was lost) are stored and not lost.
   */
  #drop({ stream, received, counters }: StreamDraft, { sequences: [from, to], ...drop }: DropRecord): void {
    const ranges = drop.ranges ?? [[from, to]];
    const fresh = ranges.reduce((sum, [first, last]) => sum + received.add(first, last), 0);
    if (fresh === 0) return;
    const { samples: moved, upTo } = drop.moved ?? { samples: 0, upTo: to };
    const missing =
      drop.journaled === undefined
        ? ranges.reduce((left, [first, last]) => left - this.#arrived(stream, first, last), drop.samples)
        : drop.journaled - this.#knownUpTo(stream, counters, to);
    const samples = Math.max(0, missing);
    this.streams.cuts.lost(stream.no, counters, { from, to: Math.max(to, upTo), samples, moved });
  }

  /** Samples of the records `from..to` that are stored or refused. */
  #arrived({ no, key }: StreamDraft['stream'], from: number, to: number): number {
    return (
      Number(this.#storedBetween.get(no, from, to)?.['n'] ?? 0) +
      sealedSamplesBetween(this.#db, no, from, to) +
      this.deadLetters.rejectedBetween(key, from, to)
    );
  }

  /** Samples of the records up to `to` that were stored, also those that retention took away since, refused, or declared lost. */
  #knownUpTo(stream: StreamDraft['stream'], counters: StreamDraft['counters'], to: number): number {
    const behind = this.#arrived(stream, to + 1, Number.MAX_SAFE_INTEGER);
    return counters.stored + counters.rejected - behind + this.streams.cuts.declared(stream.no, counters, to);
  }

  #checkpoint({ stream, counters }: StreamDraft, { sequence, produced, discarded }: CheckpointRecord): void {
    if (sequence <= counters.cutSequence) return;
    const from = counters.cutSequence + 1;
    counters.storedAtCut +=
      Number(this.#storedBetween.get(stream.no, from, sequence)?.['n'] ?? 0) +
      Number(this.#aboveBetween.get(stream.no, from, sequence)?.['n'] ?? 0);
    this.#dropAbove.run(stream.no, sequence);
    this.streams.cuts.advance(stream.no, counters, sequence);
    counters.cutProduced = produced;
    counters.cutDiscarded = discarded;
  }

  #checksumOf(streamNo: number, sequence: number): number | undefined {
    const row = this.#checksum.get(streamNo, sequence);
    return row ? Number(row['checksum']) : findChecksum(this.#db, streamNo, sequence);
  }

  #keepFork({ group, head, draft, columns }: RecordContext, checksum: number): void {
    const payload =
      head.rows < 0
        ? Buffer.from(JSON.stringify(group.others[head.first], bigintAsText))
        : this.#encoder.encode(columns, head.first, head.first + head.rows);
    this.deadLetters.put({
      receivedAt: group.receivedAtNs,
      topic: '',
      code: 'STREAM_FORK',
      reason: `sequence ${head.sequence} was stored with checksum ${checksum} and came again with ${head.checksum}: two agents share one identity, or a journal was restored`,
      stream: draft.stream.key,
      sequence: head.sequence,
      samples: Math.max(0, head.rows),
      payload,
    });
  }

  /** See `SampleStore.putDeadLetter`: a record refused for good counts as received, its samples as rejected, once. */
  putDeadLetter(letter: Omit<DeadLetter, 'id'>): void {
    const stream = letter.stream && this.streams.open(letter.stream);
    const draft = stream && this.streams.draft(stream);
    transaction(this.#db, () => {
      this.deadLetters.put(letter);
      if (!draft || letter.sequence === undefined || draft.received.add(letter.sequence) === 0) return;
      this.streams.cuts.rejected(draft.stream.no, draft.counters, letter.sequence, letter.samples ?? 0);
      draft.counters.closed = 0;
      this.streams.write(draft);
    });
    if (draft) this.streams.adopt(draft);
  }

  /** See `SampleStore.closeStream`. */
  closeStream(key: StreamKey, close: StreamClose): void {
    const stream = this.streams.find(key);
    if (!stream) return;
    const draft = this.streams.draft(stream);
    const { counters } = draft;
    counters.closed = 1;
    counters.closedHead = Math.max(counters.closedHead, close.head);
    counters.closedProduced = Math.max(counters.closedProduced, close.produced);
    counters.closedDiscarded = Math.max(counters.closedDiscarded, close.discarded);
    counters.carried = Math.max(counters.carried, close.carried);
    transaction(this.#db, () => this.streams.write(draft));
    this.streams.adopt(draft);
  }

  /** The samples of the log, in the order they were stored. */
  *replay(): Generator<{ readonly span: StoredSpan; readonly columns: ColumnViews }> {
    const rows = this.#db
      .prepare(
        `SELECT epoch_no, sequence, body FROM log JOIN stream USING (stream_no) WHERE body IS NOT NULL ORDER BY id`,
      )
      .iterate();
    for (const { epoch_no: epochNo, sequence, body } of rows) {
      const columns = decodeRecord(body as Uint8Array);
      const span = { epochNo: Number(epochNo), sequence: Number(sequence), from: 0, to: columns.count };
      yield { span, columns };
    }
  }
}

interface RecordHeadNumbers {
  readonly stream: number;
  readonly sequence: number;
  readonly checksum: number;
  readonly first: number;
  readonly rows: number;
}

interface RecordContext {
  readonly group: AppendGroup;
  readonly head: RecordHeadNumbers;
  readonly draft: StreamDraft;
  readonly columns: ColumnViews;
  readonly spans: StoredSpan[];
  readonly record: number;
  readonly catalogues: { record: number; signalNos: SignalNo[] }[];
}

function headAt({ heads }: AppendGroup, record: number): RecordHeadNumbers {
  const at = record * HEAD_STRIDE;
  return {
    stream: heads[at] ?? -1,
    sequence: heads[at + 1] ?? 0,
    checksum: heads[at + 2] ?? 0,
    first: heads[at + 3] ?? 0,
    rows: heads[at + 4] ?? 0,
  };
}

const bigintAsText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;
