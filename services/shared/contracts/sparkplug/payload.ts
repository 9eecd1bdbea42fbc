import { MalformedPayloadError, WireReader, WireType, WireWriter } from './wire.ts';

/** Sparkplug B 3.0, 6.4.16: data types (those we use). */
export const DataType = {
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  uint8: 5,
  uint16: 6,
  uint32: 7,
  uint64: 8,
  float: 9,
  double: 10,
  boolean: 11,
  string: 12,
  dateTime: 13,
  text: 14,
  bytes: 17,
} as const;
export type DataType = (typeof DataType)[keyof typeof DataType];

export type MetricValue = number | bigint | boolean | string | Uint8Array | null;

export interface Property {
  readonly type: number;
  readonly value: number | bigint | boolean | string | null;
}

export interface Metric {
  readonly name?: string;
  readonly alias?: number;
  /** ms since 1970. */
  readonly timestamp?: number;
  readonly datatype?: number;
  readonly isHistorical?: boolean;
  readonly value: MetricValue;
  readonly properties?: Readonly<Record<string, Property>>;
}

export interface Payload {
  /** ms since 1970. */
  readonly timestamp?: number;
  readonly seq?: number;
  readonly metrics: readonly Metric[];
}

/** A string metric: most of what is not a sample. */
export const stringMetric = (name: string, value: string): Metric => ({
  name,
  datatype: DataType.string,
  value,
});

/** The general codec, for births, deaths, commands. Samples take the short way of `record.ts`. */
export function encodePayload(payload: Payload): Uint8Array {
  const out = new WireWriter(1024);
  if (payload.timestamp !== undefined) {
    out.tag(1, WireType.varint);
    out.varint(payload.timestamp);
  }
  const scratch = new WireWriter(512);
  for (const metric of payload.metrics) {
    encodeMetric(metric, scratch.reset());
    out.tag(2, WireType.bytes);
    out.lengthPrefixed(scratch.bytes.subarray(0, scratch.length));
  }
  if (payload.seq !== undefined) {
    out.tag(3, WireType.varint);
    out.varint(payload.seq);
  }
  return out.finish();
}

export function encodeMetric(metric: Metric, out: WireWriter): void {
  if (metric.name !== undefined) {
    out.tag(1, WireType.bytes);
    out.string(metric.name);
  }
  writeNumber(out, 2, metric.alias);
  writeNumber(out, 3, metric.timestamp);
  writeNumber(out, 4, metric.datatype);
  if (metric.isHistorical === true) writeNumber(out, 5, 1);
  if (metric.value === null) writeNumber(out, 7, 1);
  if (metric.properties) encodeProperties(metric.properties, out);
  if (metric.value !== null) encodeValue(metric.datatype ?? 0, metric.value, out);
}

function writeNumber(out: WireWriter, field: number, value: number | undefined): void {
  if (value === undefined) return;
  out.tag(field, WireType.varint);
  if (value < 0) out.varint64(BigInt(value));
  else out.varint(value);
}

function encodeValue(datatype: number, value: Exclude<MetricValue, null>, out: WireWriter): void {
  if (typeof value === 'string') {
    out.tag(15, WireType.bytes);
    out.string(value);
  } else if (value instanceof Uint8Array) {
    out.tag(16, WireType.bytes);
    out.lengthPrefixed(value);
  } else if (typeof value === 'boolean') {
    out.tag(14, WireType.varint);
    out.varint(value ? 1 : 0);
  } else if (datatype === DataType.double) {
    out.tag(13, WireType.fixed64);
    out.double(Number(value));
  } else if (datatype === DataType.float) {
    out.tag(12, WireType.fixed32);
    out.float(Number(value));
  } else if (datatype === DataType.int64 || datatype === DataType.uint64 || datatype === DataType.dateTime) {
    out.tag(11, WireType.varint);
    out.varint64(BigInt(value));
  } else if (datatype === DataType.uint32) {
    // As Eclipse Tahu writes it, and the only way in which it reads it; both ways are read here.
    out.tag(11, WireType.varint);
    out.varint(Number(value) >>> 0);
  } else {
    out.tag(10, WireType.varint);
    out.varint(Number(value) >>> 0);
  }
}

function encodeProperties(properties: Readonly<Record<string, Property>>, out: WireWriter): void {
  const set = new WireWriter(64);
  for (const key of Object.keys(properties)) {
    set.tag(1, WireType.bytes);
    set.string(key);
  }
  for (const { type, value } of Object.values(properties)) {
    const one = new WireWriter(32);
    writeNumber(one, 1, type);
    if (value === null) writeNumber(one, 2, 1);
    else if (typeof value === 'string') {
      one.tag(8, WireType.bytes);
      one.string(value);
    } else if (typeof value === 'boolean') writeNumber(one, 7, value ? 1 : 0);
    else if (type === DataType.double) {
      one.tag(6, WireType.fixed64);
      one.double(Number(value));
    } else if (type === DataType.float) {
      one.tag(5, WireType.fixed32);
      one.float(Number(value));
    } else if (type === DataType.int64 || type === DataType.uint64) {
      one.tag(4, WireType.varint);
      one.varint64(BigInt(value));
    } else writeNumber(one, type === DataType.uint32 ? 4 : 3, Number(value) >>> 0);
    set.tag(2, WireType.bytes);
    set.lengthPrefixed(one.bytes.subarray(0, one.length));
  }
  out.tag(9, WireType.bytes);
  out.lengthPrefixed(set.bytes.subarray(0, set.length));
}

/** @throws MalformedPayloadError */
export function decodePayload(bytes: Uint8Array, maxMetrics = 200_000): Payload {
  const reader = new WireReader(bytes);
  const metrics: Metric[] = [];
  let timestamp: number | undefined;
  let seq: number | undefined;
  while (reader.offset < reader.end) {
    const tag = reader.varint();
    if (tag === 0x08) timestamp = reader.varint();
    else if (tag === 0x18) seq = reader.varint();
    else if (tag === 0x12) {
      if (metrics.length >= maxMetrics)
        throw new MalformedPayloadError(`more than ${maxMetrics} metrics`, reader.offset);
      const end = reader.partEnd();
      metrics.push(decodeMetric(new WireReader(bytes, reader.offset, end)));
      reader.offset = end;
    } else reader.skip(tag % 8);
  }
  return { metrics, ...(timestamp !== undefined && { timestamp }), ...(seq !== undefined && { seq }) };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function decodeMetric(reader: WireReader): Metric {
  const metric: Mutable<Metric> = { value: null };
  let raw: MetricValue = null;
  while (reader.offset < reader.end) {
    const tag = reader.varint();
    if (tag === 0x0a) metric.name = reader.string();
    else if (tag === 0x10) metric.alias = reader.varint();
    else if (tag === 0x18) metric.timestamp = Number(BigInt.asIntN(64, reader.varint64()));
    else if (tag === 0x20) metric.datatype = reader.varint();
    else if (tag === 0x28) metric.isHistorical = reader.varint() !== 0;
    else if (tag === 0x4a) {
      const end = reader.partEnd();
      metric.properties = decodeProperties(new WireReader(reader.bytes, reader.offset, end));
      reader.offset = end;
    } else if (tag === 0x50 || tag === 0x58) raw = reader.varint64();
    else if (tag === 0x65) raw = reader.float();
    else if (tag === 0x69) raw = reader.double();
    else if (tag === 0x70) raw = reader.varint() !== 0;
    else if (tag === 0x7a) raw = reader.string();
    else if (tag === 0x82) raw = reader.lengthPrefixed();
    else reader.skip(tag % 8);
  }
  metric.value = typeof raw === 'bigint' ? integerOf(metric.datatype ?? DataType.uint64, raw) : raw;
  return metric;
}

/** Integers are two's complement in an unsigned field; 64-bit ones come back as bigint, others as number. */
export function integerOf(datatype: number, raw: bigint): number | bigint {
  if (datatype === DataType.int64) return BigInt.asIntN(64, raw);
  if (datatype === DataType.uint64 || datatype === DataType.dateTime) return raw;
  if (datatype === DataType.int8) return Number(BigInt.asIntN(8, raw));
  if (datatype === DataType.int16) return Number(BigInt.asIntN(16, raw));
  if (datatype === DataType.int32) return Number(BigInt.asIntN(32, raw));
  return Number(BigInt.asUintN(32, raw));
}

function decodeProperties(reader: WireReader): Record<string, Property> {
  const keys: string[] = [];
  const values: Property[] = [];
  while (reader.offset < reader.end) {
    const tag = reader.varint();
    if (tag === 0x0a) keys.push(reader.string());
    else if (tag === 0x12) {
      const end = reader.partEnd();
      values.push(decodeProperty(new WireReader(reader.bytes, reader.offset, end)));
      reader.offset = end;
    } else reader.skip(tag % 8);
  }
  if (keys.length !== values.length)
    throw new MalformedPayloadError('keys and values of properties differ', reader.offset);
  return Object.fromEntries(keys.map((key, i) => [key, values[i] ?? { type: 0, value: null }]));
}

function decodeProperty(reader: WireReader): Property {
  let type = 0;
  let value: Property['value'] = null;
  while (reader.offset < reader.end) {
    const tag = reader.varint();
    if (tag === 0x08) type = reader.varint();
    else if (tag === 0x18 || tag === 0x20) value = integerOf(type, reader.varint64());
    else if (tag === 0x2d) value = reader.float();
    else if (tag === 0x31) value = reader.double();
    else if (tag === 0x38) value = reader.varint() !== 0;
    else if (tag === 0x42) value = reader.string();
    else reader.skip(tag % 8);
  }
  return { type, value };
}
