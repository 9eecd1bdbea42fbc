import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError, messageOf } from '#platform/errors.ts';

/** `user_version` of the SQLite file. */
const VERSION = 1;
/** "BRAC": marks the file as ours. */
const APPLICATION_ID = 0x42524143;

const SCHEMA = `
  CREATE TABLE session (
    token_hash BLOB PRIMARY KEY, name TEXT NOT NULL, began_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE action (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, user TEXT NOT NULL, role TEXT, action TEXT NOT NULL,
    target TEXT NOT NULL, address TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
`;

/** Sessions and the audit log of actions. `undefined`: in memory, for an API that nobody can log in to. @throws StartError */
export function openAccessDatabase(file: string | undefined): DatabaseSync {
  if (file !== undefined) mkdirSync(path.dirname(file), { recursive: true });
  const db = new DatabaseSync(file ?? ':memory:');
  try {
    if (file !== undefined) chmodSync(file, 0o600);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000');
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (version === 0) {
      db.exec(
        `BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}; COMMIT`,
      );
    } else if (version !== VERSION) throw new Error(`it has the on-disk format ${version}, not ${VERSION}`);
    return db;
  } catch (error) {
    db.close();
    throw new StartError(
      'ACCESS_DATABASE',
      `The sessions and the audit log in ${file ?? 'memory'} cannot be used: ${messageOf(error)}`,
      'start the program that wrote it, or move the file away: everybody has to log in again then, and the log begins anew',
      { cause: error },
    );
  }
}
