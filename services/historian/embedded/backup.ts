import { randomUUID } from 'node:crypto';
import { constants, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { copyFile, link, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError, codeOf } from '#platform/errors.ts';
import { DATABASE_FILE, assertVersion, databaseVersion, readMeta, writeMeta } from './database.ts';
import { StoreLock } from './store-lock.ts';
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
  await mkdir(to, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await copyOnce(dir, to);
    } catch (error) {
      rmSync(to, { recursive: true, force: true });
      await mkdir(to, { recursive: true });
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
 * Puts a backup into the empty folder `dir`. The store gets a new id: agents are told that it is not the one they
 * knew, since what they delivered after the backup is not in it. @throws StartError
 */
export async function restoreStore(from: string, dir: string): Promise<BackupFigures> {
  const manifest = readManifest(from);
  requireEmpty(dir);
  for (const { path, bytes } of manifest.files) {
    const size = statSync(join(from, path), { throwIfNoEntry: false })?.size;
    if (size !== bytes)
      throw new StartError(
        'BACKUP_INCOMPLETE',
        `the backup in ${from} lacks ${path} or it has another size`,
        'take another backup',
      );
  }
  for (const { path } of manifest.files) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await copyFile(join(from, path), join(dir, path), constants.COPYFILE_FICLONE);
    await sync(join(dir, path));
  }
  const lock = StoreLock.acquire(dir);
  const db = new DatabaseSync(join(dir, DATABASE_FILE));
  const storeId = randomUUID();
  try {
    assertVersion(databaseVersion(db), from);
    writeMeta(
      db,
      'restored-from',
      JSON.stringify({ storeId: manifest.storeId, backupOf: manifest.createdAt }),
    );
    writeMeta(db, 'store-id', storeId);
  } finally {
    db.close();
    lock.release();
  }
  return {
    storeId,
    files: manifest.files.length,
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
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

/** @throws StartError when there is no store in `dir`. */
export function requireStore(dir: string): void {
  if (existsSync(join(dir, DATABASE_FILE))) return;
  throw new StartError(
    'NO_STORE',
    `there is no historian in ${dir}`,
    `the folder that holds ${DATABASE_FILE}`,
  );
}

function requireEmpty(dir: string): void {
  if (!existsSync(dir) || readdirSync(dir).length === 0) return;
  throw new StartError('NOT_EMPTY', `${dir} is not empty`, 'give an empty or a new folder');
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
