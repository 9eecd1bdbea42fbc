import { join } from 'node:path';
import { crc32c } from '#domain/crc32c.ts';
import type { Notification } from './journal.ts';
import { readFully, writeAll, type Disk, type DiskFile } from './disk.ts';
import { claimedLength, findMagic, readFrame, type Frame } from './frame.ts';

/** What a segment's first bytes tell, so that nothing before the segment need be read. */
export interface SegmentHeader {
  readonly format: 1;
  readonly epoch: string;
  /** Sequence of its first record. */
  readonly first: number;
  readonly journaled: number;
  readonly discarded: number;
  readonly declaredLost: number;
  readonly notifications: Readonly<Record<string, Notification>>;
}

const MAGIC = Buffer.from('BRSTJRNL');
const FILE_NAME = /^(\d{16})\.seg$/;
const INDEX_STEP_BYTES = 32 * 1024;
const READ_BYTES = 256 * 1024;

export const segmentName = (first: number): string => `${String(first).padStart(16, '0')}.seg`;

export function firstOfName(name: string): number | undefined {
  const match = FILE_NAME.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** magic, u32 length, u32 CRC32C, JSON. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.alloc(16 + json.length);
  bytes.set(MAGIC, 0);
  bytes.writeUInt32LE(json.length, 8);
  bytes.writeUInt32LE(crc32c(json), 12);
  bytes.set(json, 16);
  return bytes;
}

/** `undefined` when the file does not begin with a sound header. */
export async function readSegmentHeader(
  file: DiskFile,
): Promise<{ header: SegmentHeader; end: number } | undefined> {
  const head = Buffer.alloc(16);
  if ((await readFully(file, head, 0)) < 16 || !head.subarray(0, 8).equals(MAGIC)) return undefined;
  const length = head.readUInt32LE(8);
  if (length > (await file.size())) return undefined;
  const json = Buffer.alloc(length);
  if ((await readFully(file, json, 16)) < length || crc32c(json) !== head.readUInt32LE(12)) return undefined;
  const header = JSON.parse(json.toString('utf8')) as SegmentHeader; // made by encodeSegmentHeader: its CRC says so
  return { header, end: 16 + length };
}

export interface Damage {
  /** First sequence that could not be read. */
  readonly expected: number;
  /** The next sound frame in the file; `undefined` when there is none. */
  readonly next: Frame | undefined;
}

/** One file of the journal: a header and frames of contiguous sequences. */
export class Segment {
  readonly first: number;
  readonly path: string;
  readonly #disk: Disk;
  readonly headerEnd: number;
  /** Samples journaled before its first record. */
  readonly samplesBefore: number;
  /** Durable bytes. */
  length: number;
  /** Newest durable sequence in it; `first - 1` when it has none. Of a sealed one: what the next segment's first says. */
  last: number;
  #reader: DiskFile | undefined;
  /** Sparse: places of some records, ascending. */
  readonly #indexSequence: number[];
  readonly #indexOffset: number[];
  readonly #indexTimeMs: number[] = [NaN];

  constructor(disk: Disk, dir: string, header: SegmentHeader, sizes: { headerEnd: number; length: number }) {
    this.#disk = disk;
    this.first = header.first;
    this.path = join(dir, segmentName(header.first));
    this.samplesBefore = header.journaled;
    this.headerEnd = sizes.headerEnd;
    this.length = sizes.length;
    this.last = header.first - 1;
    this.#indexSequence = [header.first];
    this.#indexOffset = [sizes.headerEnd];
  }

  /** Makes the file with its header, durable, name included; takes the place of an empty one of the same name. */
  static async create(
    disk: Disk,
    dir: string,
    header: SegmentHeader,
  ): Promise<{ segment: Segment; file: DiskFile }> {
    const bytes = encodeSegmentHeader(header);
    const path = join(dir, segmentName(header.first));
    const file = await disk.open(`${path}.new`, 'create');
    try {
      await writeAll(file, bytes, 0);
      await file.sync();
      await disk.rename(`${path}.new`, path);
      await disk.syncDir(dir);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
    return {
      segment: new Segment(disk, dir, header, { headerEnd: bytes.length, length: bytes.length }),
      file,
    };
  }

  /** Remembers where a record begins. */
  note(sequence: number, offset: number, timeMs: number): void {
    const at = this.#indexOffset.length - 1;
    if (Number.isNaN(this.#indexTimeMs[0])) this.#indexTimeMs[0] = timeMs;
    if (offset < (this.#indexOffset[at] ?? 0) + INDEX_STEP_BYTES) return;
    this.#indexSequence.push(sequence);
    this.#indexOffset.push(offset);
    this.#indexTimeMs.push(timeMs);
  }

  /** When the record `sequence` was journaled, at the latest of the index's entries before it; ms since 1970. */
  timeMsOf(sequence: number): number | undefined {
    const timeMs = this.#indexTimeMs[this.#indexAt(sequence)];
    return timeMs === undefined || Number.isNaN(timeMs) ? undefined : timeMs;
  }

  #indexAt(sequence: number): number {
    let low = 0;
    let high = this.#indexSequence.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#indexSequence[middle] ?? Infinity) <= sequence) low = middle;
      else high = middle;
    }
    return low;
  }

  /**
   * Frames with a sequence in `from..to`, at most about `maxBytes`; stops at damage and tells it. `metrics` are
   * views of a buffer of this call's own.
   */
  async read(
    from: number,
    to: number,
    maxBytes: number,
  ): Promise<{ frames: Frame[]; damage: Damage | undefined }> {
    const at = this.#indexAt(from);
    let offset = this.#indexOffset[at] ?? this.headerEnd;
    let expected = this.#indexSequence[at] ?? this.first;
    const frames: Frame[] = [];
    let taken = 0;
    while (expected <= to && taken < maxBytes) {
      const chunk = await this.#chunk(offset);
      let local = 0;
      while (expected <= to && taken < maxBytes) {
        const frame = readFrame(chunk, local);
        if (frame === undefined || frame.sequence !== expected) break;
        this.note(expected, offset + local, frame.journaledAtMs);
        if (expected >= from) {
          frames.push(frame);
          taken += frame.length;
        }
        expected += 1;
        local += frame.length;
      }
      if (local === 0) {
        const damage =
          expected <= to ? { expected, next: await this.findSound(offset + 1, expected) } : undefined;
        return { frames, damage };
      }
      offset += local;
    }
    return { frames, damage: undefined };
  }

  /** Bytes from `offset` on that hold one whole frame at least, if there is one. */
  async #chunk(offset: number): Promise<Buffer> {
    const file = await this.#open();
    const left = this.length - offset;
    let chunk = Buffer.allocUnsafe(Math.max(0, Math.min(READ_BYTES, left)));
    chunk = chunk.subarray(0, await readFully(file, chunk, offset));
    const claimed = claimedLength(chunk, 0);
    if (claimed > chunk.length && claimed <= left) {
      chunk = Buffer.allocUnsafe(claimed);
      chunk = chunk.subarray(0, await readFully(file, chunk, offset));
    }
    return chunk;
  }

  /** The next sound frame at or after `offset` with a sequence above `above`. */
  async findSound(offset: number, above: number): Promise<Frame | undefined> {
    const file = await this.#open();
    const rest = Buffer.allocUnsafe(Math.max(0, this.length - offset));
    const bytes = rest.subarray(0, await readFully(file, rest, offset));
    for (let at = findMagic(bytes, 0); at >= 0; at = findMagic(bytes, at + 1)) {
      const frame = readFrame(bytes, at);
      if (!frame || frame.sequence <= above) continue;
      this.#indexAdd(frame.sequence, offset + at, frame.journaledAtMs);
      return frame;
    }
    return undefined;
  }

  #indexAdd(sequence: number, offset: number, timeMs: number): void {
    if ((this.#indexSequence.at(-1) ?? 0) >= sequence) return;
    this.#indexSequence.push(sequence);
    this.#indexOffset.push(offset);
    this.#indexTimeMs.push(timeMs);
  }

  /** Every sound frame of the file, also behind damage. The slow way, for accounting of a loss. */
  async eachSound(visit: (frame: Frame) => void): Promise<void> {
    const file = await this.#open();
    const bytes = Buffer.allocUnsafe(this.length);
    const whole = bytes.subarray(0, await readFully(file, bytes, 0));
    let at = this.headerEnd;
    while (at >= 0) {
      const frame = readFrame(whole, at);
      if (frame) visit(frame);
      at = findMagic(whole, frame ? at + frame.length : at + 1);
    }
  }

  async #open(): Promise<DiskFile> {
    this.#reader ??= await this.#disk.open(this.path, 'read');
    return this.#reader;
  }

  async closeReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.close();
  }
}
