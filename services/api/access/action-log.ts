import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Actor, Role } from '#contracts/access.ts';
import type { ActionEntry } from '#contracts/api/session.ts';
import { msToNs, nsToIso } from '#domain/time.ts';
import type { Clock } from '#platform/clock.ts';

/** The oldest go. */
const KEEP_ENTRIES = 200_000;
const TRIM_EVERY = 1_000;
const MAX_TEXT = 1_000;
/** Refusals written a minute: whoever knocks all day must not push out what was done. */
const REFUSALS_PER_MINUTE = 60;

export interface Action {
  readonly actor: Actor | undefined;
  /** Method and route; `login`, `logout`. */
  readonly action: string;
  readonly target: string;
  readonly address: string;
  readonly detail: string;
}

/** Who did what, when, from where, and how it ended. Written before an action is begun and when it has ended. */
export class ActionLog {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #insert: StatementSync;
  readonly #finish: StatementSync;
  readonly #page: StatementSync;
  #sinceTrim = 0;
  #refusals = { minute: 0, count: 0 };

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#insert = db.prepare(
      `INSERT INTO action (time_ms, user, role, action, target, address, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#finish = db.prepare(
      `UPDATE action SET outcome = ?, detail = CASE WHEN ? = '' THEN detail ELSE ? END WHERE id = ?`,
    );
    this.#page = db.prepare('SELECT * FROM action WHERE id < ? ORDER BY id DESC LIMIT ?');
  }

  /** Answers what is to be called when the action has ended. Throws when it cannot be written: then it must not be done. */
  begin(action: Action): (outcome: 'done' | 'failed', why?: string) => void {
    const id = this.#write(action, 'begun');
    return (outcome, why = '') => {
      const text = why.slice(0, MAX_TEXT);
      this.#finish.run(outcome, text, text, id);
    };
  }

  done(action: Action): void {
    this.#write(action, 'done');
  }

  refused(action: Action): void {
    const minute = Math.floor(this.#clock.monotonic() / 60_000);
    if (this.#refusals.minute !== minute) this.#refusals = { minute, count: 0 };
    this.#refusals.count += 1;
    if (this.#refusals.count <= REFUSALS_PER_MINUTE) this.#write(action, 'refused');
  }

  /** Newest first, those before `before` (an id). */
  entries(before: number | undefined, limit: number): readonly ActionEntry[] {
    return this.#page.all(before ?? Number.MAX_SAFE_INTEGER, limit).map((row) => ({
      id: Number(row['id']),
      time: nsToIso(msToNs(Number(row['time_ms']))),
      user: String(row['user']),
      role: (row['role'] ?? null) as Role | null,
      action: String(row['action']),
      target: String(row['target']),
      address: String(row['address']),
      outcome: String(row['outcome']) as ActionEntry['outcome'],
      detail: String(row['detail']),
    }));
  }

  #write({ actor, action, target, address, detail }: Action, outcome: ActionEntry['outcome']): number {
    const { lastInsertRowid } = this.#insert.run(
      Math.floor(this.#clock.now()),
      actor?.name ?? '',
      actor?.role ?? null,
      action,
      target.slice(0, MAX_TEXT),
      address,
      outcome,
      detail.slice(0, MAX_TEXT),
    );
    const id = Number(lastInsertRowid);
    this.#sinceTrim += 1;
    if (this.#sinceTrim >= TRIM_EVERY) {
      this.#sinceTrim = 0;
      this.#db.prepare('DELETE FROM action WHERE id <= ?').run(id - KEEP_ENTRIES);
    }
    return id;
  }
}
