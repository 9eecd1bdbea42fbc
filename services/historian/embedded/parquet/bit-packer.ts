import type { ByteWriter } from '../../byte-writer.ts';

const PIECE_BITS = 24;
const PIECE = 2 ** PIECE_BITS;

/** Packs numbers below 2^53 into bits, the lowest first. */
export class BitPacker {
  readonly #out: ByteWriter;
  #bits = 0;
  #pending = 0;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  put(value: number, width: number): void {
    let rest = value;
    let left = width;
    while (left > PIECE_BITS) {
      const high = Math.floor(rest / PIECE);
      this.#putPiece(rest - high * PIECE, PIECE_BITS);
      rest = high;
      left -= PIECE_BITS;
    }
    this.#putPiece(rest, left);
  }

  #putPiece(value: number, width: number): void {
    this.#bits |= value << this.#pending;
    this.#pending += width;
    while (this.#pending >= 8) {
      this.#out.byte(this.#bits & 0xff);
      this.#bits >>>= 8;
      this.#pending -= 8;
    }
  }

  /** Fills the last byte. */
  end(): void {
    if (this.#pending > 0) this.#out.byte(this.#bits & 0xff);
    this.#bits = 0;
    this.#pending = 0;
  }
}

/** Bits of the largest value. */
export const bitWidth = (largest: number): number =>
  largest > 0xffffffff ? 64 - Math.clz32(Math.floor(largest / 2 ** 32)) : 32 - Math.clz32(largest);

/** Runs shorter than this are cheaper among the packed groups of eight. */
const MIN_RUN = 16;

/** Parquet's hybrid of runs and packed groups (Encodings.md, RLE = 3), without a length in front. */
export function writeHybrid(
  out: ByteWriter,
  values: Uint16Array | Uint8Array,
  count: number,
  width: number,
): void {
  let packedFrom = 0;
  let i = 0;
  while (i < count) {
    const value = values[i];
    let end = i + 1;
    while (end < count && values[end] === value) end += 1;
    if (end - i < MIN_RUN) {
      i = end;
      continue;
    }
    // The packed group before it is filled up from the run.
    const from = i + ((8 - ((i - packedFrom) % 8)) % 8);
    writePacked(out, values, { from: packedFrom, to: from, width });
    out.varint((end - from) * 2);
    out.uint(value ?? 0, Math.ceil(width / 8));
    i = end;
    packedFrom = end;
  }
  writePacked(out, values, { from: packedFrom, to: count, width });
}

function writePacked(
  out: ByteWriter,
  values: Uint16Array | Uint8Array,
  part: { readonly from: number; readonly to: number; readonly width: number },
): void {
  const { from, to, width } = part;
  if (to <= from) return;
  const groups = Math.ceil((to - from) / 8);
  out.varint(groups * 2 + 1);
  out.reserve(groups * width);
  const packer = new BitPacker(out);
  for (let i = from; i < to; i += 1) packer.put(values[i] ?? 0, width);
  for (let i = to - from; i < groups * 8; i += 1) packer.put(0, width);
  packer.end();
}
