import { join } from 'node:path';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import { replaceFile, type Disk } from './disk.ts';
import type { Segment } from './segment.ts';

/** Copies kept at most: a dying disk must not be filled by its own damage. */
const LIMIT = 16;

export const DAMAGED_SUFFIX = '.damaged';

/**
 * Damaged segments, kept aside for whoever wants to look. As long as some are there the journal is not healthy: what they held is
 * declared lost, and somebody must see to the disk. Taking the files away is the acknowledgement.
 */
export class Quarantine {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #log: Logger;
  #names = new Set<string>();

  constructor({ disk, dir, log }: { readonly disk: Disk; readonly dir: string; readonly log: Logger }) {
    this.#disk = disk;
    this.#dir = join(dir, 'quarantine');
    this.#log = log;
  }

  get count(): number {
    return this.#names.size;
  }

  /** Looks again: somebody may have taken the files away. `epochDir` holds segments that were unreadable from their first byte on. */
  async look(epochDir: string): Promise<void> {
    const unreadable = (await this.#disk.list(epochDir)).filter((name) => name.endsWith(DAMAGED_SUFFIX));
    this.#names = new Set([...(await this.#disk.list(this.#dir)), ...unreadable]);
  }

  /** Copies a segment; never throws. */
  async keep(epoch: string, segment: Segment): Promise<void> {
    const name = `${epoch}-${segment.first}.seg`;
    const isKnown = this.#names.has(name);
    this.#names.add(name);
    if (!isKnown && this.#names.size > LIMIT) return;
    try {
      await this.#disk.ensureDir(this.#dir);
      const bytes = await this.#disk.readFile(segment.path);
      if (bytes) await replaceFile(this.#disk, this.#dir, name, bytes);
    } catch (error) {
      this.#log.warn({ why: messageOf(error) }, 'journal: the damaged segment could not be copied');
    }
  }
}
