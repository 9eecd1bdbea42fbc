import { join } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { isDiskFull, writeAll, type Disk, type DiskFile } from './disk.ts';
import { frameLength, producedBy, writeFrame, type FrameFacts } from './frame.ts';
import type { JournalCounters, JournalRecord, NewRecord, Notification } from './journal.ts';
import type { Loss } from './losses.ts';
import { recoverEpoch, type Start } from './recovery.ts';
import { Segment, type Damage } from './segment.ts';

export interface EpochOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Folder of the journal; an epoch's files are in a folder of its name. */
  readonly dir: string;
  readonly segmentBytes: number;
}

/** The segments of one epoch: appends and reads. One writer; what is asked for at once is up to the caller. */
export class EpochFiles {
  readonly epoch: string;
  readonly #options: EpochOptions;
  readonly dir: string;
  readonly segments: Segment[] = [];
  #active: { segment: Segment; file: DiskFile } | undefined;
  head = 0;
  journaled = 0;
  discarded = 0;
  declaredLost = 0;
  readonly notifications = new Map<string, Notification>();
  syncs = 0;
  lastSyncMs = 0;

  constructor(epoch: string, options: EpochOptions) {
    this.epoch = epoch;
    this.#options = options;
    this.dir = join(options.dir, epoch);
  }

  /** Makes an empty epoch. */
  async create(): Promise<void> {
    const { disk, dir } = this.#options;
    await disk.ensureDir(this.dir);
    await disk.syncDir(dir);
    await this.#activeSegment();
  }

  /** Takes up what is on the disk; `undefined` when there is nothing. */
  async recover(start: Start): Promise<{ losses: readonly Loss[]; cutBytes: number } | undefined> {
    const { disk } = this.#options;
    const found = await recoverEpoch(disk, this.dir, start);
    if (!found) return undefined;
    this.segments.push(...found.segments);
    const { head, journaled, discarded, declaredLost } = found;
    Object.assign(this, { head, journaled, discarded, declaredLost });
    for (const [machine, notification] of found.notifications) this.notifications.set(machine, notification);
    const last = this.segments.at(-1);
    if (last && last.last < last.first) this.segments.pop(); // empty: replaced by one of the same name
    await this.#activeSegment().catch((error: unknown) => {
      // What is there can be read and delivered; a segment is made when there is room for the next record.
      if (!isDiskFull(error)) throw error;
    });
    return found;
  }

  /** Oldest sequence on the disk (`head + 1` when there is none), and the samples journaled before it. */
  oldest(): { first: number; samplesBeforeFirst: number } {
    const [segment] = this.segments;
    const { first = this.head + 1, samplesBefore = this.journaled } = segment ?? {};
    return { first, samplesBeforeFirst: samplesBefore };
  }

  get bytes(): number {
    return this.segments.reduce((sum, { length }) => sum + length, 0);
  }

  counters(): JournalCounters {
    const { journaled, discarded, declaredLost } = this;
    return { journaled, discarded, declaredLost };
  }

  /** Appends groups, each atomic; durable when it resolves. When it rejects, nothing was appended. */
  async commit(groups: readonly (readonly NewRecord[])[]): Promise<JournalRecord[]> {
    const active = await this.#activeSegment();
    const frames = this.#framesOf(groups);
    const bytes = Buffer.allocUnsafe(frames.reduce((sum, frame) => sum + frameLength(frame), 0));
    let offset = 0;
    const at = active.segment.length;
    for (const frame of frames) {
      active.segment.note(frame.sequence, at + offset, frame.journaledAtMs);
      offset = writeFrame(bytes, offset, frame);
    }
    try {
      await writeAll(active.file, bytes, at);
      const before = this.#options.clock.monotonic();
      await active.file.sync();
      this.lastSyncMs = this.#options.clock.monotonic() - before;
      this.syncs += 1;
    } catch (error) {
      await this.#abandonActive();
      throw error;
    }
    active.segment.length = at + offset;
    this.#account(active.segment, frames, groups.flat());
    return frames;
  }

  #framesOf(groups: readonly (readonly NewRecord[])[]): FrameFacts[] {
    const frames: FrameFacts[] = [];
    const journaledAtMs = this.#options.clock.now();
    let samplesBefore = this.journaled;
    for (const group of groups) {
      group.forEach((record, i) => {
        const { content } = record;
        const { metrics, checksum } =
          typeof content === 'function' ? content({ ...this.counters(), journaled: samplesBefore }) : content;
        frames.push({
          sequence: this.head + frames.length + 1,
          kind: record.kind,
          machineId: record.machineId,
          catalogueVersion: record.catalogueVersion,
          samples: record.samples,
          metrics,
          checksum,
          journaledAtMs,
          first: i === 0,
          last: i === group.length - 1,
          moved: record.moved === true,
          samplesBefore,
          commitIndex: frames.length,
          notification: record.notification,
        });
        const added = frames.at(-1);
        if (added) samplesBefore += producedBy(added);
      });
    }
    return frames;
  }

  #account(segment: Segment, frames: readonly FrameFacts[], records: readonly NewRecord[]): void {
    for (const frame of frames) {
      this.journaled += producedBy(frame);
      if (frame.kind === 'drop') this.declaredLost += frame.samples;
      if (frame.notification) this.notifications.set(frame.machineId, frame.notification);
    }
    this.head += records.length;
    segment.last = this.head;
  }

  async #activeSegment(): Promise<{ segment: Segment; file: DiskFile }> {
    const { disk, segmentBytes } = this.#options;
    const current = this.#active;
    if (current && (current.segment.length < segmentBytes || current.segment.last < current.segment.first))
      return current;
    await this.seal();
    const made = await Segment.create(disk, this.dir, {
      format: 1,
      epoch: this.epoch,
      first: this.head + 1,
      ...this.counters(),
      notifications: Object.fromEntries(this.notifications),
    });
    this.segments.push(made.segment);
    this.#active = made;
    return made;
  }

  /** Seals the active segment; another one is there, durable, when it resolves. */
  async roll(): Promise<void> {
    await this.seal();
    await this.#activeSegment();
  }

  /** No more goes into the active segment; the next commit begins another. */
  async seal(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    await active?.file.close();
  }

  /**
   * After a failed write or sync the file is not trusted with anything more: cut to what is durable and left, or
   * replaced when it holds nothing. Should the cut fail too, the next segment's first sequence says where this one ends.
   */
  async #abandonActive(): Promise<void> {
    const active = this.#active;
    if (!active) return;
    this.#active = undefined;
    const { segment, file } = active;
    await file.truncate(segment.length).catch(() => {});
    await file.close().catch(() => {});
    if (segment.last >= segment.first) return;
    this.segments.splice(this.segments.indexOf(segment), 1);
    await segment.closeReader();
  }

  /** The segment that holds, or should hold, `sequence`. */
  segmentOf(sequence: number): Segment | undefined {
    return this.segments.findLast(({ first }) => first <= sequence);
  }

  /** Samples journaled before the record `sequence`, as the nearest sound frame before it tells. */
  async samplesBefore(segment: Segment, sequence: number): Promise<number> {
    let before = segment.samplesBefore;
    await segment.eachSound((frame) => {
      if (frame.sequence < sequence) before = frame.samplesBefore + producedBy(frame);
    });
    return before;
  }

  /** What a hole that `damage` tells of has cost. */
  async lossOf(segment: Segment, damage: Damage): Promise<Loss> {
    const following = this.segments[this.segments.indexOf(segment) + 1];
    const end = damage.next?.sequence ?? following?.first ?? this.head + 1;
    const samplesAfter = damage.next?.samplesBefore ?? following?.samplesBefore ?? this.journaled;
    return {
      ranges: [[damage.expected, end - 1]],
      samples: Math.max(0, samplesAfter - (await this.samplesBefore(segment, damage.expected))),
      cause: 'journal-corrupt',
    };
  }

  async remove(segment: Segment): Promise<void> {
    await segment.closeReader();
    await this.#options.disk.unlink(segment.path);
  }

  async close(): Promise<void> {
    await this.seal();
    for (const segment of this.segments) await segment.closeReader();
  }

  async destroy(): Promise<void> {
    await this.close();
    await this.#options.disk.removeDir(this.dir);
  }
}
