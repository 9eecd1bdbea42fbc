import type { Sample } from '#domain/sample.ts';
import { crc32c } from '#domain/crc32c.ts';

/** A stored sample on its way into another store, with its place in its signal's order. */
export interface MovedSample {
  readonly sample: Sample;
  readonly epochNumber: number;
  readonly sequence: number;
}

export const NS_PER_DAY = 86_400_000_000_000n;

/** Days since 1970 (UTC), also before it. */
export function dayOf(timeNs: bigint): number {
  const day = timeNs / NS_PER_DAY;
  return Number(timeNs < 0n && day * NS_PER_DAY !== timeNs ? day - 1n : day);
}

const encoder = new TextEncoder();
/** Time, order, status and flags, then the value's kind and up to 8 bytes of it. */
const HEAD_BYTES = 42;
const head = new DataView(new ArrayBuffer(HEAD_BYTES));
const headBytes = new Uint8Array(head.buffer);

/** Kinds as far as every store can tell them apart: an integer that fits a double is a number like others. */
const Kind = { null: 0, number: 1, integer: 2, bool: 3, text: 4, bytes: 5, json: 6 } as const;

/** Number and checksum of a signal's samples in their order: equal only where every bit of each is. */
export class SampleDigest {
  count = 0;
  #crc = 0;

  add({ sample, epochNumber, sequence }: MovedSample): void {
    const { sourceTimestamp, value, statusCode, flags } = sample;
    head.setBigInt64(0, sourceTimestamp);
    head.setUint32(8, epochNumber);
    head.setFloat64(12, sequence);
    head.setUint32(20, statusCode);
    head.setUint8(24, flags);
    const rest = putValue(value);
    this.#crc = crc32c(headBytes, this.#crc);
    if (rest) this.#crc = crc32c(rest, this.#crc);
    this.count += 1;
  }

  /** `12 samples` and their checksum as one text: `12 9ae0daaf`. */
  get text(): string {
    return `${this.count} ${this.#crc.toString(16).padStart(8, '0')}`;
  }
}

/** Writes kind and number into the head; answers the bytes of what is longer. */
function putValue(value: Sample['value']): Uint8Array | undefined {
  head.setBigUint64(26, 0n);
  head.setFloat64(34, 0);
  if (value === null) head.setUint8(25, Kind.null);
  else if (typeof value === 'number') {
    head.setUint8(25, Kind.number);
    head.setFloat64(34, Number.isNaN(value) ? NaN : value);
  } else if (typeof value === 'bigint') {
    head.setUint8(25, Kind.integer);
    head.setBigUint64(26, BigInt.asUintN(64, value));
    head.setFloat64(34, value < 0n ? -1 : 1);
  } else if (typeof value === 'boolean') {
    head.setUint8(25, Kind.bool);
    head.setUint8(26, Number(value));
  } else return putLong(value);
  return undefined;
}

function putLong(value: string | Uint8Array | { readonly json: string }): Uint8Array {
  const [kind, bytes] =
    typeof value === 'string'
      ? [Kind.text, encoder.encode(value)]
      : value instanceof Uint8Array
        ? [Kind.bytes, value]
        : [Kind.json, encoder.encode(value.json)];
  head.setUint8(25, kind);
  head.setFloat64(34, bytes.length);
  return bytes;
}
