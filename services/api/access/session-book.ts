import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '#platform/clock.ts';

/** A shift and a bit; a session ends when it was not used for so long. */
const IDLE_MS = 10 * 3_600_000;
export const SESSION_MAX_MS = 24 * 3_600_000;
/** How exactly the last use is kept. */
const SEEN_STEP_MS = 60_000;
const MAX_SESSIONS = 1_000;
const TOKEN_BYTES = 32;

export interface Session {
  readonly name: string;
  /** ms since 1970. */
  readonly beganMs: number;
  seenMs: number;
}

/** Sessions outlive a restart. Tokens are random; only their hashes are kept, so the file lets nobody in. */
export class SessionBook {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session>();
  readonly #insert: StatementSync;
  readonly #touch: StatementSync;
  readonly #remove: StatementSync;

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#insert = db.prepare('INSERT INTO session VALUES (?, ?, ?, ?)');
    this.#touch = db.prepare('UPDATE session SET seen_ms = ? WHERE token_hash = ?');
    this.#remove = db.prepare('DELETE FROM session WHERE token_hash = ?');
    this.#load();
  }

  /** Answers the token of the new session: for the cookie, and for nobody else. */
  begin(name: string): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const now = this.#clock.now();
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= MAX_SESSIONS && oldest !== undefined) this.#forget(oldest);
    const key = hashOf(token);
    this.#sessions.set(key, { name, beganMs: now, seenMs: now });
    this.#insert.run(Buffer.from(key, 'base64url'), name, now, now);
    return token;
  }

  /** The living session of a token, which counts as used now. */
  find(token: string): Session | undefined {
    const key = hashOf(token);
    const session = this.#sessions.get(key);
    if (!session) return undefined;
    const now = this.#clock.now();
    if (isOver(session, now)) {
      this.#forget(key);
      return undefined;
    }
    if (now - session.seenMs >= SEEN_STEP_MS) {
      session.seenMs = now;
      this.#touch.run(now, Buffer.from(key, 'base64url'));
    }
    return session;
  }

  end(token: string): void {
    this.#forget(hashOf(token));
  }

  #load(): void {
    const now = this.#clock.now();
    for (const row of this.#db.prepare('SELECT * FROM session ORDER BY began_ms').all()) {
      const key = Buffer.from(row['token_hash'] as Uint8Array).toString('base64url');
      const session = {
        name: String(row['name']),
        beganMs: Number(row['began_ms']),
        seenMs: Number(row['seen_ms']),
      };
      this.#sessions.set(key, session);
      if (isOver(session, now)) this.#forget(key);
    }
  }

  #forget(key: string): void {
    if (this.#sessions.delete(key)) this.#remove.run(Buffer.from(key, 'base64url'));
  }
}

const isOver = ({ beganMs, seenMs }: Session, now: number): boolean =>
  now - beganMs >= SESSION_MAX_MS || now - seenMs >= IDLE_MS + SEEN_STEP_MS;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
