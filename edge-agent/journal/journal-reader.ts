import { SequenceRanges } from '#domain/sequence-ranges.ts';
import type { Logger } from '#platform/logger.ts';
import type { EpochFiles } from './epoch-files.ts';
import type { JournalRecord } from './journal.ts';
import { hullOf, type Loss } from './losses.ts';
import type { Quarantine } from './quarantine.ts';
import type { RecordCache } from './record-cache.ts';
import type { Damage, Segment } from './segment.ts';

export interface JournalReaderOptions {
  readonly quarantine: Quarantine;
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
    if (this.holes.has(hullOf(loss.ranges)[0])) return;
    this.#options.log.error({ ...loss, file: segment.path }, 'journal: damaged records quarantined');
    this.note(loss);
    await this.#options.quarantine.keep(this.#files.epoch, segment);
  }

  /** What `loss` tells of is not read, and is to be declared. */
  note(loss: Loss): void {
    for (const [from, to] of loss.ranges) {
      this.holes.add(from, to);
      this.damagedRecords += to - from + 1;
    }
    this.#options.onLoss(loss);
  }
}
