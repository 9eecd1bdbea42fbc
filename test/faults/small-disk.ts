import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { codeOf } from '#platform/errors.ts';

/** A tmpfs of so many MiB with a folder in it; unmounted when this process ends. */
export function smallDisk(name: string, mebibytes: number): string {
  const mountPoint = mkdtempSync(path.join(tmpdir(), `faults-disk-${name}-`));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', mountPoint], { stdio: 'pipe' });
  process.on('exit', () => {
    execFileSync('umount', ['-l', mountPoint], { stdio: 'pipe' });
    rmSync(mountPoint, { recursive: true, force: true });
  });
  const folder = path.join(mountPoint, name);
  mkdirSync(folder);
  return folder;
}

/** Mounting needs root; the simulated disk of the journal's own tests needs nothing. */
export function smallDiskUnavailable(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'a small file system can only be mounted by root';
}

const PIECE = Buffer.alloc(64 * 1024, 0x20);

const fillerOf = (folder: string): string => path.join(path.dirname(folder), 'filler');

export const SMALL_DISK = {
  /** Takes every byte that is free beside `folder`. */
  fill(folder: string): void {
    const file = openSync(fillerOf(folder), 'w');
    try {
      for (let piece = PIECE; piece.length > 0;) {
        try {
          if (writeSync(file, piece) < piece.length) piece = piece.subarray(0, piece.length >>> 1);
        } catch (error) {
          if (codeOf(error) !== 'ENOSPC') throw error;
          piece = piece.subarray(0, piece.length >>> 1);
        }
      }
    } finally {
      closeSync(file);
    }
  },
  free(folder: string): void {
    rmSync(fillerOf(folder), { force: true });
  },
};
