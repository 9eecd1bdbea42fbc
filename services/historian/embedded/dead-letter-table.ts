import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DeadLetter, StreamKey } from '#domain/sample-store.ts';

/** Bytes of a refused payload that are kept. */
const PAYLOAD_LIMIT = 65_536;

/** Payloads refused for good, bounded in number: the oldest go first. */
export class DeadLetterTable {
  readonly #insert: StatementSync;
  readonly #trim: StatementSync;
  readonly #list: StatementSync;
  readonly #rejected: StatementSync;
  readonly #bound: number;

  constructor(db: DatabaseSync, bound: number) {
    this.#bound = bound;
    this.#insert = db.prepare(`INSERT INTO dead_letter
      (received_at_ns, topic, code, reason, agent, epoch, sequence, samples, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#trim = db.prepare('DELETE FROM dead_letter WHERE id <= ?');
    this.#list = db.prepare('SELECT * FROM dead_letter ORDER BY id DESC LIMIT ?');
    this.#list.setReadBigInts(true);
    this.#rejected = db.prepare(`SELECT coalesce(sum(samples), 0) AS n FROM dead_letter
      WHERE agent = ? AND epoch = ? AND sequence BETWEEN ? AND ? AND code <> 'STREAM_FORK'`);
  }

  put(letter: Omit<DeadLetter, 'id'>): void {
    const { lastInsertRowid } = this.#insert.run(
      letter.receivedAt,
      letter.topic,
      letter.code,
      letter.reason,
      letter.stream?.agent ?? null,
      letter.stream?.epoch ?? null,
      letter.sequence ?? null,
      letter.samples ?? null,
      letter.payload.subarray(0, PAYLOAD_LIMIT),
    );
    this.#trim.run(Number(lastInsertRowid) - this.#bound);
  }

  /** Samples of the refused records `from..to` that are still kept; a fork is not refused but stored otherwise. */
  rejectedBetween({ agent, epoch }: StreamKey, from: number, to: number): number {
    return Number(this.#rejected.get(agent, epoch, from, to)?.['n'] ?? 0);
  }

  /** Newest first. */
  list(limit: number): DeadLetter[] {
    return this.#list.all(Math.max(0, Math.floor(limit))).map((row) => {
      const { agent, epoch, sequence, samples } = row;
      return {
        id: Number(row['id']),
        receivedAt: row['received_at_ns'] as bigint,
        topic: String(row['topic']),
        code: String(row['code']),
        reason: String(row['reason']),
        stream: agent === null ? undefined : { agent: String(agent), epoch: String(epoch) },
        sequence: sequence === null ? undefined : Number(sequence),
        samples: samples === null ? undefined : Number(samples),
        payload: row['payload'] as Uint8Array,
      };
    });
  }
}
