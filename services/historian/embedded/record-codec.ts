/**
 * One delivered record of samples as the bytes of one log row. Version 1, in this order:
 * version (1 byte), mode (1 byte, {@link Mode} bits), rows (varint), signal numbers (zigzag varint of the
 * difference to the row before), times (first one 8 bytes, then zigzag varint of the difference; all 8 bytes in
 * raw mode), kinds (runs: kind, length), status codes and flags (runs, left out when all are 0), values row by row:
 * float 8 bytes (4 in single mode), int zigzag varint (8 bytes in raw mode), uint64 8 bytes, bool 1 byte, text, json and
 * bytes with their length before them. Integers are little-endian.
 */
import { ValueKind } from '#domain/sample-batch.ts';
import { createColumns, type ColumnViews } from './packed-columns.ts';

const VERSION = 1;

const Mode = { rawTimes: 1, rawInts: 2, singles: 4, status: 8, flags: 16 } as const;

/** Differences beyond this do not survive double arithmetic with zigzag: the raw mode takes over. */
const LIMIT = 2 ** 51;

/** A record of the log cannot be read: it was written by a newer version, or the disk altered it. */
export class LogRecordError extends Error {
  override readonly name = 'LogRecordError';
  readonly code = 'LOG_RECORD_UNREADABLE';
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Rows `from..to` (exclusive) of `columns`. The encoder owns its buffer: use the bytes before the next call. */
export class RecordEncoder {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  encode(columns: ColumnViews, from: number, to: number): Uint8Array {
    this.#length = 0;
    this.#reserve((to - from) * 48 + 64);
    const mode = modeOf(columns, from, to);
    this.#bytes[this.#length++] = VERSION;
    this.#bytes[this.#length++] = mode;
    this.#varint(to - from);
    this.#signals(columns.signal, from, to);
    this.#times(columns, from, to, (mode & Mode.rawTimes) !== 0);
    this.#runs(columns.kind, from, to);
    if (mode & Mode.status) this.#runs(columns.statusCode, from, to);
    if (mode & Mode.flags) this.#runs(columns.flags, from, to);
    for (let i = from; i < to; i += 1) {
      this.#reserve(16);
      this.#value(columns, i, mode);
    }
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    wider.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = wider;
    this.#view = new DataView(wider.buffer);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7fffffff) {
      const next = Math.floor(rest / 128);
      this.#bytes[this.#length++] = (rest - next * 128) | 0x80;
      rest = next;
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #zigzag(value: number): void {
    this.#varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  #words(words: Uint32Array, i: number): void {
    this.#view.setUint32(this.#length, words[2 * i] ?? 0, true);
    this.#view.setUint32(this.#length + 4, words[2 * i + 1] ?? 0, true);
    this.#length += 8;
  }

  #signals(signal: Int32Array, from: number, to: number): void {
    let before = 0;
    for (let i = from; i < to; i += 1) {
      const now = signal[i] ?? 0;
      this.#zigzag(now - before);
      before = now;
    }
  }

  #times(columns: ColumnViews, from: number, to: number, raw: boolean): void {
    const words = columns.timeWords;
    if (to > from) this.#words(words, from);
    for (let i = from + 1; i < to; i += 1) {
      if (raw) this.#words(words, i);
      else this.#zigzag(timeDifference(words, i));
    }
  }

  #runs(values: Uint8Array | Uint32Array, from: number, to: number): void {
    for (let i = from; i < to;) {
      const value = values[i] ?? 0;
      let end = i + 1;
      while (end < to && values[end] === value) end += 1;
      this.#varint(value);
      this.#varint(end - i);
      i = end;
    }
  }

  #value(columns: ColumnViews, i: number, mode: number): void {
    switch (columns.kind[i]) {
      case ValueKind.float:
        if (mode & Mode.singles) {
          this.#view.setFloat32(this.#length, columns.f64[i] ?? 0, true);
          this.#length += 4;
        } else this.#words(columns.bitWords, i);
        break;
      case ValueKind.int:
        if (mode & Mode.rawInts) this.#words(columns.bitWords, i);
        else this.#zigzag(signedAt(columns.bitWords, i));
        break;
      case ValueKind.uint64:
        this.#words(columns.bitWords, i);
        break;
      case ValueKind.bool:
        this.#bytes[this.#length++] = columns.f64[i] === 1 ? 1 : 0;
        break;
      case ValueKind.text:
      case ValueKind.json:
        this.#tail(encoder.encode(columns.texts[columns.f64[i] ?? 0] ?? ''));
        break;
      case ValueKind.bytes:
        this.#tail(columns.blobs[columns.f64[i] ?? 0] ?? new Uint8Array());
        break;
      default:
        break;
    }
  }

  #tail(bytes: Uint8Array): void {
    this.#reserve(bytes.length + 8);
    this.#varint(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}

function timeDifference(words: Uint32Array, i: number): number {
  const high = ((words[2 * i + 1] ?? 0) | 0) - ((words[2 * i - 1] ?? 0) | 0);
  return high * 0x100000000 + ((words[2 * i] ?? 0) - (words[2 * i - 2] ?? 0));
}

const signedAt = (words: Uint32Array, i: number): number =>
  ((words[2 * i + 1] ?? 0) | 0) * 0x100000000 + (words[2 * i] ?? 0);

function modeOf(columns: ColumnViews, from: number, to: number): number {
  const { timeWords, bitWords, kind, f64, statusCode, flags } = columns;
  let mode = Mode.singles as number;
  let status = 0;
  let anyFlags = 0;
  for (let i = from; i < to; i += 1) {
    if (i > from && Math.abs(timeDifference(timeWords, i)) >= LIMIT) mode |= Mode.rawTimes;
    if (kind[i] === ValueKind.float) {
      const value = f64[i] ?? 0;
      // NaN differs from itself: its payload bits are kept by the 8-byte form.
      if (Math.fround(value) !== value) mode &= ~Mode.singles;
    } else if (kind[i] === ValueKind.int && Math.abs(signedAt(bitWords, i)) >= LIMIT) mode |= Mode.rawInts;
    status |= statusCode[i] ?? 0;
    anyFlags |= flags[i] ?? 0;
  }
  return mode | (status === 0 ? 0 : Mode.status) | (anyFlags === 0 ? 0 : Mode.flags);
}

/** Inverse of {@link RecordEncoder}. @throws LogRecordError */
export function decodeRecord(bytes: Uint8Array): ColumnViews & { readonly buffer: ArrayBuffer } {
  return new RecordReader(bytes).read();
}

class RecordReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): ColumnViews & { readonly buffer: ArrayBuffer } {
    const version = this.#byte();
    if (version !== VERSION)
      throw new LogRecordError(`the log holds a record of format ${version}; this program reads ${VERSION}`);
    const mode = this.#byte();
    const rows = this.#varint();
    if (rows > this.#bytes.length) throw new LogRecordError(`a log record of ${rows} rows is too short`);
    const columns = createColumns(rows);
    this.#signals(columns.signal);
    this.#times(columns.timeNs, (mode & Mode.rawTimes) !== 0);
    this.#runs(columns.kind);
    if (mode & Mode.status) this.#runs(columns.statusCode);
    if (mode & Mode.flags) this.#runs(columns.flags);
    for (let i = 0; i < rows; i += 1) this.#value(columns, i, mode);
    return columns;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new LogRecordError('a record of the log ends too early');
    return byte;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #int64(): bigint {
    this.#need(8);
    const value = this.#view.getBigInt64(this.#at, true);
    this.#at += 8;
    return value;
  }

  #need(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) throw new LogRecordError('a record of the log ends too early');
  }

  #signals(signal: Int32Array): void {
    let before = 0;
    for (let i = 0; i < signal.length; i += 1) {
      before += this.#zigzag();
      signal[i] = before;
    }
  }

  #times(timeNs: BigInt64Array, raw: boolean): void {
    let before = 0n;
    for (let i = 0; i < timeNs.length; i += 1) {
      before = i === 0 || raw ? this.#int64() : before + BigInt(this.#zigzag());
      timeNs[i] = before;
    }
  }

  #runs(values: Uint8Array | Uint32Array): void {
    for (let i = 0; i < values.length;) {
      const value = this.#varint();
      const end = i + this.#varint();
      if (end > values.length || end === i) throw new LogRecordError('a run of a log record is too long');
      values.fill(value, i, end);
      i = end;
    }
  }

  #value(columns: ColumnViews, i: number, mode: number): void {
    switch (columns.kind[i]) {
      case ValueKind.float:
        if (mode & Mode.singles) {
          this.#need(4);
          columns.f64[i] = this.#view.getFloat32(this.#at, true);
          this.#at += 4;
        } else columns.i64[i] = this.#int64();
        break;
      case ValueKind.int:
        columns.i64[i] = mode & Mode.rawInts ? this.#int64() : BigInt(this.#zigzag());
        break;
      case ValueKind.uint64:
        columns.i64[i] = this.#int64();
        break;
      case ValueKind.bool:
        columns.f64[i] = this.#byte();
        break;
      case ValueKind.text:
      case ValueKind.json:
        columns.f64[i] = columns.texts.push(decoder.decode(this.#tail())) - 1;
        break;
      case ValueKind.bytes:
        columns.f64[i] = columns.blobs.push(this.#tail().slice()) - 1;
        break;
      default:
        break;
    }
  }

  #tail(): Uint8Array {
    const length = this.#varint();
    this.#need(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
