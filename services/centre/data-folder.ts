import { chmodSync, existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StartError, codeOf } from '#platform/errors.ts';

/** Less free space than this and the first run cannot even make its keys, logs and journal. */
const NEEDED_BYTES = 256 * 1024 * 1024;

/** Absolute paths below the data folder. */
export interface DataFolder {
  readonly root: string;
  readonly config: string;
  readonly secrets: string;
  readonly logs: string;
  /** Folder of one process's own state. */
  readonly of: (process: string) => string;
}

export function dataFolder(dataDir: string): DataFolder {
  const root = path.resolve(dataDir);
  return {
    root,
    config: path.join(root, 'config'),
    secrets: path.join(root, 'secrets'),
    logs: path.join(root, 'log'),
    of: (process) => path.join(root, process),
  };
}

function explain(root: string, error: unknown): StartError {
  const code = codeOf(error);
  if (code === 'ENOSPC')
    return new StartError('DISK_FULL', `The disk of ${root} is full`, `free space: df -h ${root}`);
  const why =
    code === 'ENOTDIR' || code === 'EEXIST' ? 'a file is in the way' : `it is not writable (${code})`;
  const check = `owner and permissions: ls -ld ${root}; or choose another folder with --data DIR`;
  return new StartError('DATA_NOT_WRITABLE', `The data folder ${root} cannot be used: ${why}`, check, {
    cause: error,
  });
}

function assertRoom(root: string, neededBytes: number): void {
  const { bavail, bsize } = statfsSync(root);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  throw new StartError(
    'DISK_FULL',
    `Only ${Math.floor(freeBytes / 1e6)} MB are free for the data folder ${root}, ${Math.ceil(neededBytes / 1e6)} MB are needed`,
    `free space: df -h ${root}; or choose another folder with --data DIR`,
  );
}

/** Not with `recursive`: below some file systems (/proc) Node then tries for ever. */
function makeFolder(directory: string, mode = 0o777): void {
  if (existsSync(directory)) return;
  const parent = path.dirname(directory);
  if (parent !== directory) makeFolder(parent);
  mkdirSync(directory, { mode });
}

/** Makes the folders, secrets for the owner alone, and proves that they can be written to. @throws StartError */
export function prepareDataFolder(folder: DataFolder, neededBytes = NEEDED_BYTES): void {
  try {
    for (const directory of [folder.root, folder.config, folder.logs]) makeFolder(directory);
    makeFolder(folder.secrets, 0o700);
    chmodSync(folder.secrets, 0o700);
    const probe = path.join(folder.root, `.probe-${process.pid}`);
    writeFileSync(probe, 'probe');
    rmSync(probe);
  } catch (error) {
    throw explain(folder.root, error);
  }
  assertRoom(folder.root, neededBytes);
}
