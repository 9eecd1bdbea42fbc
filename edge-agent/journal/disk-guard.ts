import { join } from 'node:path';
import { codeOf, messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import { isDiskFull, writeAll, type Disk } from './disk.ts';

export const JOURNAL_FULL =
  'the journal has reached its limit (journal.maxBytes): reading is paused until the historian takes records';

/** Beside the reserve, so much must be free again before samples are tried. */
const FREE_MARGIN_BYTES = 64 * 1024;

/** Watches whether the disk takes what is written, and keeps bytes in reserve so that a loss can be declared when it is full. */
export class DiskGuard {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #reserveBytes: number;
  readonly #log: Logger;
  #problem: string | undefined;

  constructor(options: { disk: Disk; dir: string; reserveBytes: number; log: Logger }) {
    this.#disk = options.disk;
    this.#dir = options.dir;
    this.#reserveBytes = options.reserveBytes;
    this.#log = options.log;
  }

  /** A sentence while the disk refuses. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** A write or a sync failed. A full disk gets the reserve. */
  async failed(error: unknown): Promise<void> {
    const isFull = isDiskFull(error);
    const problem = isFull
      ? 'the disk of the journal is full: reading is paused; free some space'
      : `the disk of the journal refuses to write (${codeOf(error)}): reading is paused; check the disk`;
    if (this.#problem !== problem) this.#log.error({ err: error }, problem);
    this.#problem = problem;
    if (isFull) await this.#disk.unlink(join(this.#dir, 'reserve')).catch(() => {});
  }

  /** Whether samples may be tried (again): not while only the reserve is left. */
  async takesSamples(): Promise<boolean> {
    if (this.#problem === undefined) return true;
    if ((await this.#disk.freeBytes(this.#dir)) < this.#reserveBytes + FREE_MARGIN_BYTES) return false;
    return this.fillReserve();
  }

  succeeded(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#log.info('the disk of the journal takes records again');
  }

  /** Writes the reserve where it is missing; false when there is no room for it. */
  async fillReserve(): Promise<boolean> {
    const path = join(this.#dir, 'reserve');
    try {
      const known = await this.#disk.readFile(path);
      if (known?.length === this.#reserveBytes) return true;
      const file = await this.#disk.open(path, 'create');
      try {
        await writeAll(file, Buffer.alloc(this.#reserveBytes, 0x5a), 0);
        await file.sync();
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      await this.#disk.unlink(path).catch(() => {});
      this.#log.warn({ why: messageOf(error) }, 'journal: no room for the reserve');
      return false;
    }
  }
}
