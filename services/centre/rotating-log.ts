import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { codeOf } from '#platform/errors.ts';

const MAXIMUM_BYTES = 10 * 1024 * 1024;
const KEPT_FILES = 3;

/** A log file of bounded size: `x.log`, and the ones before it as `x.log.1` (newest) to `x.log.3`. */
export class RotatingLog {
  readonly #file: string;
  readonly #maximumBytes: number;
  #handle: number | undefined;
  #bytes = 0;

  constructor(file: string, maximumBytes = MAXIMUM_BYTES) {
    this.#file = file;
    this.#maximumBytes = maximumBytes;
  }

  /** Appends a line. A full disk must not stop the factory: what cannot be written is left out. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(`${line}\n`);
      if (this.#bytes + bytes.length > this.#maximumBytes) this.#rotate();
      this.#handle ??= this.#open();
      this.#bytes += writeSync(this.#handle, bytes);
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  #open(): number {
    const handle = openSync(this.#file, 'a', 0o640);
    this.#bytes = fstatSync(handle).size;
    return handle;
  }

  #rotate(): void {
    this.close();
    for (let age = KEPT_FILES - 1; age >= 0; age -= 1) {
      const from = age === 0 ? this.#file : `${this.#file}.${age}`;
      try {
        renameSync(from, `${this.#file}.${age + 1}`);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
    this.#bytes = 0;
  }
}
