import type { DatabaseSync } from 'node:sqlite';
import type { Actor } from '#contracts/access.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { hashPassword, verifyPassword } from '#platform/password-hash.ts';
import { ApiProblem } from '../api-problem.ts';
import { QueryGate } from '../query-gate.ts';
import { openAccessDatabase } from './access-database.ts';
import { ActionLog } from './action-log.ts';
import { Lockout } from './lockout.ts';
import { SESSION_MAX_MS, SessionBook } from './session-book.ts';
import { UserFile } from './user-file.ts';

/** Each password check takes 32 MB and about 60 ms of a core. */
const CHECKS_AT_ONCE = 2;
const CHECKS_WAITING = 20;

export interface AccessOptions {
  /** Absent: nobody can log in. */
  readonly usersFile?: string | undefined;
  /** Absent: sessions and the log of actions live in memory. */
  readonly databaseFile?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who asks, and what they may do. */
export class Access {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #users: UserFile;
  readonly #sessions: SessionBook;
  readonly #lockout: Lockout;
  readonly #checks = new QueryGate(CHECKS_AT_ONCE, CHECKS_WAITING);
  readonly actions: ActionLog;
  #nobodysHash: Promise<string> | undefined;

  /** @throws StartError when the database cannot be used. */
  constructor(options: AccessOptions) {
    const { usersFile, databaseFile, clock, log } = options;
    this.#clock = clock;
    this.#db = openAccessDatabase(databaseFile);
    this.#users = new UserFile(usersFile, log);
    this.#sessions = new SessionBook(this.#db, clock);
    this.#lockout = new Lockout(clock);
    this.actions = new ActionLog(this.#db, clock);
  }

  /** The user of a session; a password or role that was changed since counts at once. */
  actorOf(token: string | undefined): (Actor & { readonly expiresAtMs: number }) | undefined {
    if (token === undefined) return undefined;
    const session = this.#sessions.find(token);
    if (!session) return undefined;
    const user = this.#users.find(session.name);
    if (!user || session.beganMs < Date.parse(user.since)) {
      this.#sessions.end(token);
      return undefined;
    }
    return { name: user.name, role: user.role, expiresAtMs: session.beganMs + SESSION_MAX_MS };
  }

  /**
   * Answers the token of a new session.
   *
   * @throws ApiProblem LOGIN_FAILED, LOCKED_OUT; OverloadError when too many log in at once
   */
  async login(typedName: string, password: string, address: string): Promise<string> {
    const name = typedName.trim().toLowerCase();
    const note = { actor: undefined, action: 'login', target: name, address };
    const waitMs = this.#lockout.waitMs(name, address);
    if (waitMs > 0) {
      this.actions.refused({ ...note, detail: 'LOCKED_OUT' });
      throw lockedOut(waitMs);
    }
    this.#lockout.tried(name, address);
    const user = this.#users.find(name);
    const isRight = await this.#checks.run(() => this.#matches(password, user?.passwordHash));
    if (!user || !isRight) {
      this.actions.refused({ ...note, detail: 'LOGIN_FAILED' });
      throw new ApiProblem('LOGIN_FAILED', 'Name or password is wrong.');
    }
    this.#lockout.succeeded(name, address);
    this.actions.done({ ...note, actor: user, detail: '' });
    return this.#sessions.begin(name);
  }

  logout(token: string, address: string): void {
    const actor = this.actorOf(token);
    if (actor) this.actions.done({ actor, action: 'logout', target: actor.name, address, detail: '' });
    this.#sessions.end(token);
  }

  get now(): number {
    return this.#clock.now();
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  /** An unknown name takes as long as a known one. */
  async #matches(password: string, hash: string | undefined): Promise<boolean> {
    this.#nobodysHash ??= hashPassword('');
    return verifyPassword(password, hash ?? (await this.#nobodysHash));
  }
}

function lockedOut(waitMs: number): ApiProblem {
  const retryAfterS = Math.ceil(waitMs / 1_000);
  return new ApiProblem('LOCKED_OUT', `Too many wrong passwords: try again in ${retryAfterS} s.`, {
    retryAfterS,
  });
}
