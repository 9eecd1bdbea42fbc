import { join } from 'node:path';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import { replaceFile, type Disk } from './disk.ts';
import type { EpochFiles } from './epoch-files.ts';
import type { JournalRecord } from './journal.ts';
import type { Loss } from './losses.ts';
import type { RecordCache } from './record-cache.ts';
import type { Damage, Segment } from './segment.ts';

export interface JournalReaderOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly log: Logger;
  readonly cache: RecordCache;
  readonly onLoss: (loss: Loss) => void;
}

/** Reads records of one epoch back, around what is damaged or gone. */
export class JournalReader {
  readonly #options: JournalReaderOptions;
  readonly #files: EpochFiles;
  /** Sequences that cannot be read: declared, or about to be. */
  readonly holes = new SequenceRanges();
  damagedRecords = 0;

  constructor(files: EpochFiles, options: JournalReaderOptions) {
    this.#files = files;
    this.#options = options;
  }

  async read(from: number, maxBytes: number): Promise<readonly JournalRecord[]> {
    let at = from;
    for (;;) {
      if (this.holes.has(at)) at = this.holes.contiguousEnd(at) + 1;
      if (at > this.#files.head) return [];
      const cached = this.#options.cache.from(at, maxBytes);
      if (cached) return cached;
      const segment = this.#files.segmentOf(at);
      if (!segment) {
        at = this.#files.segments[0]?.first ?? this.#files.head + 1;
        continue;
      }
      const to = Math.min(segment.last, this.#files.head);
      const { frames, damage } = await this.#readSegment(segment, { from: at, to, maxBytes });
      if (damage) await this.#noteDamage(segment, damage);
      if (frames.length > 0) return frames;
      if (!damage) at = to + 1;
    }
  }

  async #readSegment(
    segment: Segment,
    { from, to, maxBytes }: { from: number; to: number; maxBytes: number },
  ): Promise<{ frames: readonly JournalRecord[]; damage: Damage | undefined }> {
    try {
      return await segment.read(from, to, maxBytes);
    } catch (error) {
      if (this.#files.segments.includes(segment)) throw error;
      return { frames: [], damage: undefined }; // trimmed meanwhile
    }
  }

  async #noteDamage(segment: Segment, damage: Damage): Promise<void> {
    const loss = await this.#files.lossOf(segment, damage);
    if (this.holes.has(loss.sequences[0])) return;
    this.#options.log.error({ ...loss, file: segment.path }, 'journal: damaged records quarantined');
    this.note(loss);
    await this.#quarantine(segment);
  }

  /** What `loss` tells of is not read, and is to be declared. */
  note(loss: Loss): void {
    const [from, to] = loss.sequences;
    this.holes.add(from, to);
    this.damagedRecords += to - from + 1;
    this.#options.onLoss(loss);
  }

  /** A copy for whoever wants to look; the newest per segment. */
  async #quarantine(segment: Segment): Promise<void> {
    const { disk, dir, log } = this.#options;
    const folder = join(dir, 'quarantine');
    try {
      await disk.ensureDir(folder);
      const bytes = await disk.readFile(segment.path);
      if (bytes) await replaceFile(disk, folder, `${this.#files.epoch}-${segment.first}.seg`, bytes);
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'journal: the damaged segment could not be copied');
    }
  }
}
