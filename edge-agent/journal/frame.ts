/**
 * One record on disk. Little-endian:
 *
 *     0  u32  magic                          32  f64  journaled at, ms since 1970
 *     4  u32  length of the whole frame      40  u32  samples in the record
 *     8  u32  CRC32C of bytes 12..length     44  u32  catalogue version
 *    12  u8   kind                           48  u32  CRC32C of the metrics (travels on the wire)
 *    13  u8   flags: 1 first, 2 last of      52  u32  subscription id of the Publish response, 0 = none
 *             its group, 4 moved             56  u32  notification's sequence number
 *    14  u8   length of the machine's id     60  u32  index within the group commit: the records before
 *    15  u8   0                                       `sequence - index` were durable when this was written
 *    16  u64  sequence                       64       machine's id, then the metrics
 *    24  u64  samples journaled before
 */
import { crc32c } from '#domain/crc32c.ts';
import { RECORD_KINDS } from '#contracts/delivery.ts';
import type { JournalRecord, Notification } from './journal.ts';

export const FRAME_HEADER_BYTES = 64;
export const FRAME_MAGIC = 0x314c4a42; // "BJL1"
export const FRAME_MAGIC_BYTES = Uint8Array.of(0x42, 0x4a, 0x4c, 0x31);
/** Longer than any record can be: a greater length is damage. */
export const FRAME_MAX_BYTES = 64 * 1024 * 1024;

const FIRST = 1;
const LAST = 2;
const MOVED = 4;

export interface FrameFacts extends JournalRecord {
  readonly first: boolean;
  readonly last: boolean;
  /** Its samples were counted before, under another sequence. */
  readonly moved: boolean;
  readonly samplesBefore: number;
  readonly commitIndex: number;
  readonly notification: Notification | undefined;
}

export interface Frame extends FrameFacts {
  readonly length: number;
}

export const frameLength = (record: { machineId: string; metrics: Uint8Array }): number =>
  FRAME_HEADER_BYTES + record.machineId.length + record.metrics.length;

/** Writes the frame at `offset` of `into` (which has room for {@link frameLength}); answers the next offset. */
export function writeFrame(into: Buffer, offset: number, frame: FrameFacts): number {
  const length = frameLength(frame);
  into.writeUInt32LE(FRAME_MAGIC, offset);
  into.writeUInt32LE(length, offset + 4);
  into[offset + 12] = RECORD_KINDS.indexOf(frame.kind);
  into[offset + 13] = (frame.first ? FIRST : 0) | (frame.last ? LAST : 0) | (frame.moved ? MOVED : 0);
  into[offset + 14] = frame.machineId.length;
  into[offset + 15] = 0;
  writeU64(into, offset + 16, frame.sequence);
  writeU64(into, offset + 24, frame.samplesBefore);
  into.writeDoubleLE(frame.journaledAtMs, offset + 32);
  into.writeUInt32LE(frame.samples, offset + 40);
  into.writeUInt32LE(frame.catalogueVersion, offset + 44);
  into.writeUInt32LE(frame.checksum, offset + 48);
  into.writeUInt32LE(frame.notification?.subscriptionId ?? 0, offset + 52);
  into.writeUInt32LE(frame.notification?.sequence ?? 0, offset + 56);
  into.writeUInt32LE(frame.commitIndex, offset + 60);
  into.write(frame.machineId, offset + FRAME_HEADER_BYTES, 'latin1');
  into.set(frame.metrics, offset + FRAME_HEADER_BYTES + frame.machineId.length);
  into.writeUInt32LE(crc32c(into.subarray(offset + 12, offset + length)), offset + 8);
  return offset + length;
}

/** Length that a frame at `offset` claims; 0 when no frame can begin there. Needs 8 bytes. */
export function claimedLength(bytes: Buffer, offset: number): number {
  if (bytes.length - offset < 8 || bytes.readUInt32LE(offset) !== FRAME_MAGIC) return 0;
  const length = bytes.readUInt32LE(offset + 4);
  return length < FRAME_HEADER_BYTES || length > FRAME_MAX_BYTES ? 0 : length;
}

/** The frame at `offset`; `undefined` when it is not whole and sound. `metrics` is a view of `bytes`. */
export function readFrame(bytes: Buffer, offset: number): Frame | undefined {
  const length = claimedLength(bytes, offset);
  if (length === 0 || offset + length > bytes.length) return undefined;
  if (bytes.readUInt32LE(offset + 8) !== crc32c(bytes.subarray(offset + 12, offset + length)))
    return undefined;
  const kind = RECORD_KINDS[bytes[offset + 12] ?? 255];
  const idLength = bytes[offset + 14] ?? 0;
  const flags = bytes[offset + 13] ?? 0;
  if (kind === undefined || FRAME_HEADER_BYTES + idLength > length) return undefined;
  const subscriptionId = bytes.readUInt32LE(offset + 52);
  const bodyAt = offset + FRAME_HEADER_BYTES + idLength;
  return {
    length,
    kind,
    first: (flags & FIRST) !== 0,
    last: (flags & LAST) !== 0,
    moved: (flags & MOVED) !== 0,
    machineId: bytes.toString('latin1', offset + FRAME_HEADER_BYTES, bodyAt),
    sequence: readU64(bytes, offset + 16),
    samplesBefore: readU64(bytes, offset + 24),
    journaledAtMs: bytes.readDoubleLE(offset + 32),
    samples: bytes.readUInt32LE(offset + 40),
    catalogueVersion: bytes.readUInt32LE(offset + 44),
    checksum: bytes.readUInt32LE(offset + 48),
    notification:
      subscriptionId === 0 ? undefined : { subscriptionId, sequence: bytes.readUInt32LE(offset + 56) },
    commitIndex: bytes.readUInt32LE(offset + 60),
    metrics: bytes.subarray(bodyAt, offset + length),
  };
}

/** Offset of the next place at or after `offset` that looks like a frame; -1 when there is none. */
export const findMagic = (bytes: Buffer, offset: number): number => bytes.indexOf(FRAME_MAGIC_BYTES, offset);

/** Samples that a frame adds to what was produced. */
export const producedBy = ({ kind, moved, samples }: FrameFacts): number =>
  kind === 'samples' && !moved ? samples : 0;

function writeU64(into: Buffer, offset: number, value: number): void {
  into.writeUInt32LE(value % 0x100000000, offset);
  into.writeUInt32LE(Math.floor(value / 0x100000000), offset + 4);
}

const readU64 = (bytes: Buffer, offset: number): number =>
  bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 0x100000000;
