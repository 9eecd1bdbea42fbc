import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Replaces a file whole: readers see the old text or the new one; after a crash of the machine too. */
export function writeFileAtomic(file: string, text: string, mode = 0o644): void {
  const temporary = `${file}.new-${process.pid}`;
  try {
    const handle = openSync(temporary, 'w', mode);
    try {
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    chmodSync(temporary, mode); // the umask may have taken rights, an older file may have given some
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
