import { mkdir, open, readdir, rename, statfs, unlink, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError, codeOf } from '#platform/errors.ts';

/** The port through which the journal reaches its disk, so that a simulated one can drop and tear what was not synced. */
export interface Disk {
  /** One process at a time; the lock vanishes with the process. @throws StartError `JOURNAL_IN_USE` */
  lock(dir: string): Promise<() => void>;
  ensureDir(dir: string): Promise<void>;
  /** Names in `dir`, in no order; empty when there is no such folder. */
  list(dir: string): Promise<string[]>;
  /** `create` truncates or makes the file; the others need it. */
  open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile>;
  /** The whole content, `undefined` when there is no such file. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  removeDir(dir: string): Promise<void>;
  /** Makes the names in `dir` durable. */
  syncDir(dir: string): Promise<void>;
  freeBytes(dir: string): Promise<number>;
}

export interface DiskFile {
  /** Bytes written, which may be fewer than given. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Bytes read; 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** No room for more bytes, on the disk or in somebody's quota. */
export const isDiskFull = (error: unknown): boolean =>
  codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT';

/** Writes all of `bytes`: a full disk may take a part without an error. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const count = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (count <= 0) throw Object.assign(new Error('the disk took no more bytes'), { code: 'ENOSPC' });
    done += count;
  }
}

/** Reads until `into` is full or the file ends; answers how many bytes. */
export async function readFully(file: DiskFile, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const count = await file.read(into.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Replaces a file as a whole: after a crash it holds the old content or the new one. */
export async function replaceFile(disk: Disk, dir: string, name: string, bytes: Uint8Array): Promise<void> {
  const fresh = join(dir, `${name}.new`);
  const file = await disk.open(fresh, 'create');
  try {
    await writeAll(file, bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(fresh, join(dir, name));
  await disk.syncDir(dir);
}

class NodeFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async truncate(length: number): Promise<void> {
    await this.#handle.truncate(length);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

const OPEN_FLAGS = { create: 'w+', write: 'r+', read: 'r' } as const;

export const nodeDisk: Disk = {
  async lock(dir) {
    // An exclusive SQLite transaction is a lock that the kernel drops with the process, on every platform.
    const database = new DatabaseSync(join(dir, 'lock'));
    try {
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw new StartError(
        'JOURNAL_IN_USE',
        `the journal in ${dir} is in use by another process`,
        'whether a second agent runs with the same configuration',
        { cause: error },
      );
    }
    return () => database.close();
  },
  async ensureDir(dir) {
    await mkdir(dir, { recursive: true });
  },
  async list(dir) {
    try {
      return await readdir(dir);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  },
  async open(path, mode) {
    return new NodeFile(await open(path, OPEN_FLAGS[mode]));
  },
  async readFile(path) {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  },
  rename,
  unlink,
  async removeDir(dir) {
    await rm(dir, { recursive: true, force: true });
  },
  async syncDir(dir) {
    if (process.platform === 'win32') return; // folders cannot be opened there; NTFS journals its names
    const handle = await open(dir, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async freeBytes(dir) {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  },
};
