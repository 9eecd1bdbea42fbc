/** Protocol-buffer primitives: just what Sparkplug B payloads need. */

/** A payload that is not well-formed; `offset` in bytes. */
export class MalformedPayloadError extends Error {
  override readonly name = 'MalformedPayloadError';
  readonly code = 'SPARKPLUG_MALFORMED';
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(`${problem} at byte ${offset}`);
    this.offset = offset;
  }
}

export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** What four bytes of a varint hold: the most that 32-bit arithmetic handles at once. */
const FOUR_SEPTETS = 0x10000000;

function writeFourSeptets(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value & 0x7f) | 0x80;
  bytes[at + 1] = ((value >>> 7) & 0x7f) | 0x80;
  bytes[at + 2] = ((value >>> 14) & 0x7f) | 0x80;
  bytes[at + 3] = ((value >>> 21) & 0x7f) | 0x80;
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true });

/** Growing buffer; `finish()` copies out. One instance may be reused by `reset()`. */
export class WireWriter {
  bytes: Uint8Array;
  #view: DataView;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  reset(): this {
    this.length = 0;
    return this;
  }

  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    bigger.set(this.bytes.subarray(0, this.length));
    this.bytes = bigger;
    this.#view = new DataView(bigger.buffer);
  }

  /** Non-negative safe integer. */
  varint(value: number): void {
    this.reserve(10);
    const { bytes } = this;
    let at = this.length;
    let rest = value;
    if (rest >= FOUR_SEPTETS) {
      const high = Math.floor(rest / FOUR_SEPTETS);
      writeFourSeptets(bytes, at, rest - high * FOUR_SEPTETS);
      at += 4;
      rest = high;
    }
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** Any 64-bit pattern. */
  varint64(value: bigint): void {
    this.varintWords(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
  }

  /** A 64-bit pattern given as two unsigned 32-bit words: no BigInt on the way of a sample. */
  varintWords(low: number, high: number): void {
    this.reserve(10);
    const { bytes } = this;
    const middle = ((low >>> 28) | (high << 4)) & 0xfffffff;
    const top = high >>> 24;
    let rest = low & 0xfffffff;
    if (middle !== 0 || top !== 0) {
      writeFourSeptets(bytes, this.length, rest);
      this.length += 4;
      rest = middle;
      if (top !== 0) {
        writeFourSeptets(bytes, this.length, rest);
        this.length += 4;
        rest = top;
      }
    }
    while (rest >= 0x80) {
      bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.length++] = rest;
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  double(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  float(value: number): void {
    this.reserve(4);
    this.#view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  lengthPrefixed(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  string(text: string): void {
    this.lengthPrefixed(textEncoder.encode(text));
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

/** Reader over a part of a buffer; every read is bounds-checked. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  offset: number;
  end: number;
  /** The last varint's words, unsigned. */
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = start;
    this.end = end;
  }

  /** A varint as a number; beyond 2^53 the low digits are lost: use {@link varint64} where they count. */
  varint(): number {
    const byte = this.bytes[this.offset] ?? 0;
    if (byte < 0x80 && this.offset < this.end) {
      this.offset += 1;
      return byte;
    }
    this.varintWords();
    return this.high * 0x100000000 + this.low;
  }

  varint64(): bigint {
    this.varintWords();
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /** Reads a varint into {@link low} and {@link high}; what is above 64 bits is cut. */
  varintWords(): void {
    const { bytes, end } = this;
    let at = this.offset;
    let byte = 0x80;
    let first = 0;
    for (let shift = 0; byte >= 0x80 && shift < 28; shift += 7) {
      byte = at < end ? (bytes[at++] ?? 0) : this.#cutOff();
      first |= (byte & 0x7f) << shift;
    }
    let second = 0;
    for (let shift = 0; byte >= 0x80 && shift < 28; shift += 7) {
      byte = at < end ? (bytes[at++] ?? 0) : this.#cutOff();
      second |= (byte & 0x7f) << shift;
    }
    let third = 0;
    for (let shift = 0; byte >= 0x80 && shift < 14; shift += 7) {
      byte = at < end ? (bytes[at++] ?? 0) : this.#cutOff();
      third |= (byte & 0x7f) << shift;
    }
    if (byte >= 0x80) throw new MalformedPayloadError('number longer than 64 bits', at);
    this.offset = at;
    this.low = (first | (second << 28)) >>> 0;
    this.high = ((second >>> 4) | (third << 24)) >>> 0;
  }

  #cutOff(): never {
    throw new MalformedPayloadError('number cut off', this.offset);
  }

  double(): number {
    this.#need(8);
    const value = this.#view.getFloat64(this.offset, true);
    this.offset += 8;
    return value;
  }

  float(): number {
    this.#need(4);
    const value = this.#view.getFloat32(this.offset, true);
    this.offset += 4;
    return value;
  }

  /** End of a length-prefixed part that begins here. */
  partEnd(): number {
    const length = this.varint();
    this.#need(length);
    return this.offset + length;
  }

  lengthPrefixed(): Uint8Array {
    const end = this.partEnd();
    const part = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return part;
  }

  string(): string {
    const at = this.offset;
    try {
      return textDecoder.decode(this.lengthPrefixed());
    } catch (error) {
      if (error instanceof MalformedPayloadError) throw error;
      throw new MalformedPayloadError('text is not UTF-8', at);
    }
  }

  skip(wireType: number): void {
    if (wireType === WireType.varint) this.varint64();
    else if (wireType === WireType.fixed64) this.#advance(8);
    else if (wireType === WireType.fixed32) this.#advance(4);
    else if (wireType === WireType.bytes) this.offset = this.partEnd();
    else throw new MalformedPayloadError(`unknown wire type ${wireType}`, this.offset);
  }

  #advance(count: number): void {
    this.#need(count);
    this.offset += count;
  }

  #need(count: number): void {
    if (!(this.offset + count <= this.end)) throw new MalformedPayloadError('value cut off', this.offset);
  }
}
