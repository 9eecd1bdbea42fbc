import { randomUUID } from 'node:crypto';
import {
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { copyFile, link, mkdir, open } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError, codeOf, messageOf } from '#platform/errors.ts';
import {
  DATABASE_FILE,
  RESTORING_FILE,
  assertRestored,
  assertVersion,
  databaseVersion,
  readMeta,
  writeMeta,
} from './database.ts';
import { LOCK_FILES, StoreLock } from './store-lock.ts';
import { SealedFiles } from './sealed-files.ts';

const BACKUP_FORMAT = 1;
const MANIFEST = 'backup.json';
/** A merge may unlink a file between the copy of the register and that of the file: then once more from the start. */
const ATTEMPTS = 5;

interface Manifest {
  readonly format: number;
  readonly storeId: string;
  readonly createdAt: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

export interface BackupFigures {
  readonly storeId: string;
  readonly files: number;
  readonly bytes: number;
}

/**
 * A consistent copy of the store in `dir`, running or not, into the empty folder `to`: one snapshot of SQLite (log,
 * received ranges, catalogue, dead letters) and the sealed files it names, linked where both are on one disk.
 * @throws StartError
 */
export async function backupStore(dir: string, to: string): Promise<BackupFigures> {
  requireStore(dir);
  requireEmpty(to);
  requireOutside(dir, to);
  makeFolder(to);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await copyOnce(dir, to);
    } catch (error) {
      rmSync(to, { recursive: true, force: true });
      makeFolder(to);
      if (codeOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
    }
  }
}

async function copyOnce(dir: string, to: string): Promise<BackupFigures> {
  const source = new DatabaseSync(join(dir, DATABASE_FILE), { readOnly: true });
  try {
    assertVersion(databaseVersion(source), dir);
    source.prepare('VACUUM INTO ?').run(join(to, DATABASE_FILE));
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(join(to, DATABASE_FILE));
  const paths = sealedPaths(copy, dir);
  const storeId = readMeta(copy, 'store-id') ?? '';
  copy.close();
  for (const path of paths) await linkOrCopy(join(dir, path), join(to, path));
  const files = [DATABASE_FILE, ...paths].map((path) => ({ path, bytes: statSync(join(to, path)).size }));
  const manifest: Manifest = { format: BACKUP_FORMAT, storeId, createdAt: new Date().toISOString(), files };
  for (const { path } of files) await sync(join(to, path));
  await writeSynced(join(to, MANIFEST), JSON.stringify(manifest, undefined, 2));
  await sync(to);
  return { storeId, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Of the register in `db`, relative to the store's folder. */
function sealedPaths(db: DatabaseSync, dir: string): string[] {
  const files = new SealedFiles(db, dir);
  return db
    .prepare('SELECT day, file_no AS no FROM sealed_file')
    .all()
    .flatMap(({ day, no }) => {
      const file = { day: Number(day), no: Number(no) };
      return [files.pathOf(file), files.rollupPathOf(file)];
    })
    .map((path) => path.slice(dir.length).replace(/^[/\\]/, ''));
}

/**
 * Puts a backup into the empty folder `dir`, or into one where an earlier try was broken off: until the end no store opens
 * there. The store gets a new id: agents are told that it is not the one they knew, since what they delivered after the
 * backup is not in it. @throws StartError
 */
export async function restoreStore(from: string, dir: string): Promise<BackupFigures> {
  const manifest = readManifest(from);
  const mark = join(dir, RESTORING_FILE);
  if (!existsSync(mark)) requireEmpty(dir);
  requireWhole(from, manifest);
  makeFolder(dir);
  const lock = StoreLock.acquire(dir);
  try {
    await writeSynced(mark, `${from}\n`);
    await sync(dir);
    removeRest(dir);
    for (const { path } of manifest.files) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await copyFile(join(from, path), join(dir, path), constants.COPYFILE_FICLONE);
      await sync(join(dir, path));
    }
    const storeId = renew(dir, manifest);
    rmSync(mark);
    await sync(dir);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    return { storeId, files: manifest.files.length, bytes };
  } finally {
    lock.release();
  }
}

/** What an earlier try has left, a half-written journal of SQLite among it. */
function removeRest(dir: string): void {
  for (const name of readdirSync(dir))
    if (name !== RESTORING_FILE && !LOCK_FILES.includes(name))
      rmSync(join(dir, name), { recursive: true, force: true });
}

function requireWhole(from: string, { files }: Manifest): void {
  for (const { path, bytes } of files) {
    const size = statSync(join(from, path), { throwIfNoEntry: false })?.size;
    if (size !== bytes)
      throw new StartError(
        'BACKUP_INCOMPLETE',
        `the backup in ${from} lacks ${path} or it has another size`,
        'take another backup',
      );
  }
}

/** Gives the restored store an id of its own, and answers it. */
function renew(dir: string, { storeId: backupOf, createdAt }: Manifest): string {
  const db = new DatabaseSync(join(dir, DATABASE_FILE));
  try {
    assertVersion(databaseVersion(db), dir);
    const storeId = randomUUID();
    writeMeta(db, 'restored-from', JSON.stringify({ storeId: backupOf, backupOf: createdAt }));
    writeMeta(db, 'store-id', storeId);
    return storeId;
  } finally {
    db.close();
  }
}

function readManifest(from: string): Manifest {
  const path = join(from, MANIFEST);
  if (!existsSync(path))
    throw new StartError('NO_BACKUP', `${from} holds no backup of a historian`, `it should hold ${MANIFEST}`);
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  if (manifest.format !== BACKUP_FORMAT)
    throw new StartError(
      'BACKUP_VERSION',
      `the backup in ${from} has the format ${manifest.format}, this program knows ${BACKUP_FORMAT}`,
      'use the program that wrote it',
    );
  return manifest;
}

/** @throws StartError when there is no store in `dir`, or only a part of one. */
export function requireStore(dir: string): void {
  assertRestored(dir);
  if (existsSync(join(dir, DATABASE_FILE))) return;
  throw new StartError(
    'NO_STORE',
    `there is no historian in ${dir}`,
    `the folder that holds ${DATABASE_FILE}`,
  );
}

function requireEmpty(dir: string): void {
  const what = statSync(dir, { throwIfNoEntry: false });
  if (!what || (what.isDirectory() && readdirSync(dir).length === 0)) return;
  const problem = what.isDirectory() ? 'is not empty' : 'is no folder';
  throw new StartError(
    'NOT_EMPTY',
    `${dir} ${problem}`,
    'give a folder that is new or empty, or move this one aside',
  );
}

/** Whatever the store does not know in its own folder may be taken for a rest of a crash. */
function requireOutside(dir: string, to: string): void {
  const way = relative(realpathSync(dir), realpathSync(whatIsThere(to)));
  if (way.split(sep)[0] === '..' || isAbsolute(way)) return;
  throw new StartError('BACKUP_INSIDE', `${to} lies within the store itself`, 'give a folder elsewhere');
}

/** `path`, or the nearest folder above it that there is. */
const whatIsThere = (path: string): string => (existsSync(path) ? path : whatIsThere(dirname(path)));

/** With the folders above it. Not by `recursive`, which never ends where the system refuses a new folder with ENOENT (`/proc`). */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  if (dirname(dir) !== dir) makeFolder(dirname(dir));
  try {
    mkdirSync(dir);
  } catch (error) {
    throw new StartError(
      'NO_FOLDER',
      `the folder ${dir} cannot be made: ${messageOf(error)}`,
      'give a folder on a disk that can be written',
      { cause: error },
    );
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, to);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw error;
    await copyFile(from, to);
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
