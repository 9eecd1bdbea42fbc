/** MonitoredItemNotification (OPC 10000-4, 7.25.2) as bytes (OPC 10000-6, 5.2.2.17), without an object per value. */
import { DataType } from 'node-opcua';
import type { SignalValue } from '../model/signal.ts';
import { isEncoded } from '../model/signal.ts';

/** Bits of a DataValue's encoding mask. */
const Mask = { value: 0x01, status: 0x02, source: 0x04, server: 0x08 } as const;

/** Milliseconds between 1601 and 1970. */
const MS_FROM_1601 = 11_644_473_600_000;
const TICKS_PER_MS = 10_000n;
const FIRST_BYTES = 64 * 1024;
/** Client handle, mask, type, 8 bytes of value, status, two times. */
const FIXED_BYTES = 4 + 1 + 1 + 8 + 4 + 16;

/** The types that are written here; the others (texts of two parts, arrays) go the library's way. */
const PACKABLE: ReadonlySet<DataType> = new Set([
  DataType.Boolean,
  DataType.SByte,
  DataType.Byte,
  DataType.Int16,
  DataType.UInt16,
  DataType.Int32,
  DataType.UInt32,
  DataType.Int64,
  DataType.UInt64,
  DataType.Float,
  DataType.Double,
  DataType.String,
  DataType.DateTime,
]);

/** A longer text goes the library's way, which minds the size of a message. */
const MAX_TEXT = 4_096;

export const isPackable = (dataType: DataType): boolean => PACKABLE.has(dataType);

/** Arrays, long texts and large structures do not. */
export function fits(value: SignalValue | null): boolean {
  if (typeof value === 'string') return value.length <= MAX_TEXT;
  if (isEncoded(value)) return value.variant.length <= MAX_TEXT;
  return value === null || typeof value !== 'object';
}

/** What an item adds to each of its notifications. */
export interface PackedItem {
  readonly clientHandle: number;
  /** One of {@link Times}. */
  readonly times: number;
}

/** Which of the two times an item wants. */
export const Times = {
  none: 0,
  source: Mask.source,
  server: Mask.server,
  both: Mask.source | Mask.server,
} as const;

/** A growing buffer of notifications, one behind the other. */
export class NotificationBytes {
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.bytes.buffer);
  #text = Buffer.from(this.bytes.buffer);
  length = 0;
  /** Encoded source time, then server time. */
  readonly #times = new Uint8Array(16);
  readonly #timesView = new DataView(this.#times.buffer);

  /** Times of the notifications that follow; `below` in 100 ns. */
  setTimes(sourceMs: number, below: number, serverMs: number): void {
    writeTicks(this.#timesView, 0, sourceMs, below);
    writeTicks(this.#timesView, 8, serverMs, 0);
  }

  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    wider.set(this.bytes.subarray(0, this.length));
    this.#use(wider);
  }

  /** One notification; `value` must be {@link isPackable}, `null` is written as no value. */
  add(item: PackedItem, dataType: DataType, value: SignalValue | null, statusCode: number): void {
    this.reserve(FIXED_BYTES + lengthOf(value));
    const view = this.#view;
    const { times } = item;
    view.setUint32(this.length, item.clientHandle, true);
    this.bytes[this.length + 4] =
      (value === null ? 0 : Mask.value) | (statusCode === 0 ? 0 : Mask.status) | times;
    this.length += 5;
    if (value !== null) this.#value(dataType, value);
    if (statusCode !== 0) {
      view.setUint32(this.length, statusCode, true);
      this.length += 4;
    }
    if (times === Times.both) this.#addTimes(0, 16);
    else if (times === Times.source) this.#addTimes(0, 8);
    else if (times === Times.server) this.#addTimes(8, 16);
  }

  #addTimes(from: number, to: number): void {
    const { bytes } = this;
    const times = this.#times;
    let at = this.length;
    for (let i = from; i < to; i += 1) bytes[at++] = times[i] ?? 0;
    this.length = at;
  }

  #value(dataType: DataType, value: SignalValue): void {
    if (isEncoded(value)) {
      this.bytes.set(value.variant, this.length);
      this.length += value.variant.length;
      return;
    }
    const view = this.#view;
    this.bytes[this.length] = dataType;
    const at = this.length + 1;
    switch (dataType) {
      case DataType.Double:
        view.setFloat64(at, value as number, true);
        this.length = at + 8;
        break;
      case DataType.Float:
        view.setFloat32(at, value as number, true);
        this.length = at + 4;
        break;
      case DataType.Boolean:
        this.bytes[at] = value ? 1 : 0;
        this.length = at + 1;
        break;
      case DataType.String:
        this.#string(at, value as string);
        break;
      case DataType.DateTime:
        writeTicks(view, at, Number(value), 0);
        this.length = at + 8;
        break;
      default:
        this.length = at + writeInteger(view, at, dataType, value as number | bigint);
    }
  }

  #string(at: number, text: string): void {
    const length = this.#text.write(text, at + 4, 'utf8');
    this.#view.setInt32(at, length, true);
    this.length = at + 4 + length;
  }

  /** Copies `bytes[from..to]` of another buffer behind what is here, with bits added to its status code. */
  copyWithStatus(source: Uint8Array, from: number, to: number, bits: number): void {
    this.reserve(to - from + 4);
    const mask = source[from + 4] ?? 0;
    const tail = ((mask & Mask.source) === 0 ? 0 : 8) + ((mask & Mask.server) === 0 ? 0 : 8);
    const hasStatus = (mask & Mask.status) !== 0;
    const statusAt = to - tail - (hasStatus ? 4 : 0);
    const status = hasStatus ? new DataView(source.buffer, source.byteOffset).getUint32(statusAt, true) : 0;
    this.bytes.set(source.subarray(from, statusAt), this.length);
    this.bytes[this.length + 4] = mask | Mask.status;
    this.length += statusAt - from;
    this.#view.setUint32(this.length, (status | bits) >>> 0, true);
    this.length += 4;
    this.bytes.set(source.subarray(to - tail, to), this.length);
    this.length += tail;
  }

  copy(source: Uint8Array, from: number, to: number): void {
    this.reserve(to - from);
    this.bytes.set(source.subarray(from, to), this.length);
    this.length += to - from;
  }

  /** Takes over the content of another one; the times stay. */
  take(other: NotificationBytes): void {
    this.#use(other.bytes);
    this.length = other.length;
  }

  /** Empties it, and gives memory back that a burst took. */
  clear(): void {
    if (this.bytes.length > FIRST_BYTES && this.length * 8 < this.bytes.length)
      this.#use(new Uint8Array(Math.max(FIRST_BYTES, this.bytes.length >>> 1)));
    this.length = 0;
  }

  #use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

/** Bytes of a value beyond those of fixed length, at most. */
function lengthOf(value: SignalValue | null): number {
  if (typeof value === 'string') return 3 * value.length;
  return isEncoded(value) ? value.variant.length : 0;
}

/** Answers the bytes written. 64-bit integers come as `bigint`. */
function writeInteger(view: DataView, at: number, dataType: DataType, value: number | bigint): number {
  switch (dataType) {
    case DataType.SByte:
    case DataType.Byte:
      view.setUint8(at, Number(value));
      return 1;
    case DataType.Int16:
    case DataType.UInt16:
      view.setUint16(at, Number(value), true);
      return 2;
    case DataType.Int64:
    case DataType.UInt64:
      view.setBigUint64(at, BigInt(value), true);
      return 8;
    default:
      view.setUint32(at, Number(value), true);
      return 4;
  }
}

/** Milliseconds since 1970 and 100 ns below them as 100 ns since 1601 (OPC 10000-6, 5.2.2.5). */
function writeTicks(view: DataView, at: number, timeMs: number, below: number): void {
  view.setBigInt64(at, BigInt(timeMs + MS_FROM_1601) * TICKS_PER_MS + BigInt(below), true);
}
