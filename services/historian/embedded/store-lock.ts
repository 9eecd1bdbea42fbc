import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '#platform/errors.ts';

const OWNER_FILE = 'owner';
const LOCK_FILE = 'lock.sqlite';
/** What a lock leaves in the folder. */
export const LOCK_FILES: readonly string[] = [OWNER_FILE, LOCK_FILE, `${LOCK_FILE}-journal`];

/**
 * One owner per store folder: an SQLite lock on a file of its own, which the operating system releases when the
 * process ends, however it ends. @throws StartError
 */
export class StoreLock {
  readonly #db: DatabaseSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  static acquire(dir: string): StoreLock {
    const ownerFile = join(dir, OWNER_FILE);
    const db = new DatabaseSync(join(dir, LOCK_FILE), { timeout: 0 });
    try {
      db.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      throw new StartError(
        'STORE_IN_USE',
        `the historian in ${dir} is in use by another process${ownerOf(ownerFile)}`,
        'stop that process, or give another data folder',
        { cause: error },
      );
    }
    writeFileSync(ownerFile, `${process.pid}\n`);
    return new StoreLock(db);
  }

  release(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

function ownerOf(file: string): string {
  try {
    return ` (pid ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
