import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StreamAudit, StreamKey, StreamState } from '#domain/sample-store.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import { CutBook } from './cut-book.ts';

/** Counters of a stream, as they stand in its row. */
export interface StreamCounters {
  stored: number;
  rejected: number;
  declaredLost: number;
  /** Sequence of the last checkpoint, 0 = none yet. */
  cutSequence: number;
  cutProduced: number;
  cutDiscarded: number;
  storedAtCut: number;
  rejectedAtCut: number;
  declaredLostAtCut: number;
  /** 0 or 1; the other facts of its closing are kept when it is opened again. */
  closed: number;
  closedHead: number;
  closedProduced: number;
  closedDiscarded: number;
  carried: number;
}

/** Columns of table `stream`, by counter. */
const COLUMNS: Readonly<Record<keyof StreamCounters, string>> = {
  stored: 'stored',
  rejected: 'rejected',
  declaredLost: 'declared_lost',
  cutSequence: 'cut_sequence',
  cutProduced: 'cut_produced',
  cutDiscarded: 'cut_discarded',
  storedAtCut: 'stored_at_cut',
  rejectedAtCut: 'rejected_at_cut',
  declaredLostAtCut: 'declared_lost_at_cut',
  closed: 'closed',
  closedHead: 'closed_head',
  closedProduced: 'closed_produced',
  closedDiscarded: 'closed_discarded',
  carried: 'carried',
};
const COUNTERS = Object.keys(COLUMNS) as (keyof StreamCounters)[];

const countersOf = (read: (counter: keyof StreamCounters) => number): StreamCounters =>
  Object.fromEntries(COUNTERS.map((counter) => [counter, read(counter)])) as Record<
    keyof StreamCounters,
    number
  >;

export interface KnownStream {
  readonly no: number;
  readonly key: StreamKey;
  readonly epochNo: number;
  received: SequenceRanges;
  counters: StreamCounters;
  /** Machines that it has brought samples of. */
  readonly machines: Set<string>;
}

/** A stream as one transaction sees it; becomes the known state when the transaction is committed. */
export interface StreamDraft {
  readonly stream: KnownStream;
  readonly received: SequenceRanges;
  readonly counters: StreamCounters;
  /** Machines that it brings samples of for the first time. */
  readonly newMachines: Set<string>;
}

const keyText = (key: StreamKey): string => `${key.agent} ${key.epoch}`;

/** What the store has received of each (agent, epoch): in memory and, one transaction at a time, in SQLite. */
export class StreamBook {
  readonly #streams = new Map<string, KnownStream>();
  readonly #db: DatabaseSync;
  readonly cuts: CutBook;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #deleteRange: StatementSync;
  readonly #putRange: StatementSync;
  readonly #putMachine: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.cuts = new CutBook(db);
    this.#insert = db.prepare('INSERT INTO stream (stream_no, agent, epoch, epoch_no) VALUES (?, ?, ?, ?)');
    const assignments = COUNTERS.map((counter) => `${COLUMNS[counter]} = ?`).join(', ');
    this.#update = db.prepare(`UPDATE stream SET ${assignments} WHERE stream_no = ?`);
    this.#putMachine = db.prepare('INSERT OR IGNORE INTO machine_stream VALUES (?, ?)');
    this.#deleteRange = db.prepare('DELETE FROM received WHERE stream_no = ? AND from_sequence = ?');
    this.#putRange = db.prepare(`INSERT INTO received VALUES (?, ?, ?)
      ON CONFLICT (stream_no, from_sequence) DO UPDATE SET to_sequence = excluded.to_sequence`);
  }

  load(): void {
    this.#streams.clear();
    const ranges = this.#db.prepare(
      'SELECT from_sequence AS f, to_sequence AS t FROM received WHERE stream_no = ? ORDER BY from_sequence',
    );
    const machines = this.#db.prepare('SELECT machine FROM machine_stream WHERE stream_no = ?');
    for (const row of this.#db.prepare('SELECT * FROM stream ORDER BY stream_no').all()) {
      const no = Number(row['stream_no']);
      const key = { agent: String(row['agent']), epoch: String(row['epoch']) };
      this.#streams.set(keyText(key), {
        no,
        key,
        epochNo: Number(row['epoch_no']),
        received: SequenceRanges.of(ranges.all(no).map(({ f, t }): SequenceRange => [Number(f), Number(t)])),
        counters: countersOf((counter) => Number(row[COLUMNS[counter]])),
        machines: new Set(machines.all(no).map(({ machine }) => String(machine))),
      });
    }
  }

  /** The stream, registered (in a statement of its own, durable at once) when it is new. */
  open(key: StreamKey): KnownStream {
    const known = this.#streams.get(keyText(key));
    if (known) return known;
    let no = 1;
    let epochNo = 1;
    for (const other of this.#streams.values()) {
      no = Math.max(no, other.no + 1);
      if (other.key.agent === key.agent) epochNo = Math.max(epochNo, other.epochNo + 1);
    }
    this.#insert.run(no, key.agent, key.epoch, epochNo);
    const stream: KnownStream = {
      no,
      key: { agent: key.agent, epoch: key.epoch },
      epochNo,
      received: new SequenceRanges(),
      counters: countersOf(() => 0),
      machines: new Set(),
    };
    this.#streams.set(keyText(key), stream);
    return stream;
  }

  draft(stream: KnownStream): StreamDraft {
    const received = SequenceRanges.of(stream.received.toArray());
    return { stream, received, counters: { ...stream.counters }, newMachines: new Set() };
  }

  /** Writes the draft; belongs into the transaction that stores what it counts. */
  write({ stream, received, counters, newMachines }: StreamDraft): void {
    for (const machine of newMachines) this.#putMachine.run(stream.no, machine);
    this.#update.run(
      ...COUNTERS.map((counter) => Math.min(counters[counter], Number.MAX_SAFE_INTEGER)),
      stream.no,
    );
    const before = new Map(stream.received.toArray());
    for (const [from, to] of received.toArray()) {
      if (before.get(from) !== to) this.#putRange.run(stream.no, from, to);
      before.delete(from);
    }
    for (const from of before.keys()) this.#deleteRange.run(stream.no, from);
  }

  /** Makes the draft the known state, after the commit. */
  adopt(draft: StreamDraft): void {
    draft.stream.received = draft.received;
    draft.stream.counters = draft.counters;
    for (const machine of draft.newMachines) draft.stream.machines.add(machine);
  }

  states(): StreamState[] {
    return [...this.#streams.values()].map(stateOf);
  }

  /** The stream, when it is known: never registers. */
  find(key: StreamKey): KnownStream | undefined {
    return this.#streams.get(keyText(key));
  }

  all(): IterableIterator<KnownStream> {
    return this.#streams.values();
  }

  audit(): StreamAudit[] {
    return [...this.#streams.values()].map((stream) => this.#auditOf(stream));
  }

  #auditOf(stream: KnownStream): StreamAudit {
    const c = stream.counters;
    const { storedAtCut, stored, rejectedAtCut, rejected, declaredLostAtCut, declaredLost, carried } = c;
    return {
      ...stateOf(stream),
      cut:
        c.cutSequence === 0
          ? undefined
          : { sequence: c.cutSequence, produced: c.cutProduced, discarded: c.cutDiscarded },
      storedAtCut,
      stored,
      rejectedAtCut,
      rejected,
      declaredLostAtCut,
      declaredLost,
      lostAcrossCut: this.cuts.across(stream.no, c.cutSequence),
      closed:
        c.closed === 0
          ? undefined
          : { head: c.closedHead, produced: c.closedProduced, discarded: c.closedDiscarded, carried },
    };
  }
}

export const stateOf = (stream: KnownStream): StreamState => ({
  stream: stream.key,
  epochNumber: stream.epochNo,
  received: stream.received.toArray(),
});
