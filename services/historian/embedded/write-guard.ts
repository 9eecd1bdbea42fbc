import type { DatabaseSync } from 'node:sqlite';
import { RejectedError, StoreUnavailableError, messageOf } from '#platform/errors.ts';
import { writeMeta } from './database.ts';

/** How often a store that cannot write tries again by itself. */
const PROBE_INTERVAL_MS = 1_000;

/** SQLite result codes (https://sqlite.org/rescode.html) by what the operator has to do. */
const SQLITE_PROBLEMS: Readonly<Record<number, string>> = {
  8: 'the folder is read-only; check its permissions and how its disk is mounted',
  10: 'the disk reports errors; check the disk and the system log',
  11: 'the database file is damaged; restore the last backup',
  13: 'the disk is full; free some space, the agents keep what comes meanwhile',
  14: 'the database file cannot be opened; check the permissions of the folder',
};

/** Result codes that speak of a value, not of the file: TOOBIG, MISMATCH, CONSTRAINT_CHECK, _NOTNULL, _DATATYPE. */
const CONTENT_CODES: ReadonlySet<number> = new Set([18, 20, 275, 1_299, 3_091]);

/**
 * Every write goes through here: one that fails makes the store unavailable (nothing is acknowledged), and a probe
 * finds out by itself when writing works again.
 */
export class WriteGuard {
  readonly #db: DatabaseSync;
  readonly #dir: string;
  #problem: string | undefined;
  #quotaProblem: string | undefined;
  /** The query engine lost rows that the log has: only a restart rebuilds it. */
  #broken = false;
  #probe: NodeJS.Timeout | undefined;

  constructor(db: DatabaseSync, dir: string) {
    this.#db = db;
    this.#dir = dir;
  }

  stop(): void {
    clearInterval(this.#probe);
    this.#probe = undefined;
  }

  state(): { writable: boolean; problem: string | undefined } {
    const problem = this.#problem ?? this.#quotaProblem;
    return { writable: problem === undefined, problem };
  }

  /** The store takes more than its quota: `problem` until it does not. */
  setQuotaProblem(problem: string | undefined): void {
    this.#quotaProblem = problem;
  }

  /**
   * @throws StoreUnavailableError when the disk refuses
   * @throws RejectedError when what is to be written is refused for what is in it, and the disk takes something else
   */
  write<Result>(work: () => Result): Result {
    if (this.#broken) throw new StoreUnavailableError('STORE_BROKEN', this.#problem ?? '');
    if (this.#quotaProblem !== undefined) throw new StoreUnavailableError('STORE_QUOTA', this.#quotaProblem);
    try {
      const result = work();
      this.#recovered();
      return result;
    } catch (error) {
      if (isOfContent(error) && this.#takes())
        throw new RejectedError('RECORD_REFUSED', `the historian cannot store this: ${messageOf(error)}`);
      throw this.failed(error);
    }
  }

  /** Notes that a write failed and makes the error to throw. */
  failed(error: unknown): StoreUnavailableError {
    const sqlite = sqliteCode(error);
    const why = sqlite === undefined ? undefined : SQLITE_PROBLEMS[sqlite & 0xff];
    const full = sqlite === 13 || hasCode(error, 'ENOSPC');
    const sentence = why ?? (full ? SQLITE_PROBLEMS[13] : messageOf(error));
    this.#problem = `the historian in ${this.#dir} cannot write: ${sentence ?? ''}`;
    this.#probe ??= setInterval(() => this.#tryAgain(), PROBE_INTERVAL_MS).unref();
    return new StoreUnavailableError(full ? 'STORE_FULL' : 'STORE_WRITE_FAILED', this.#problem, {
      cause: error,
    });
  }

  /** Samples cannot be sealed as fast as they come, or at all. */
  overloaded(): StoreUnavailableError {
    const why = this.#problem ?? 'its disk or processor is slower than what comes in';
    return new StoreUnavailableError(
      'STORE_OVERLOADED',
      `the historian in ${this.#dir} cannot seal its samples: ${why}`,
    );
  }

  /** Runs what puts committed rows before the queries. Its failure does not undo the commit. */
  place(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#broken = true;
      this.#problem = `the historian's query engine failed (${messageOf(error)}); what was acknowledged is safe in the log, restart the services to go on`;
    }
  }

  #tryAgain(): void {
    if (!this.#broken && this.#takes()) this.#recovered();
  }

  #takes(): boolean {
    try {
      writeMeta(this.#db, 'write-probe', String(Date.now()));
      return true;
    } catch {
      return false;
    }
  }

  #recovered(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.stop();
  }
}

/** Also what Node refuses to bind, and what our own encoders throw. */
function isOfContent(error: unknown): boolean {
  const code = sqliteCode(error);
  if (code !== undefined) return CONTENT_CODES.has(code);
  return error instanceof TypeError || error instanceof RangeError || error instanceof RejectedError;
}

function sqliteCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : undefined;
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
