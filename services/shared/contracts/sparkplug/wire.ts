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
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  /** Any 64-bit pattern. */
  varint64(value: bigint): void {
    this.reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.length++] = Number(rest);
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

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = start;
    this.end = end;
  }

  /** A varint as a number; beyond 2^53 the low digits are lost: use {@link varint64} where they count. */
  varint(): number {
    const { bytes } = this;
    let byte = this.#byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let factor = 0x80;
    for (let i = 1; i < 10; i += 1) {
      if (this.offset >= this.end) throw new MalformedPayloadError('number cut off', this.offset);
      byte = bytes[this.offset++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    throw new MalformedPayloadError('number longer than 64 bits', this.offset);
  }

  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new MalformedPayloadError('number longer than 64 bits', this.offset);
  }

  #byte(): number {
    if (this.offset >= this.end) throw new MalformedPayloadError('number cut off', this.offset);
    return this.bytes[this.offset++] ?? 0;
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
