import type { SequenceRanges } from '#domain/sequence-ranges.ts';
import { JOURNAL_FULL, type DiskGuard } from './disk-guard.ts';
import type { EpochFiles } from './epoch-files.ts';
import type { JournalOptions } from './journal-options.ts';
import type { JournalReader } from './journal-reader.ts';
import type { JournalRecord, NewRecord } from './journal.ts';
import { contentOf, dropRecords, intentsOf, type Loss, type SegmentContent } from './losses.ts';
import type { Segment } from './segment.ts';
import type { StateFile } from './state-file.ts';

/** What the room maker needs of its journal. Files, reader and acknowledgements change with the epoch. */
export interface RoomMakerPorts {
  readonly options: JournalOptions;
  readonly guard: DiskGuard;
  readonly state: StateFile;
  readonly files: () => EpochFiles;
  readonly reader: () => JournalReader;
  readonly acknowledged: () => SequenceRanges;
  /** Whether a store may have the record without our knowing. */
  readonly maybeStored: (sequence: number) => boolean;
  readonly announce: (records: readonly JournalRecord[]) => void;
  /** Writes the drop records whose intents are in the state file. */
  readonly declareIntended: (losses: readonly Loss[]) => Promise<void>;
}

/** Keeps the journal within its bound, by its policy: blocks, makes the oldest records fewer, or gives them up. */
export class RoomMaker {
  readonly #ports: RoomMakerPorts;
  #isFull = false;
  #givenUp: Segment | undefined;

  constructor(ports: RoomMakerPorts) {
    this.#ports = ports;
  }

  /** A sentence while there is no room. */
  get problem(): string | undefined {
    return this.#isFull ? JOURNAL_FULL : undefined;
  }

  /** Whether the record is being given up at this moment: what is kept of it goes out under another sequence. */
  givesUp(sequence: number): boolean {
    const segment = this.#givenUp;
    return segment !== undefined && sequence >= segment.first && sequence <= segment.last;
  }

  /** Whether samples may be written; makes room where the policy says so. */
  async hasRoom(): Promise<boolean> {
    const { options, guard } = this.#ports;
    const { maxBytes, whenFull, segmentBytes, reserveBytes, log } = options;
    if (!(await guard.takesSamples())) return false;
    const files = this.#ports.files();
    const limit = maxBytes - reserveBytes;
    const tries = whenFull === 'block' ? 0 : files.segments.length;
    for (let i = 0; i < tries && files.bytes + segmentBytes / 4 > limit; i += 1)
      if (!(await this.#giveUpOldest())) break;
    const isFull = files.bytes > limit;
    if (isFull && !this.#isFull) log.warn({ bytes: files.bytes }, JOURNAL_FULL);
    this.#isFull = isFull;
    return !isFull;
  }

  /** False when there is none to give up. */
  async #giveUpOldest(): Promise<boolean> {
    const files = this.#ports.files();
    const oldest = files.segments[0];
    if (!oldest || oldest.last < oldest.first) return false;
    if (files.segments.length === 1) await files.roll(); // one segment must always be there: it tells the head
    this.#givenUp = oldest; // before anything is read: what is sent from now on could be stored twice
    try {
      const content = await contentOf(oldest, this.#ports.acknowledged());
      const kept = this.#fewerOf(content);
      if (kept.length > 0) await this.#thin(oldest, content, kept);
      else await this.#drop(oldest, content);
    } finally {
      this.#givenUp = undefined;
    }
    return true;
  }

  /** What is kept of a segment; nothing when the policy, or what it holds, does not allow it. */
  #fewerOf({ sampleRecords }: SegmentContent): readonly NewRecord[] {
    const { options, maybeStored } = this.#ports;
    if (options.whenFull !== 'thin' || !options.thin) return [];
    return options.thin(sampleRecords.filter(({ sequence }) => !maybeStored(sequence)));
  }

  /**
   * The declaration and what is kept are one atomic group: whatever happens, either the segment's records go out, or they
   * do. Its place is told to the state file before, so that a restart knows which of the two it is.
   */
  async #thin(oldest: Segment, content: SegmentContent, kept: readonly NewRecord[]): Promise<void> {
    const { state, announce, acknowledged, options } = this.#ports;
    const files = this.#ports.files();
    const keptSamples = kept.reduce((sum, { samples }) => sum + samples, 0);
    const { ranges, declared, carried } = content;
    const samples = content.samples - keptSamples;
    const losses = [...declared, { ranges, samples, cause: 'journal-thinned' }];
    const upTo = files.head + losses.length + carried.length + kept.length;
    options.log.error(
      { records: [oldest.first, oldest.last], samples, keptSamples },
      'journal full: the oldest records are made fewer',
    );
    const intents = intentsOf(losses, files.head + 1).map((intent) => ({ ...intent, onlyWithRecord: true }));
    await state.update({ intents });
    const moved = { samples: keptSamples, upTo };
    announce(await files.commit([[...dropRecords(losses, moved), ...carried, ...kept]]));
    for (const range of ranges) {
      acknowledged().add(...range);
      this.#ports.reader().holes.add(...range);
    }
    await state.update({ ...this.#startBehind(oldest), intents: [] });
    await this.#remove(oldest);
  }

  /** Gives the segment up and declares its loss. */
  async #drop(oldest: Segment, { ranges, samples, declared, carried }: SegmentContent): Promise<void> {
    const { state, announce, declareIntended, options } = this.#ports;
    const files = this.#ports.files();
    const losses: Loss[] = [...declared];
    if (ranges.length > 0) losses.push({ ranges, samples, cause: 'journal-full' });
    if (carried.length > 0) announce(await files.commit([carried]));
    if (losses.length > 0) options.log.error({ losses }, 'journal full: the oldest records are given up');
    await state.update({ ...this.#startBehind(oldest), intents: intentsOf(losses, files.head + 1) });
    await this.#remove(oldest);
    await declareIntended(losses);
    this.#ports.acknowledged().add(1, oldest.last);
  }

  #startBehind({ last }: Segment): { start: number; samplesBeforeStart: number } {
    const { segments, journaled } = this.#ports.files();
    return { start: last + 1, samplesBeforeStart: segments[1]?.samplesBefore ?? journaled };
  }

  async #remove(oldest: Segment): Promise<void> {
    const files = this.#ports.files();
    files.segments.shift();
    this.#ports.reader().holes.add(oldest.first, oldest.last);
    await files.remove(oldest).catch(() => {}); // a file before the start is no harm
  }
}
