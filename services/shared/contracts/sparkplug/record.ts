/**
 * One journal record of samples as the metrics of one DDATA, and back: the short way, no object per sample.
 * The metrics are encoded once, when the record is journaled; publishing adds `timestamp`, `seq` and, for a
 * backlog, `is_historical`.
 */
import { crc32c } from '#domain/crc32c.ts';
import type { DataTypeName } from '#domain/machine.ts';
import { SampleFlag } from '#domain/sample.ts';
import { ValueKind, growSampleBatch, type SampleBatch } from '#domain/sample-batch.ts';
import { sparkplugQuality } from '#domain/status-code.ts';
import { belowMsAt, timeMsAt, writeTime } from '#domain/time.ts';
import { DataType, decodeMetric, encodeMetric, type Metric } from './payload.ts';
import { MalformedPayloadError, WireReader, WireType, WireWriter } from './wire.ts';

/** Names of the stream's own metrics: in births and in data, never by alias. */
export const StreamMetric = {
  epoch: 'Stream/Epoch',
  sequence: 'Stream/Sequence',
  catalogueVersion: 'Stream/CatalogueVersion',
  checksum: 'Stream/Checksum',
  subMs: 'Stream/SubMs',
  kind: 'Stream/Kind',
  body: 'Stream/Body',
  catalogue: 'Stream/Catalogue',
  /** NBIRTH: oldest sequence still in the journal, and the newest. */
  tail: 'Stream/Tail',
  head: 'Stream/Head',
} as const;

export const HEALTH_METRIC = 'Agent/Health';
export const ACK_METRIC = 'Delivery/Ack';
export const REBIRTH_METRIC = 'Node Control/Rebirth';
export const BDSEQ_METRIC = 'bdSeq';

export interface RecordHeader {
  readonly epoch: string;
  readonly sequence: number;
  readonly catalogueVersion: number;
  /** CRC32C of the sample metrics as encoded at first, for fork detection. */
  readonly checksum: number;
}

/** By alias. `wireType` is a Sparkplug {@link DataType}; 0 = alias not known. `signal` is what `decode` writes. */
export interface AliasTable {
  wireType: Uint8Array;
  signal: Int32Array;
}

export function createAliasTable(capacity = 64): AliasTable {
  return { wireType: new Uint8Array(capacity), signal: new Int32Array(capacity) };
}

export function setAlias(table: AliasTable, alias: number, wireType: number, signal: number): void {
  if (alias >= table.wireType.length) {
    const wider = createAliasTable(Math.max(alias + 1, table.wireType.length * 2));
    wider.wireType.set(table.wireType);
    wider.signal.set(table.signal);
    Object.assign(table, wider);
  }
  table.wireType[alias] = wireType;
  table.signal[alias] = signal;
}

const WIRE_TYPES: Readonly<Record<DataTypeName, number>> = {
  Boolean: DataType.boolean,
  SByte: DataType.int8,
  Byte: DataType.uint8,
  Int16: DataType.int16,
  UInt16: DataType.uint16,
  Int32: DataType.int32,
  UInt32: DataType.uint32,
  Int64: DataType.int64,
  UInt64: DataType.uint64,
  Float: DataType.float,
  Double: DataType.double,
  String: DataType.string,
  /** As ISO text: a Sparkplug DateTime would cut the digits below 1 ms. */
  DateTime: DataType.string,
  ByteString: DataType.bytes,
  LocalizedText: DataType.string,
  Enumeration: DataType.int32,
  /** `Text` marks JSON. */
  Structure: DataType.text,
};

export const wireTypeOf = (dataType: DataTypeName, isArray: boolean): number =>
  isArray ? DataType.text : WIRE_TYPES[dataType];

const textEncoder = new TextEncoder();

export interface EncodedMetrics {
  /** The metrics without the stream's own: what a journal keeps. */
  readonly metrics: Uint8Array;
  /** CRC32C of `metrics`. */
  readonly checksum: number;
}

export interface EncodedRecord {
  readonly body: Uint8Array;
  readonly checksum: number;
}

interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Reused by every call: the codec is synchronous, and a worker thread has a module of its own. */
const samplesWriter = new WireWriter(64 * 1024);
const subMsWriter = new WireWriter(4 * 1024);

/**
 * Rows `from..to` of `batch` (`signal` = aliases) as metrics; `aliases` tells the wire types. Stops before the row with
 * which `maxBytes` would be exceeded (one row at least is taken): `rowEnd` is where the next record begins.
 */
export function encodeSamples(
  batch: SampleBatch,
  aliases: AliasTable,
  rows: RowRange = { from: 0, to: batch.count },
  maxBytes = Infinity,
): EncodedMetrics & { readonly rowEnd: number } {
  const samples = samplesWriter.reset();
  const subMs = subMsWriter.reset();
  const words = new Uint32Array(batch.timeNs.buffer, batch.timeNs.byteOffset, batch.timeNs.length * 2);
  const bits = new Uint32Array(batch.i64.buffer, batch.i64.byteOffset, batch.i64.length * 2);
  let anySubMs = false;
  let i = rows.from;
  for (; i < rows.to; i += 1) {
    const before = samples.length;
    encodeSample(samples, batch, i, { words, bits }, aliases.wireType[batch.signal[i] ?? 0] ?? 0);
    if (samples.length + subMs.length > maxBytes && i > rows.from) {
      samples.length = before;
      break;
    }
    const below = belowMsAt(words, i);
    if (below !== 0) anySubMs = true;
    subMs.varint(below);
  }
  if (anySubMs)
    appendMetric(samples, { name: StreamMetric.subMs, datatype: DataType.bytes, value: subMs.finish() });
  const metrics = samples.finish();
  return { metrics, checksum: crc32c(metrics), rowEnd: i };
}

/** Kind and JSON body of a record that is not samples, as metrics. */
export function encodeBody(kind: string, body: unknown): EncodedMetrics {
  const rest = new WireWriter(256);
  appendMetric(rest, { name: StreamMetric.kind, value: kind });
  appendMetric(rest, { name: StreamMetric.body, value: JSON.stringify(body) });
  const metrics = rest.finish();
  return { metrics, checksum: crc32c(metrics) };
}

/** Rows `from..to` of `batch` as the body of one record, header included. */
export function encodeSamplesRecord(
  header: Omit<RecordHeader, 'checksum'>,
  batch: SampleBatch,
  aliases: AliasTable,
  rows?: RowRange,
): EncodedRecord {
  const { metrics, checksum } = encodeSamples(batch, aliases, rows);
  return { body: withHeader({ ...header, checksum }, metrics), checksum };
}

/** A record that is not samples: kind and JSON body. */
export function encodeBodyRecord(
  header: Omit<RecordHeader, 'checksum'>,
  kind: string,
  body: unknown,
): EncodedRecord {
  const { metrics, checksum } = encodeBody(kind, body);
  return { body: withHeader({ ...header, checksum }, metrics), checksum };
}

/** The stream's own metrics in front of a record's. */
export function withHeader(header: RecordHeader, rest: Uint8Array): Uint8Array {
  const out = new WireWriter(rest.length + 160);
  appendMetric(out, { name: StreamMetric.epoch, value: header.epoch });
  appendMetric(out, {
    name: StreamMetric.sequence,
    datatype: DataType.uint64,
    value: BigInt(header.sequence),
  });
  appendMetric(out, {
    name: StreamMetric.catalogueVersion,
    datatype: DataType.uint32,
    value: header.catalogueVersion,
  });
  appendMetric(out, { name: StreamMetric.checksum, datatype: DataType.uint32, value: header.checksum });
  out.raw(rest);
  return out.finish();
}

function appendMetric(out: WireWriter, metric: Metric): void {
  const one = new WireWriter(128);
  encodeMetric(metric, one);
  out.tag(2, WireType.bytes);
  out.lengthPrefixed(one.bytes.subarray(0, one.length));
}

/** Times and values of a batch as 32-bit words (little-endian): no BigInt per row. */
interface WordColumns {
  readonly words: Uint32Array;
  readonly bits: Uint32Array;
}

function encodeSample(
  out: WireWriter,
  batch: SampleBatch,
  i: number,
  columns: WordColumns,
  wireType: number,
): void {
  out.reserve(128);
  out.bytes[out.length++] = 0x12;
  const lengthAt = out.length++;
  out.bytes[out.length++] = 0x10;
  out.varint(batch.signal[i] ?? 0);
  out.bytes[out.length++] = 0x18;
  const timeMs = timeMsAt(columns.words, i);
  if (timeMs >= 0) out.varint(timeMs);
  else out.varint64(BigInt(timeMs));
  const statusCode = batch.statusCode[i] ?? 0;
  const flags = batch.flags[i] ?? 0;
  const timeSource = flags & (SampleFlag.serverTime | SampleFlag.agentTime);
  if ((flags & SampleFlag.historical) !== 0) {
    out.bytes[out.length++] = 0x28;
    out.bytes[out.length++] = 1;
  }
  if (statusCode !== 0 || timeSource !== 0) encodeSampleProperties(out, statusCode, timeSource);
  encodeSampleValue(out, batch, i, { bits: columns.bits, wireType });
  closeMetric(out, lengthAt);
}

/** Keys of a property set, as they stand on the wire. */
const QUALITY_KEY = propertyKey('Quality');
const STATUS_CODE_KEY = propertyKey('StatusCode');
const TIME_SOURCE_KEY = propertyKey('TimeSource');

function propertyKey(name: string): Uint8Array {
  return Uint8Array.of(0x0a, name.length, ...textEncoder.encode(name));
}

/** Field 9: keys, then values in their order. At most 70 bytes, hence one byte of length. */
function encodeSampleProperties(out: WireWriter, statusCode: number, timeSource: number): void {
  out.bytes[out.length++] = 0x4a;
  const lengthAt = out.length++;
  if (statusCode !== 0) {
    out.raw(QUALITY_KEY);
    out.raw(STATUS_CODE_KEY);
  }
  if (timeSource !== 0) out.raw(TIME_SOURCE_KEY);
  if (statusCode !== 0) {
    encodeSampleProperty(out, DataType.int32, sparkplugQuality(statusCode));
    encodeSampleProperty(out, DataType.uint32, statusCode);
  }
  if (timeSource !== 0) encodeSampleProperty(out, DataType.uint32, timeSource);
  out.bytes[lengthAt] = out.length - lengthAt - 1;
}

function encodeSampleProperty(out: WireWriter, type: number, value: number): void {
  out.bytes[out.length++] = 0x12;
  const lengthAt = out.length++;
  out.bytes[out.length++] = 0x08;
  out.bytes[out.length++] = type;
  out.bytes[out.length++] = type === DataType.uint32 ? 0x20 : 0x18;
  out.varint(value);
  out.bytes[lengthAt] = out.length - lengthAt - 1;
}

function encodeSampleValue(
  out: WireWriter,
  batch: SampleBatch,
  i: number,
  how: { readonly bits: Uint32Array; readonly wireType: number },
): void {
  const { bits, wireType } = how;
  const f64 = batch.f64[i] ?? 0;
  switch (batch.kind[i]) {
    case ValueKind.float:
      if (wireType === DataType.float) {
        out.bytes[out.length++] = 0x65;
        out.float(f64);
      } else {
        out.bytes[out.length++] = 0x69;
        out.double(f64);
      }
      break;
    case ValueKind.int:
    case ValueKind.uint64:
      encodeInteger(out, bits[2 * i] ?? 0, bits[2 * i + 1] ?? 0, wireType);
      break;
    case ValueKind.bool:
      out.bytes[out.length++] = 0x70;
      out.bytes[out.length++] = f64 === 1 ? 1 : 0;
      break;
    case ValueKind.text:
    case ValueKind.json:
      out.tag(15, WireType.bytes);
      out.lengthPrefixed(textEncoder.encode(batch.texts[f64] ?? ''));
      break;
    case ValueKind.bytes:
      out.tag(16, WireType.bytes);
      out.lengthPrefixed(batch.blobs[f64] ?? new Uint8Array());
      break;
    default:
      out.bytes[out.length++] = 0x38;
      out.bytes[out.length++] = 1;
  }
}

function encodeInteger(out: WireWriter, low: number, high: number, wireType: number): void {
  if (wireType === DataType.int64 || wireType === DataType.uint64) {
    out.bytes[out.length++] = 0x58;
    out.varintWords(low, high);
  } else {
    out.bytes[out.length++] = wireType === DataType.uint32 ? 0x58 : 0x50;
    out.varintWords(low, 0);
  }
}

/** Writes the length of the metric that began behind `lengthAt`, making room where one byte is not enough. */
function closeMetric(out: WireWriter, lengthAt: number): void {
  const length = out.length - lengthAt - 1;
  if (length < 0x80) {
    out.bytes[lengthAt] = length;
    return;
  }
  const more = length < 0x4000 ? 1 : length < 0x200000 ? 2 : 3;
  out.reserve(more);
  out.bytes.copyWithin(lengthAt + 1 + more, lengthAt + 1, out.length);
  const end = out.length + more;
  out.length = lengthAt;
  out.varint(length);
  out.length = end;
}

/** The payload to publish for a journaled record. `historical` marks each sample, as a backlog must be. */
export function finishPayload(
  body: Uint8Array,
  envelope: { readonly timestampMs: number; readonly seq: number; readonly historical: boolean },
): Uint8Array {
  const out = new WireWriter(body.length + 24);
  out.tag(1, WireType.varint);
  out.varint(envelope.timestampMs);
  if (envelope.historical) markHistorical(body, out);
  else out.raw(body);
  out.tag(3, WireType.varint);
  out.varint(envelope.seq);
  return out.finish();
}

function markHistorical(body: Uint8Array, out: WireWriter): void {
  const reader = new WireReader(body);
  while (reader.offset < reader.end) {
    const tag = reader.varint();
    if (tag !== 0x12)
      throw new MalformedPayloadError('journaled record holds more than metrics', reader.offset);
    const metric = reader.lengthPrefixed();
    out.tag(2, WireType.bytes);
    if (metric[0] === 0x10) {
      out.varint(metric.length + 2);
      out.raw(metric);
      out.varint(0x28);
      out.varint(1);
    } else out.lengthPrefixed(metric);
  }
}

export interface DecodedRecord {
  readonly header: RecordHeader | undefined;
  /** `samples` when absent. */
  readonly kind: string | undefined;
  readonly body: string | undefined;
  /** Named metrics that are not of the stream: `Agent/Health`, `bdSeq`, ... */
  readonly others: readonly Metric[];
  /** Aliases without an entry in the table: the record must be held until its catalogue is known. */
  readonly unknownAliases: number;
}

/**
 * Decodes one DDATA/NDATA; the samples are appended to `batch` with `signal` from the table. Samples of unknown
 * aliases are not appended, only counted. Metrics without alias whose name is not of the stream come as `others`.
 * @throws MalformedPayloadError (`batch.count` is then as before)
 */
export function decodeRecord(payload: Uint8Array, aliases: AliasTable, batch: SampleBatch): DecodedRecord {
  const before = batch.count;
  try {
    return new RecordDecoder(payload, aliases, batch).run();
  } catch (error) {
    batch.count = before;
    throw error;
  }
}

/** The stream's metrics at the front of a payload, as far as it can be read: for one whose rest is malformed. */
export function peekRecordHeader(payload: Uint8Array): RecordHeader | undefined {
  const named = new Map<string, Metric>();
  try {
    const reader = new WireReader(payload);
    while (reader.offset < reader.end) {
      const tag = reader.varint();
      if (tag !== 0x12) {
        reader.skip(tag % 8);
        continue;
      }
      const end = reader.partEnd();
      if (reader.bytes[reader.offset] === 0x10) break;
      const metric = decodeMetric(new WireReader(payload, reader.offset, end));
      if (metric.name?.startsWith('Stream/')) named.set(metric.name, metric);
      reader.offset = end;
    }
  } catch (error) {
    if (!(error instanceof MalformedPayloadError)) throw error;
  }
  return headerOf(named);
}

function headerOf(named: ReadonlyMap<string, Metric>): RecordHeader | undefined {
  const epoch = named.get(StreamMetric.epoch)?.value;
  const sequence = Number(named.get(StreamMetric.sequence)?.value ?? 0);
  if (typeof epoch !== 'string' || !Number.isSafeInteger(sequence) || sequence < 1) return undefined;
  return {
    epoch,
    sequence,
    catalogueVersion: Number(named.get(StreamMetric.catalogueVersion)?.value ?? 0),
    checksum: Number(named.get(StreamMetric.checksum)?.value ?? 0),
  };
}

/** Properties that a sample may carry; foreign ones are skipped. */
const MAX_PROPERTIES = 16;
const STATUS_CODE = 1;
const TIME_SOURCE = 2;
/** What an int64 of nanoseconds can hold, in ms. */
const MAX_TIME_MS = 9_223_372_036_854;

class RecordDecoder {
  readonly #keys = new Uint8Array(MAX_PROPERTIES);
  readonly #values = new Float64Array(MAX_PROPERTIES);
  readonly #reader: WireReader;
  readonly #aliases: AliasTable;
  readonly #batch: SampleBatch;
  #words: Uint32Array;
  #ints: Uint32Array;
  readonly #named = new Map<string, Metric>();
  readonly #others: Metric[] = [];
  #unknown = 0;

  constructor(payload: Uint8Array, aliases: AliasTable, batch: SampleBatch) {
    this.#reader = new WireReader(payload);
    this.#aliases = aliases;
    this.#batch = batch;
    this.#words = new Uint32Array(batch.timeNs.buffer);
    this.#ints = new Uint32Array(batch.i64.buffer);
  }

  run(): DecodedRecord {
    const reader = this.#reader;
    const start = this.#batch.count;
    const end = reader.end;
    while (reader.offset < end) {
      const tag = reader.varint();
      if (tag !== 0x12) {
        reader.skip(tag % 8);
        continue;
      }
      const metricEnd = reader.partEnd();
      if (reader.bytes[reader.offset] === 0x10) this.#sample(metricEnd);
      else this.#metric(metricEnd);
      reader.offset = metricEnd;
    }
    this.#applySubMs(start);
    const kind = this.#text(StreamMetric.kind);
    const body = this.#text(StreamMetric.body);
    return { header: headerOf(this.#named), kind, body, others: this.#others, unknownAliases: this.#unknown };
  }

  #text(name: string): string | undefined {
    const value = this.#named.get(name)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  #metric(end: number): void {
    const { bytes, offset } = this.#reader;
    const metric = decodeMetric(new WireReader(bytes, offset, end));
    if (metric.name?.startsWith('Stream/')) this.#named.set(metric.name, metric);
    else this.#others.push(metric);
  }

  #sample(end: number): void {
    const reader = this.#reader;
    const outerEnd = reader.end;
    reader.end = end;
    reader.offset += 1;
    const alias = reader.varint();
    const wireType = this.#aliases.wireType[alias] ?? 0;
    if (wireType === 0) this.#unknown += 1;
    else {
      const batch = this.#batch;
      if (batch.count >= batch.signal.length) {
        growSampleBatch(batch, batch.count + 1);
        this.#words = new Uint32Array(batch.timeNs.buffer);
        this.#ints = new Uint32Array(batch.i64.buffer);
      }
      const i = batch.count;
      batch.signal[i] = this.#aliases.signal[alias] ?? 0;
      batch.statusCode[i] = 0;
      batch.flags[i] = 0;
      batch.kind[i] = ValueKind.null;
      batch.f64[i] = 0;
      while (reader.offset < end) this.#field(i, wireType);
      batch.count = i + 1;
    }
    reader.end = outerEnd;
  }

  #field(i: number, wireType: number): void {
    const reader = this.#reader;
    const batch = this.#batch;
    const tag = reader.varint();
    switch (tag) {
      case 0x18:
        this.#time(i);
        break;
      case 0x69:
        batch.kind[i] = ValueKind.float;
        batch.f64[i] = reader.double();
        break;
      case 0x65:
        batch.kind[i] = ValueKind.float;
        batch.f64[i] = reader.float();
        break;
      case 0x50:
      case 0x58:
        this.#integer(i, wireType);
        break;
      case 0x70:
        batch.kind[i] = ValueKind.bool;
        batch.f64[i] = reader.varint() === 0 ? 0 : 1;
        break;
      case 0x7a:
        batch.kind[i] = wireType === DataType.text ? ValueKind.json : ValueKind.text;
        batch.f64[i] = batch.texts.push(reader.string()) - 1;
        break;
      case 0x82:
        batch.kind[i] = ValueKind.bytes;
        batch.f64[i] = batch.blobs.push(reader.lengthPrefixed().slice()) - 1;
        break;
      case 0x28:
        if (reader.varint() !== 0) batch.flags[i] = (batch.flags[i] ?? 0) | SampleFlag.historical;
        break;
      case 0x4a:
        this.#properties(i);
        break;
      default:
        reader.skip(tag % 8);
    }
  }

  /** A time before 1970 is 64 bits of two's complement. */
  #time(i: number): void {
    const reader = this.#reader;
    reader.varintWords();
    const timeMs = (reader.high | 0) * 0x100000000 + reader.low;
    if (!(Math.abs(timeMs) <= MAX_TIME_MS))
      throw new MalformedPayloadError('time out of range', reader.offset);
    writeTime(this.#words, i, timeMs, 0);
  }

  /** {@link integerOf} on words. */
  #integer(i: number, wireType: number): void {
    const reader = this.#reader;
    reader.varintWords();
    let { low, high } = reader;
    if (wireType !== DataType.int64 && wireType !== DataType.uint64) {
      if (wireType === DataType.int32) low |= 0;
      else if (wireType === DataType.int16) low = (low << 16) >> 16;
      else if (wireType === DataType.int8) low = (low << 24) >> 24;
      high = low < 0 ? -1 : 0;
    }
    this.#ints[2 * i] = low;
    this.#ints[2 * i + 1] = high;
    this.#batch.kind[i] =
      wireType === DataType.uint64 && high >>> 31 === 1 ? ValueKind.uint64 : ValueKind.int;
  }

  #properties(i: number): void {
    const reader = this.#reader;
    const outerEnd = reader.end;
    const end = reader.partEnd();
    reader.end = end;
    let keys = 0;
    let values = 0;
    while (reader.offset < end) {
      const tag = reader.varint();
      if (tag === 0x0a) {
        const keyEnd = reader.partEnd();
        this.#keys[keys % MAX_PROPERTIES] = knownKey(reader.bytes, reader.offset, keyEnd);
        reader.offset = keyEnd;
        keys += 1;
      } else if (tag === 0x12) {
        this.#values[values % MAX_PROPERTIES] = this.#propertyValue(end);
        values += 1;
      } else reader.skip(tag % 8);
    }
    if (keys !== values || keys > MAX_PROPERTIES)
      throw new MalformedPayloadError('keys and values of properties differ, or are too many', end);
    reader.end = outerEnd;
    const batch = this.#batch;
    for (let k = 0; k < keys; k += 1) {
      const value = this.#values[k] ?? 0;
      if (this.#keys[k] === STATUS_CODE) batch.statusCode[i] = value;
      else if (this.#keys[k] === TIME_SOURCE) batch.flags[i] = (batch.flags[i] ?? 0) | (value & 6);
    }
  }

  #propertyValue(setEnd: number): number {
    const reader = this.#reader;
    const end = reader.partEnd();
    let value = 0;
    reader.end = end;
    while (reader.offset < end) {
      const tag = reader.varint();
      if (tag === 0x18 || tag === 0x20) {
        reader.varintWords();
        value = reader.low;
      } else reader.skip(tag % 8);
    }
    reader.end = setEnd;
    return value;
  }

  #applySubMs(start: number): void {
    const packed = this.#named.get(StreamMetric.subMs)?.value;
    if (!(packed instanceof Uint8Array) || this.#unknown > 0) return;
    const reader = new WireReader(packed);
    for (let i = start; i < this.#batch.count; i += 1) {
      const below = reader.varint();
      if (below >= 1e6)
        throw new MalformedPayloadError('digits below the millisecond out of range', reader.offset);
      if (below > 0) addNs(this.#words, i, below);
    }
  }
}

/** Adds to row `i` of a column of times. */
function addNs(words: Uint32Array, i: number, ns: number): void {
  const low = (words[2 * i] ?? 0) + ns;
  words[2 * i] = low;
  if (low > 0xffffffff) words[2 * i + 1] = (words[2 * i + 1] ?? 0) + 1;
}

function knownKey(bytes: Uint8Array, start: number, end: number): number {
  if (isKey(STATUS_CODE_KEY, bytes, start, end)) return STATUS_CODE;
  return isKey(TIME_SOURCE_KEY, bytes, start, end) ? TIME_SOURCE : 0;
}

/** `key` as {@link propertyKey} makes it: tag and length in front. */
function isKey(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== key.length - 2) return false;
  for (let k = start; k < end; k += 1) if (bytes[k] !== key[k - start + 2]) return false;
  return true;
}
