import type { SampleValue } from './sample.ts';

/** How one slot of a batch is to be read. Numbers are stable: they go to disk. */
export const ValueKind = {
  null: 0,
  /** `f64[i]` */
  float: 1,
  /** `i64[i]`: every signed integer, and unsigned ones up to 32 bits. */
  int: 2,
  /** `i64[i]` as an unsigned bit pattern. */
  uint64: 3,
  /** `f64[i]` is 0 or 1. */
  bool: 4,
  /** `texts[f64[i]]` */
  text: 5,
  /** `blobs[f64[i]]` */
  bytes: 6,
  /** `texts[f64[i]]` is canonical JSON: arrays, structures. */
  json: 7,
} as const;
export type ValueKind = (typeof ValueKind)[keyof typeof ValueKind];

/**
 * Samples in columns, `count` rows in the order of (sequence, index). The columns may be longer than `count`.
 * `f64` and `i64` are two views of the same bytes. `signal` holds numbers of a catalogue that travels apart:
 * Sparkplug aliases at the agent and on the wire, store-wide signal numbers in the historian.
 */
export interface SampleBatch {
  count: number;
  signal: Int32Array;
  timeNs: BigInt64Array;
  kind: Uint8Array;
  f64: Float64Array;
  i64: BigInt64Array;
  statusCode: Uint32Array;
  /** {@link SampleFlag} bits. */
  flags: Uint8Array;
  texts: string[];
  blobs: Uint8Array[];
}

export function createSampleBatch(capacity: number): SampleBatch {
  const bits = new ArrayBuffer(capacity * 8);
  return {
    count: 0,
    signal: new Int32Array(capacity),
    timeNs: new BigInt64Array(capacity),
    kind: new Uint8Array(capacity),
    f64: new Float64Array(bits),
    i64: new BigInt64Array(bits),
    statusCode: new Uint32Array(capacity),
    flags: new Uint8Array(capacity),
    texts: [],
    blobs: [],
  };
}

/** Columns of at least `needed` rows, what was there kept. */
export function growSampleBatch(batch: SampleBatch, needed: number): void {
  if (batch.signal.length >= needed) return;
  const bigger = createSampleBatch(Math.max(needed, batch.signal.length * 2));
  bigger.signal.set(batch.signal);
  bigger.timeNs.set(batch.timeNs);
  bigger.kind.set(batch.kind);
  bigger.i64.set(batch.i64);
  bigger.statusCode.set(batch.statusCode);
  bigger.flags.set(batch.flags);
  const { count, texts, blobs } = batch;
  Object.assign(batch, bigger, { count, texts, blobs });
}

/** Writes `value` into row `i` (which must be within the columns). */
export function setValue(batch: SampleBatch, i: number, value: SampleValue): void {
  if (value === null) {
    batch.kind[i] = ValueKind.null;
    batch.f64[i] = 0;
  } else if (typeof value === 'number') {
    batch.kind[i] = ValueKind.float;
    batch.f64[i] = value;
  } else if (typeof value === 'bigint') {
    const signed = BigInt.asIntN(64, value);
    batch.kind[i] = signed === value ? ValueKind.int : ValueKind.uint64;
    batch.i64[i] = signed;
  } else if (typeof value === 'boolean') {
    batch.kind[i] = ValueKind.bool;
    batch.f64[i] = value ? 1 : 0;
  } else if (typeof value === 'string') {
    batch.kind[i] = ValueKind.text;
    batch.f64[i] = batch.texts.push(value) - 1;
  } else if (value instanceof Uint8Array) {
    batch.kind[i] = ValueKind.bytes;
    batch.f64[i] = batch.blobs.push(value) - 1;
  } else {
    batch.kind[i] = ValueKind.json;
    batch.f64[i] = batch.texts.push(value.json) - 1;
  }
}

/**
 * The value of row `i`. Integers come back as `number` where they fit 2^53 exactly, else as `bigint`.
 */
export function valueAt(batch: SampleBatch, i: number): SampleValue {
  switch (batch.kind[i]) {
    case ValueKind.float:
      return batch.f64[i] ?? null;
    case ValueKind.int:
      return narrow(batch.i64[i] ?? 0n);
    case ValueKind.uint64:
      return narrow(BigInt.asUintN(64, batch.i64[i] ?? 0n));
    case ValueKind.bool:
      return batch.f64[i] === 1;
    case ValueKind.text:
      return batch.texts[batch.f64[i] ?? -1] ?? null;
    case ValueKind.bytes:
      return batch.blobs[batch.f64[i] ?? -1] ?? null;
    case ValueKind.json: {
      const json = batch.texts[batch.f64[i] ?? -1];
      return json === undefined ? null : { json };
    }
    default:
      return null;
  }
}

function narrow(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}
