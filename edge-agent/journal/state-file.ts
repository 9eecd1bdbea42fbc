import { join } from 'node:path';
import { z } from 'zod';
import { crc32c } from '#domain/crc32c.ts';
import { epochSchema, sequenceRangeSchema } from '#contracts/delivery.ts';
import { StartError } from '#platform/errors.ts';
import { writeAll, type Disk, type DiskFile } from './disk.ts';

/** A loss that is to be declared by the record `sequence`; written before what is lost goes. */
const dropIntent = z.preprocess(
  withRanges,
  z.object({
    sequence: z.int().min(1),
    ranges: z.array(sequenceRangeSchema).min(1),
    samples: z.int().min(0),
    cause: z.string(),
    /** Nothing goes before that record is written: without it there is nothing to declare. */
    onlyWithRecord: z.boolean().optional(),
  }),
);

/** The first agents wrote one range. */
function withRanges(intent: unknown): unknown {
  const isOld = typeof intent === 'object' && intent !== null && 'sequences' in intent;
  return isOld ? { ...intent, ranges: [intent.sequences] } : intent;
}
export type DropIntent = z.infer<typeof dropIntent>;

const stateSchema = z.object({
  format: z.literal(1),
  /** Counts up with each write: the greater sound slot is the state. */
  revision: z.int().min(1),
  epoch: epochSchema,
  /** Oldest sequence that matters; segments wholly before it may be unlinked. */
  start: z.int().min(1),
  /** Samples journaled before `start`. */
  samplesBeforeStart: z.int().min(0),
  /** Sparkplug's birth-death number of the last CONNECT. */
  bdSeq: z.int().min(-1),
  /** Store that acknowledged last. */
  storeId: z.string().nullable(),
  /** Head at the first start since the store last agreed; null = it agreed since the last start. */
  unconfirmedHead: z.int().min(0).nullable(),
  intents: z.array(dropIntent).max(8),
});
export type JournalState = z.infer<typeof stateSchema>;

/** Of an epoch that has nothing behind it yet. */
export const BEGIN = { start: 1, samplesBeforeStart: 0, intents: [] } satisfies Partial<JournalState>;

const SLOT_BYTES = 4096;

/**
 * Small facts that must survive together, in a file of two slots written in turn and in place: after a crash one of
 * them is sound, and a full disk cannot refuse the write. Slot: u32 length, u32 CRC32C, JSON.
 */
export class StateFile {
  readonly #disk: Disk;
  readonly #dir: string;
  #file: DiskFile | undefined;
  #state: JournalState | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  /** Reads the state, or makes it with `epoch`. @throws StartError */
  async open(epoch: string): Promise<JournalState> {
    const path = join(this.#dir, 'state');
    const found = await this.#disk.readFile(path);
    if (found && found.length >= SLOT_BYTES) {
      this.#state = this.#newest(found);
      this.#file = await this.#disk.open(path, 'write');
      if (this.#state) return this.#state;
    }
    if ((await this.#disk.list(this.#dir)).some((name) => /^[0-9a-f]{16}$/.test(name))) {
      throw new StartError(
        'JOURNAL_STATE_LOST',
        `the journal in ${this.#dir} has records but its state file is unreadable`,
        'the disk; restore the folder from a backup, or move it away to begin a new journal',
      );
    }
    await this.#file?.close();
    await this.#make(path, epoch);
    return this.current;
  }

  async #make(path: string, epoch: string): Promise<void> {
    const file = await this.#disk.open(path, 'create');
    this.#file = file;
    await writeAll(file, new Uint8Array(2 * SLOT_BYTES), 0);
    await this.update({
      format: 1,
      epoch,
      ...BEGIN,
      bdSeq: -1,
      storeId: null,
      unconfirmedHead: null,
    });
    await this.#disk.syncDir(this.#dir);
  }

  #newest(bytes: Uint8Array): JournalState | undefined {
    const slots = [readSlot(bytes, 0), readSlot(bytes, SLOT_BYTES)].filter((slot) => slot !== undefined);
    return slots.sort((a, b) => b.revision - a.revision)[0];
  }

  get current(): JournalState {
    if (!this.#state) throw new Error('the state file is not open');
    return this.#state;
  }

  /** Durable when it resolves; updates are written in the order of the calls. */
  update(change: Partial<JournalState>): Promise<void> {
    const write = this.#writing.then(() => this.#write(change));
    this.#writing = write.catch(() => {});
    return write;
  }

  async #write(change: Partial<JournalState>): Promise<void> {
    const file = this.#file;
    if (!file) throw new Error('the state file is not open');
    const revision = (this.#state?.revision ?? 0) + 1;
    const next = stateSchema.parse({ ...this.#state, ...change, revision });
    const json = Buffer.from(JSON.stringify(next));
    const slot = Buffer.alloc(SLOT_BYTES);
    if (json.length + 8 > SLOT_BYTES) throw new Error('the state does not fit its slot');
    slot.writeUInt32LE(json.length, 0);
    slot.writeUInt32LE(crc32c(json), 4);
    slot.set(json, 8);
    await writeAll(file, slot, (revision % 2) * SLOT_BYTES);
    await file.sync();
    this.#state = next;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }
}

function readSlot(bytes: Uint8Array, at: number): JournalState | undefined {
  const slot = Buffer.from(
    bytes.buffer,
    bytes.byteOffset + at,
    Math.max(0, Math.min(SLOT_BYTES, bytes.length - at)),
  );
  if (slot.length < SLOT_BYTES) return undefined;
  const length = slot.readUInt32LE(0);
  if (length === 0 || length + 8 > SLOT_BYTES) return undefined;
  const json = slot.subarray(8, 8 + length);
  if (crc32c(json) !== slot.readUInt32LE(4)) return undefined;
  const parsed = stateSchema.safeParse(JSON.parse(json.toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new StartError(
    'JOURNAL_FORMAT',
    'the journal was written by another version of the agent',
    'that the agent is not older than the journal',
  );
}
