import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { MachineId } from '#domain/asset-path.ts';
import type { EventRecord, StoredEvent, StreamKey, TimeRange } from '#domain/sample-store.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const clamp = (timeNs: bigint): bigint =>
  timeNs < INT64_MIN ? INT64_MIN : timeNs > INT64_MAX ? INT64_MAX : timeNs;

interface StreamNumbers {
  readonly no: number;
  readonly epochNo: number;
}

/** What happened, and what stands: events by their time, and the newest one of each subject. */
export class EventTables {
  readonly #db: DatabaseSync;
  #insert: StatementSync | undefined;
  #stand: StatementSync | undefined;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Within the transaction of its record. One that comes late does not take the place of a newer one. */
  put(stream: StreamNumbers, event: EventRecord): void {
    const { sequence, machine = null, time, body } = event;
    // Prepared at first use: who looks at a store from beside writes nothing.
    this.#insert ??= this.#db.prepare('INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?)');
    this.#insert.run(stream.no, sequence, machine, clamp(time), body);
    this.stand(stream, event);
  }

  /** As the newest of its subject, where it is that. */
  stand(stream: StreamNumbers, event: Omit<EventRecord, 'kind' | 'checksum'>): void {
    const { sequence, machine, time, body, subject, ended } = event;
    if (subject === undefined || machine === undefined) return;
    this.#stand ??= this.#db.prepare(`INSERT INTO standing VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (machine, subject) DO UPDATE SET stream_no = excluded.stream_no, epoch_no = excluded.epoch_no,
        sequence = excluded.sequence, time_ns = excluded.time_ns, ended = excluded.ended, body = excluded.body
      WHERE (excluded.epoch_no, excluded.sequence) > (standing.epoch_no, standing.sequence)`);
    this.#stand.run(machine, subject, stream.no, stream.epochNo, sequence, clamp(time), ended ? 1 : 0, body);
  }

  /** See `SampleStore.events`. */
  list(range: TimeRange, limit: number, machine?: MachineId): StoredEvent[] {
    const statement = this.#db
      .prepare(`SELECT event.*, agent, epoch, epoch_no FROM event JOIN stream USING (stream_no)
      WHERE time_ns >= ?1 AND time_ns < ?2 AND (?3 IS NULL OR machine = ?3)
      ORDER BY time_ns DESC, agent, epoch_no DESC, sequence DESC LIMIT ?4`);
    statement.setReadBigInts(true);
    const bound = Math.max(0, Math.floor(limit));
    return statement.all(clamp(range.from), clamp(range.to), machine ?? null, bound).map(eventOf);
  }

  /** See `SampleStore.standing`. */
  standing(): StoredEvent[] {
    const isThere = this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'standing'").get();
    // A store that is only read, and that no newer program has had open.
    if (!isThere) return [];
    const statement = this.#db.prepare(
      'SELECT standing.*, agent, epoch FROM standing JOIN stream USING (stream_no) WHERE ended = 0',
    );
    statement.setReadBigInts(true);
    return statement.all().map(eventOf);
  }
}

function eventOf(row: Record<string, unknown>): StoredEvent {
  const { machine, subject, ended } = row;
  const stream: StreamKey = { agent: String(row['agent']), epoch: String(row['epoch']) };
  return {
    stream,
    epochNumber: Number(row['epoch_no']),
    sequence: Number(row['sequence']),
    time: row['time_ns'] as bigint,
    body: String(row['body']),
    ...(typeof machine === 'string' && { machine: machine as MachineId }),
    ...(typeof subject === 'string' && { subject }),
    ...(ended !== undefined && { ended: ended === 1n }),
  };
}
