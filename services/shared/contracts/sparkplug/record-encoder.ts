/**
 * One journal record of samples as the metrics of one DDATA: the short way, no object per sample. The metrics are encoded
 * once, when the record is journaled; publishing adds `timestamp`, `seq` and, for a backlog, `is_historical`.
 */
import { crc32c } from '#domain/crc32c.ts';
import { SampleFlag } from '#domain/sample.ts';
import { ValueKind, type SampleBatch } from '#domain/sample-batch.ts';
import { sparkplugQuality } from '#domain/status-code.ts';
import { belowMsAt, timeMsAt } from '#domain/time.ts';
import { textMetric } from './long-text.ts';
import { DataType, encodeMetric, type Metric } from './payload.ts';
import {
  QUALITY_KEY,
  STATUS_CODE_KEY,
  StreamMetric,
  TIME_SOURCE_KEY,
  type AliasTable,
  type RecordHeader,
} from './record.ts';
import { MalformedPayloadError, WireReader, WireType, WireWriter } from './wire.ts';

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
  /** When the server sent these rows, ms since 1970: travels once a record. */
  readonly serverTimeMs?: number | undefined;
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
  const columns: WordColumns = { words, bits, wireTypes: aliases.wireType };
  let anySubMs = false;
  let i = rows.from;
  for (; i < rows.to; i += 1) {
    const before = samples.length;
    encodeSample(samples, batch, i, columns);
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
  if (rows.serverTimeMs !== undefined) appendTime(samples, StreamMetric.serverTime, rows.serverTimeMs);
  const metrics = samples.finish();
  return { metrics, checksum: crc32c(metrics), rowEnd: i };
}

/** Kind and JSON body of a record that is not samples, as metrics. */
export function encodeBody(kind: string, body: unknown): EncodedMetrics {
  const rest = new WireWriter(256);
  appendMetric(rest, { name: StreamMetric.kind, value: kind });
  appendMetric(rest, textMetric(StreamMetric.body, JSON.stringify(body)));
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
  if (header.journaledAtMs !== undefined) appendTime(out, StreamMetric.journaledAt, header.journaledAtMs);
  out.raw(rest);
  return out.finish();
}

function appendTime(out: WireWriter, name: string, timeMs: number): void {
  appendMetric(out, { name, datatype: DataType.uint64, value: BigInt(Math.floor(timeMs)) });
}

function appendMetric(out: WireWriter, metric: Metric): void {
  const one = new WireWriter(128);
  encodeMetric(metric, one);
  out.tag(2, WireType.bytes);
  out.lengthPrefixed(one.bytes.subarray(0, one.length));
}

/** Times and values of a batch as 32-bit words (little-endian): no BigInt per row; wire types by alias. */
interface WordColumns {
  readonly words: Uint32Array;
  readonly bits: Uint32Array;
  readonly wireTypes: Uint8Array;
}

function encodeSample(out: WireWriter, batch: SampleBatch, i: number, columns: WordColumns): void {
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
  encodeSampleValue(out, batch, i, columns);
  closeMetric(out, lengthAt);
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

function encodeSampleValue(out: WireWriter, batch: SampleBatch, i: number, columns: WordColumns): void {
  const { bits, wireTypes } = columns;
  const wireType = wireTypes[batch.signal[i] ?? 0] ?? 0;
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
