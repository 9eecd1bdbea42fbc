/** The encodings of Parquet (apache/parquet-format, Encodings.md) that sealed columns use. */
import { ByteWriter } from '../../byte-writer.ts';
import { BitPacker, bitWidth, writeHybrid } from './bit-packer.ts';
import type { Dictionary } from './value-dictionary.ts';

/** Numbers of the format. */
export const Encoding = { plain: 0, rle: 3, delta: 5, dictionary: 8, byteStreamSplit: 9 } as const;
export type Encoding = (typeof Encoding)[keyof typeof Encoding];

/** Places in a dictionary: their width in a byte, then runs and packed groups. */
export function encodePlaces({ index, distinct }: Dictionary): Uint8Array {
  const out = new ByteWriter();
  const width = Math.max(1, bitWidth(Math.max(0, distinct - 1)));
  out.byte(width);
  writeHybrid(out, index, index.length, width);
  return out.bytes;
}

/** Which rows have a value: runs of one bit each, their length (4 bytes) in front. */
export function encodePresence(present: Uint8Array, count: number): Uint8Array {
  const out = new ByteWriter();
  writeHybrid(out, present, count, 1);
  const bytes = new Uint8Array(out.length + 4);
  new DataView(bytes.buffer).setUint32(0, out.length, true);
  bytes.set(out.bytes, 4);
  return bytes;
}

const BLOCK = 128;
const MINI = 32;
/** Differences beyond this are not exact in doubles once the smallest is taken off them. */
const LIMIT = 2 ** 51;

/** DELTA_BINARY_PACKED of int32 (1 word) or int64 (2 words); `undefined` when a difference is too large for it. */
export function encodeDelta(values: Uint32Array, count: number, words: 1 | 2): Uint8Array | undefined {
  const out = new ByteWriter();
  out.varint(BLOCK);
  out.varint(BLOCK / MINI);
  out.varint(count);
  const low = values[0] ?? 0;
  const first = words === 1 ? BigInt(low | 0) : (BigInt((values[1] ?? 0) | 0) << 32n) | BigInt(low);
  bigZigzag(out, count === 0 ? 0n : first);
  const deltas = new Float64Array(BLOCK);
  for (let at = 1; at < count; at += BLOCK) {
    const inBlock = Math.min(BLOCK, count - at);
    for (let i = 0; i < inBlock; i += 1) {
      const delta = differenceAt(values, at + i, words);
      if (!(Math.abs(delta) < LIMIT)) return undefined;
      deltas[i] = delta;
    }
    writeBlock(out, deltas, inBlock);
  }
  return out.bytes;
}

function differenceAt(values: Uint32Array, i: number, words: 1 | 2): number {
  if (words === 1) return ((values[i] ?? 0) | 0) - ((values[i - 1] ?? 0) | 0);
  const high = ((values[2 * i + 1] ?? 0) | 0) - ((values[2 * i - 1] ?? 0) | 0);
  return high * 2 ** 32 + ((values[2 * i] ?? 0) - (values[2 * i - 2] ?? 0));
}

function writeBlock(out: ByteWriter, deltas: Float64Array, count: number): void {
  let min = deltas[0] ?? 0;
  for (let i = 1; i < count; i += 1) min = Math.min(min, deltas[i] ?? 0);
  out.zigzag(min);
  const widths = [0, 0, 0, 0];
  for (let mini = 0; mini < 4; mini += 1) {
    let max = 0;
    for (let i = mini * MINI; i < Math.min(count, (mini + 1) * MINI); i += 1)
      max = Math.max(max, (deltas[i] ?? 0) - min);
    widths[mini] = bitWidth(max);
    out.byte(widths[mini] ?? 0);
  }
  const packer = new BitPacker(out);
  for (let mini = 0; mini * MINI < count; mini += 1) {
    const width = widths[mini] ?? 0;
    if (width === 0) continue;
    out.reserve(width * 4);
    for (let i = mini * MINI; i < (mini + 1) * MINI; i += 1)
      packer.put(i < count ? (deltas[i] ?? 0) - min : 0, width);
    packer.end();
  }
}

function bigZigzag(out: ByteWriter, value: bigint): void {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  while (rest > 0x7fn) {
    out.byte(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.byte(Number(rest));
}

/** BYTE_STREAM_SPLIT of 8-byte values: all first bytes, all second bytes, ... */
export function encodeByteStreams(values: Uint32Array, count: number): Uint8Array {
  const from = new Uint8Array(values.buffer, values.byteOffset, count * 8);
  const out = new Uint8Array(count * 8);
  for (let byte = 0; byte < 8; byte += 1)
    for (let i = 0; i < count; i += 1) out[byte * count + i] = from[i * 8 + byte] ?? 0;
  return out;
}
