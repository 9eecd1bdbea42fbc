import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError, messageOf } from '#platform/errors.ts';

/** `user_version` of the SQLite file. */
export const DATABASE_VERSION = 2;

export const DATABASE_FILE = 'historian.sqlite';

/** "BRHS": marks the file as ours. */
const APPLICATION_ID = 0x42524853;

const SINCE_VERSION_2 = `
  CREATE TABLE beyond_cut (
    id INTEGER PRIMARY KEY, stream_no INTEGER NOT NULL, from_sequence INTEGER NOT NULL, to_sequence INTEGER NOT NULL,
    rejected INTEGER NOT NULL, lost INTEGER NOT NULL, moved INTEGER NOT NULL) STRICT;
  CREATE INDEX beyond_cut_stream ON beyond_cut (stream_no, to_sequence);
  CREATE TABLE machine_stream (
    stream_no INTEGER NOT NULL, machine TEXT NOT NULL, PRIMARY KEY (stream_no, machine)) STRICT, WITHOUT ROWID;
  CREATE TABLE expired (
    machine TEXT NOT NULL, epoch_no INTEGER NOT NULL, samples INTEGER NOT NULL,
    PRIMARY KEY (machine, epoch_no)) STRICT, WITHOUT ROWID;
`;

const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE stream (
    stream_no INTEGER PRIMARY KEY, agent TEXT NOT NULL, epoch TEXT NOT NULL, epoch_no INTEGER NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0, declared_lost INTEGER NOT NULL DEFAULT 0,
    cut_sequence INTEGER NOT NULL DEFAULT 0, cut_produced INTEGER NOT NULL DEFAULT 0,
    cut_discarded INTEGER NOT NULL DEFAULT 0, stored_at_cut INTEGER NOT NULL DEFAULT 0,
    rejected_at_cut INTEGER NOT NULL DEFAULT 0, declared_lost_at_cut INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0, closed_head INTEGER NOT NULL DEFAULT 0, closed_produced INTEGER NOT NULL DEFAULT 0,
    closed_discarded INTEGER NOT NULL DEFAULT 0, carried INTEGER NOT NULL DEFAULT 0,
    UNIQUE (agent, epoch), UNIQUE (agent, epoch_no)) STRICT;
  CREATE TABLE received (
    stream_no INTEGER NOT NULL, from_sequence INTEGER NOT NULL, to_sequence INTEGER NOT NULL,
    PRIMARY KEY (stream_no, from_sequence)) STRICT, WITHOUT ROWID;
  CREATE TABLE log (
    id INTEGER PRIMARY KEY, stream_no INTEGER NOT NULL, sequence INTEGER NOT NULL, checksum INTEGER NOT NULL,
    samples INTEGER NOT NULL, body BLOB) STRICT;
  CREATE UNIQUE INDEX log_sequence ON log (stream_no, sequence);
  CREATE TABLE above_cut (
    stream_no INTEGER NOT NULL, sequence INTEGER NOT NULL, samples INTEGER NOT NULL,
    PRIMARY KEY (stream_no, sequence)) STRICT, WITHOUT ROWID;
  ${SINCE_VERSION_2}
  CREATE TABLE sealed_checksum (
    id INTEGER PRIMARY KEY, stream_no INTEGER NOT NULL, from_sequence INTEGER NOT NULL, to_sequence INTEGER NOT NULL,
    records INTEGER NOT NULL, pairs BLOB NOT NULL) STRICT;
  CREATE INDEX sealed_checksum_sequence ON sealed_checksum (stream_no, from_sequence);
  CREATE TABLE machine (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE signal (signal_no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE latest (
    signal_no INTEGER PRIMARY KEY, epoch_no INTEGER NOT NULL, sequence INTEGER NOT NULL, idx INTEGER NOT NULL,
    body BLOB NOT NULL) STRICT;
  CREATE TABLE gap (
    stream_no INTEGER NOT NULL, sequence INTEGER NOT NULL, machine TEXT, signal TEXT, from_ns INTEGER NOT NULL,
    to_ns INTEGER NOT NULL, cause TEXT NOT NULL, PRIMARY KEY (stream_no, sequence)) STRICT, WITHOUT ROWID;
  CREATE INDEX gap_time ON gap (to_ns);
  CREATE TABLE event (
    stream_no INTEGER NOT NULL, sequence INTEGER NOT NULL, machine TEXT, time_ns INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (stream_no, sequence)) STRICT, WITHOUT ROWID;
  CREATE INDEX event_time ON event (time_ns);
  CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received_at_ns INTEGER NOT NULL, topic TEXT NOT NULL, code TEXT NOT NULL,
    reason TEXT NOT NULL, agent TEXT, epoch TEXT, sequence INTEGER, samples INTEGER, payload BLOB NOT NULL) STRICT;
  CREATE TABLE sealed_file (
    file_no INTEGER PRIMARY KEY, day INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    min_signal INTEGER NOT NULL, max_signal INTEGER NOT NULL, min_ns INTEGER NOT NULL, max_ns INTEGER NOT NULL,
    sealed_at_ms INTEGER NOT NULL, compacted INTEGER NOT NULL) STRICT;
  CREATE INDEX sealed_file_day ON sealed_file (day);
`;

/**
 * The newest event of each (machine, subject): those of an alarm that stands longer than the retention too. Added to version 2, in
 * which there were no events with a subject: an older program leaves the table alone.
 */
const STANDING = `
  CREATE TABLE IF NOT EXISTS standing (
    machine TEXT NOT NULL, subject TEXT NOT NULL, stream_no INTEGER NOT NULL, epoch_no INTEGER NOT NULL,
    sequence INTEGER NOT NULL, time_ns INTEGER NOT NULL, ended INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (machine, subject)) STRICT, WITHOUT ROWID;
`;

/** It lies in a folder as long as a backup is being put into it. */
export const RESTORING_FILE = 'restoring';

/** @throws StartError when only a part of a backup is in `dir`. */
export function assertRestored(dir: string): void {
  if (!existsSync(join(dir, RESTORING_FILE))) return;
  throw new StartError(
    'RESTORE_UNFINISHED',
    `a backup was being put into ${dir} and has not come to its end`,
    'run the same `npm run historian -- restore` again, or remove that folder',
  );
}

/** Opens (or makes) the historian's SQLite file in `dir`. @throws StartError */
export function openDatabase(dir: string): DatabaseSync {
  assertRestored(dir);
  mkdirSync(dir, { recursive: true });
  const db = new DatabaseSync(join(dir, DATABASE_FILE));
  try {
    prepareDatabase(db, dir);
    return db;
  } catch (error) {
    db.close();
    throw isDamage(error) ? damaged(dir, error) : error;
  }
}

/** SQLite's SQLITE_CORRUPT and SQLITE_NOTADB. */
const isDamage = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && [11, 26].includes(Number(error.errcode) & 0xff);

function damaged(dir: string, cause: unknown): StartError {
  return new StartError(
    'STORE_DAMAGED',
    `the database ${join(dir, DATABASE_FILE)} is damaged (${messageOf(cause)})`,
    `the disk; then move ${dir} away and restore the last backup (npm run historian -- restore); without one the centre begins an empty one, and the agents send what they still have`,
    { cause },
  );
}

function prepareDatabase(db: DatabaseSync, dir: string): void {
  assertSqlite(db);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000');
  db.exec(
    'PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 16777216',
  );
  const version = databaseVersion(db);
  if (version === 0) {
    assertNothingSealed(dir);
    db.exec(`BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${DATABASE_VERSION}; COMMIT`);
  } else if (version === 1) migrateFrom1(db);
  else assertVersion(version, dir);
  db.exec(STANDING);
}

/** The database alone says which sealed files count: an empty one would take all that are there for what a crash left. @throws StartError */
function assertNothingSealed(dir: string): void {
  const sealed = join(dir, 'sealed');
  const names = existsSync(sealed) ? readdirSync(sealed, { recursive: true, encoding: 'utf8' }) : [];
  const files = names.filter((name) => name.endsWith('.parquet')).length;
  if (files === 0) return;
  throw new StartError(
    'STORE_REGISTER_LOST',
    `the historian in ${dir} has ${files} sealed files, but the database that names them is gone`,
    `move ${dir} away and restore the last backup (npm run historian -- restore); any Parquet reader reads the files meanwhile`,
  );
}

/**
 * Version 2 tells the audit's terms at the cut. What version 1 knew of refused and lost samples lies before the next
 * checkpoint as a rule: it is taken as lying at the cut.
 */
function migrateFrom1(db: DatabaseSync): void {
  const columns = [
    'rejected_at_cut',
    'declared_lost_at_cut',
    'closed',
    'closed_head',
    'closed_produced',
    'closed_discarded',
    'carried',
  ];
  const added = columns.map((name) => `ALTER TABLE stream ADD COLUMN ${name} INTEGER NOT NULL DEFAULT 0;`);
  db.exec(`BEGIN; ${added.join(' ')} ${SINCE_VERSION_2}
    UPDATE stream SET rejected_at_cut = rejected, declared_lost_at_cut = declared_lost;
    INSERT INTO meta VALUES ('migrated-from', '1');
    PRAGMA user_version = 2; COMMIT`);
}

/** @throws StartError when the file was made by another version of the program. */
export function assertVersion(version: number, dir: string): void {
  if (version === DATABASE_VERSION) return;
  if (version > 0 && version < DATABASE_VERSION)
    throw new StartError(
      'STORE_VERSION',
      `the historian in ${dir} has the older on-disk format ${version}`,
      'start the services on it once: they bring it up to date',
    );
  throw new StartError(
    'STORE_VERSION',
    `the historian in ${dir} has the on-disk format ${version}, this program knows ${DATABASE_VERSION}`,
    'start the newer program that wrote it, or give another data folder',
  );
}

export const databaseVersion = (db: DatabaseSync): number =>
  Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);

/** The WAL-reset fault of SQLite 3.7.0-3.51.2 can lose committed transactions. */
function assertSqlite(db: DatabaseSync): void {
  const version = String(db.prepare('SELECT sqlite_version() AS version').get()?.['version']);
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major * 1e6 + minor * 1e3 + patch >= 3_051_003) return;
  throw new StartError(
    'SQLITE_TOO_OLD',
    `this Node carries SQLite ${version}, which can lose committed data (fixed in 3.51.3)`,
    'start with the Node version that the project pins',
  );
}

/** Runs `work` in one transaction; rolls back when it throws. */
export function transaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

export function readMeta(db: DatabaseSync, key: string): string | undefined {
  const value = db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'];
  return value === undefined ? undefined : String(value);
}

export function writeMeta(db: DatabaseSync, key: string, value: string): void {
  db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(
    key,
    value,
  );
}

/** @throws StartError when a copy into the store has begun and not ended */
export function assertFinished(db: DatabaseSync, dir: string): void {
  const origin = readMeta(db, 'copy-unfinished');
  if (origin === undefined) return;
  throw new StartError(
    'COPY_UNFINISHED',
    `the copy of ${origin} into ${dir} has not come to its end`,
    'run the same `npm run historian -- copy` again, or remove that folder',
  );
}
