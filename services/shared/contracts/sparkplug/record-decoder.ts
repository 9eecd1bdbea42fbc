/** A DDATA or NDATA back into samples: columns in, columns out, no object per sample. */
import { SampleFlag } from '#domain/sample.ts';
import { ValueKind, growSampleBatch, type SampleBatch } from '#domain/sample-batch.ts';
import { writeTime } from '#domain/time.ts';
import { MAX_SEQUENCE } from '../delivery.ts';
import { textFrom } from './long-text.ts';
import { DataType, decodeMetric, type Metric } from './payload.ts';
import {
  STATUS_CODE_KEY,
  StreamMetric,
  TIME_SOURCE_KEY,
  type AliasTable,
  type RecordHeader,
} from './record.ts';
import { MalformedPayloadError, WireReader } from './wire.ts';

export interface DecodedRecord {
  readonly header: RecordHeader | undefined;
  /** `samples` when absent. */
  readonly kind: string | undefined;
  readonly body: string | undefined;
  /** Named metrics that are not of the stream: `Agent/Health`, `bdSeq`, ... */
  readonly others: readonly Metric[];
  /** Aliases without an entry in the table: the record must be held until its catalogue is known. */
  readonly unknownAliases: number;
  /** Time of the payload: when it was published. */
  readonly publishedAtMs: number | undefined;
  /** When the OPC UA server sent what is in it; absent where the agent did not say. */
  readonly serverTimeMs: number | undefined;
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
  if (typeof epoch !== 'string' || !isSequence(sequence)) return undefined;
  return {
    epoch,
    sequence,
    catalogueVersion: uint32In(named.get(StreamMetric.catalogueVersion)),
    checksum: uint32In(named.get(StreamMetric.checksum)),
    journaledAtMs: timeIn(named.get(StreamMetric.journaledAt)),
  };
}

const isSequence = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 1 && value <= MAX_SEQUENCE;

/** Whatever it came as: what does not fit tells as well as any other that a record is not the one of before. */
const uint32In = (metric: Metric | undefined): number => Number(metric?.value ?? 0) >>> 0;

function timeIn(metric: Metric | undefined): number | undefined {
  return timeOf(Number(metric?.value ?? NaN));
}

const timeOf = (timeMs: number): number | undefined =>
  timeMs > 0 && timeMs <= MAX_TIME_MS ? timeMs : undefined;

/** Properties that a sample may carry; foreign ones are skipped. */
const MAX_PROPERTIES = 16;
const STATUS_CODE = 1;
const TIME_SOURCE = 2;
/** What an int64 of nanoseconds can hold, in whole ms, with all digits below. */
const MAX_TIME_MS = 9_223_372_036_853;

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
  #publishedAtMs: number | undefined;

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
      if (tag === 0x08) {
        this.#publishedAtMs = timeOf(reader.varint());
        continue;
      }
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
    const body = textFrom(StreamMetric.body, (name) => this.#named.get(name));
    return {
      header: headerOf(this.#named),
      kind,
      body,
      others: this.#others,
      unknownAliases: this.#unknown,
      publishedAtMs: this.#publishedAtMs,
      serverTimeMs: timeIn(this.#named.get(StreamMetric.serverTime)),
    };
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
