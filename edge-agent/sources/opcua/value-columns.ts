/** OPC UA DataValues into the columns of a SampleBatch, in one tight loop without an object per sample. */
import { DataType, NodeId, VariantArrayType, type DataValue, type Variant } from 'node-opcua-client';
import type { DataTypeName } from '#domain/machine.ts';
import { SampleFlag } from '#domain/sample.ts';
import { ValueKind, createSampleBatch, growSampleBatch, type SampleBatch } from '#domain/sample-batch.ts';
import { timeMsAt, writeTime } from '#domain/time.ts';
import { int64Of, variantToJson, type Structures } from './canonical-json.ts';

const BAD_TYPE_MISMATCH = 0x80740000;
/** What fits int64 nanoseconds; 1601 (the encoding's null) and 9999 do not. */
const LIMIT_MS = 9_223_372_036_000;

const KINDS: Readonly<Record<DataTypeName, ValueKind>> = {
  Boolean: ValueKind.bool,
  SByte: ValueKind.int,
  Byte: ValueKind.int,
  Int16: ValueKind.int,
  UInt16: ValueKind.int,
  Int32: ValueKind.int,
  UInt32: ValueKind.int,
  Int64: ValueKind.int,
  UInt64: ValueKind.uint64,
  Float: ValueKind.float,
  Double: ValueKind.float,
  String: ValueKind.text,
  DateTime: ValueKind.text,
  ByteString: ValueKind.bytes,
  LocalizedText: ValueKind.text,
  Enumeration: ValueKind.int,
  Structure: ValueKind.json,
};

export const kindOf = (dataType: DataTypeName, isArray: boolean): ValueKind =>
  isArray ? ValueKind.json : KINDS[dataType];

/** What the source knows of each alias, in columns that grow: what is promised of it, and what was delivered last. */
export class AliasColumns {
  /** {@link ValueKind} that the catalogue promises; 0 = no such alias. */
  kind = new Uint8Array(64);
  /** Words of the last row's time and value, its status and kind; kind 255 = none yet. */
  lastTime = new Int32Array(128);
  lastValue = new Int32Array(128);
  lastStatus = new Uint32Array(64);
  lastKind = new Uint8Array(64).fill(NONE);
  readonly lastText = new Map<number, string | Uint8Array | undefined>();
  /** Of the server as it is now. */
  structures: Structures;

  set(alias: number, kind: ValueKind): void {
    if (alias >= this.kind.length) {
      const size = Math.max(alias + 1, this.kind.length * 2);
      this.kind = copyInto(new Uint8Array(size), this.kind);
      this.lastTime = copyInto(new Int32Array(2 * size), this.lastTime);
      this.lastValue = copyInto(new Int32Array(2 * size), this.lastValue);
      this.lastStatus = copyInto(new Uint32Array(size), this.lastStatus);
      this.lastKind = copyInto(new Uint8Array(size).fill(NONE), this.lastKind);
    }
    this.kind[alias] = kind;
  }

  hasLast(alias: number): boolean {
    return this.lastKind[alias] !== NONE;
  }

  /** ms since 1970 of the last row; NaN = none yet. */
  lastTimeMs(alias: number): number {
    if (this.lastKind[alias] === NONE) return NaN;
    return timeMsAt(new Uint32Array(this.lastTime.buffer), alias);
  }
}

const NONE = 255;

function copyInto<Column extends Uint8Array | Int32Array | Uint32Array>(to: Column, from: Column): Column {
  to.set(from);
  return to;
}

/** One batch that is filled again and again; its columns are free for reuse as soon as `append` returned its promise. */
export class ColumnWriter {
  readonly batch: SampleBatch = createSampleBatch(1024);
  readonly #aliases: AliasColumns;
  #timeWords: Uint32Array = new Uint32Array(0);
  #valueWords: Int32Array = new Int32Array(0);

  constructor(aliases: AliasColumns) {
    this.#aliases = aliases;
    this.#view();
  }

  clear(): void {
    this.batch.count = 0;
    this.batch.texts = [];
    this.batch.blobs = [];
  }

  #view(): void {
    const { timeNs, f64 } = this.batch;
    this.#timeWords = new Uint32Array(timeNs.buffer, timeNs.byteOffset, timeNs.length * 2);
    this.#valueWords = new Int32Array(f64.buffer, f64.byteOffset, f64.length * 2);
  }

  /** Appends one value; false when the alias is not known (an item of an older configuration). */
  add(alias: number, dataValue: DataValue, nowMs: number): boolean {
    const expected = this.#aliases.kind[alias] ?? 0;
    if (expected === 0) return false;
    const batch = this.batch;
    const i = batch.count;
    if (i >= batch.signal.length) {
      growSampleBatch(batch, i + 1);
      this.#view();
    }
    batch.signal[i] = alias;
    this.#time(i, dataValue, nowMs);
    const statusCode = dataValue.statusCode.value;
    batch.statusCode[i] = statusCode;
    if (statusCode >>> 30 >= 2) this.#null(i);
    else if (!this.#value(i, dataValue.value, expected)) {
      this.#null(i);
      batch.statusCode[i] = BAD_TYPE_MISMATCH;
    }
    batch.count = i + 1;
    return true;
  }

  /** A row of the agent's own: no value, a Bad status, its own time. */
  mark(alias: number, statusCode: number, nowMs: number): void {
    const { batch } = this;
    const i = batch.count;
    if (i >= batch.signal.length) {
      growSampleBatch(batch, i + 1);
      this.#view();
    }
    batch.signal[i] = alias;
    batch.statusCode[i] = statusCode;
    writeTime(this.#timeWords, i, nowMs, 0);
    batch.flags[i] = SampleFlag.agentTime;
    this.#null(i);
    batch.count = i + 1;
  }

  /** Source time, else the server's, else the agent's, the last two flagged. */
  #time(i: number, dataValue: DataValue, nowMs: number): void {
    const words = this.#timeWords;
    const source = dataValue.sourceTimestamp;
    const sourceMs = source === null ? NaN : source.getTime();
    if (sourceMs > -LIMIT_MS && sourceMs < LIMIT_MS) {
      writeTime(words, i, sourceMs, Math.floor(dataValue.sourcePicoseconds / 1000));
      this.batch.flags[i] = 0;
      return;
    }
    const server = dataValue.serverTimestamp;
    const serverMs = server === null ? NaN : server.getTime();
    if (serverMs > -LIMIT_MS && serverMs < LIMIT_MS) {
      writeTime(words, i, serverMs, Math.floor(dataValue.serverPicoseconds / 1000));
      this.batch.flags[i] = SampleFlag.serverTime;
      return;
    }
    writeTime(words, i, nowMs, 0);
    this.batch.flags[i] = SampleFlag.agentTime;
  }

  /** Keeps the row written last as the last one of its alias. */
  remember(alias: number): void {
    const { batch } = this;
    const i = batch.count - 1;
    const known = this.#aliases;
    known.lastTime[2 * alias] = this.#timeWords[2 * i] ?? 0;
    known.lastTime[2 * alias + 1] = this.#timeWords[2 * i + 1] ?? 0;
    known.lastStatus[alias] = batch.statusCode[i] ?? 0;
    const kind = batch.kind[i] ?? 0;
    known.lastKind[alias] = kind;
    if (kind >= ValueKind.text) known.lastText.set(alias, this.#reference(i));
    else {
      known.lastValue[2 * alias] = this.#valueWords[2 * i] ?? 0;
      known.lastValue[2 * alias + 1] = this.#valueWords[2 * i + 1] ?? 0;
    }
  }

  /** The row written last says what the last one of its alias said: same time, status and value. */
  isRepeated(alias: number): boolean {
    const { batch } = this;
    const i = batch.count - 1;
    const known = this.#aliases;
    if (known.lastKind[alias] !== batch.kind[i] || known.lastStatus[alias] !== batch.statusCode[i])
      return false;
    if (this.compareTime(alias) !== 0) return false;
    if ((batch.kind[i] ?? 0) >= ValueKind.text)
      return sameContent(known.lastText.get(alias), this.#reference(i));
    return (
      known.lastValue[2 * alias] === this.#valueWords[2 * i] &&
      known.lastValue[2 * alias + 1] === this.#valueWords[2 * i + 1]
    );
  }

  /** Time of the row written last against the last one of its alias: below 0 earlier, above 0 later; NaN = there is none. */
  compareTime(alias: number): number {
    const known = this.#aliases;
    if (known.lastKind[alias] === NONE) return NaN;
    const i = this.batch.count - 1;
    const high = ((this.#timeWords[2 * i + 1] ?? 0) | 0) - (known.lastTime[2 * alias + 1] ?? 0);
    return high !== 0 ? high : (this.#timeWords[2 * i] ?? 0) - ((known.lastTime[2 * alias] ?? 0) >>> 0);
  }

  /** Takes the row written last back. */
  drop(): void {
    this.batch.count -= 1;
  }

  #reference(i: number): string | Uint8Array | undefined {
    const { kind, texts, blobs, f64 } = this.batch;
    return kind[i] === ValueKind.bytes ? blobs[f64[i] ?? -1] : texts[f64[i] ?? -1];
  }

  #null(i: number): void {
    this.batch.kind[i] = ValueKind.null;
    this.batch.f64[i] = 0;
  }

  #integer(i: number, value: number): void {
    this.batch.kind[i] = ValueKind.int;
    this.#valueWords[2 * i] = value | 0;
    this.#valueWords[2 * i + 1] = Math.floor(value / 0x100000000);
  }

  /** False when the value is not of the type that the catalogue promised. */
  #value(i: number, variant: Variant | null, expected: number): boolean {
    if (variant === null || variant.dataType === DataType.Null) {
      this.#null(i);
      return true;
    }
    const value: unknown = variant.value;
    if (expected === ValueKind.json)
      return this.#text(i, ValueKind.json, variantToJson(variant, this.#aliases.structures));
    if (variant.arrayType !== VariantArrayType.Scalar) return false;
    if (value === null || value === undefined) {
      this.#null(i);
      return true;
    }
    switch (expected) {
      case ValueKind.float:
        return this.#float(i, variant.dataType, value);
      case ValueKind.int:
      case ValueKind.uint64:
        return this.#anyInteger(i, variant.dataType, value, expected);
      case ValueKind.bool:
        this.batch.kind[i] = ValueKind.bool;
        this.batch.f64[i] = value === true ? 1 : 0;
        return typeof value === 'boolean';
      case ValueKind.bytes:
        if (!Buffer.isBuffer(value)) return false;
        this.batch.kind[i] = ValueKind.bytes;
        this.batch.f64[i] = this.batch.blobs.push(value) - 1;
        return true;
      default:
        return this.#text(i, ValueKind.text, scalarText(value, this.#aliases.structures));
    }
  }

  #float(i: number, dataType: DataType, value: unknown): boolean {
    const number =
      typeof value === 'number'
        ? value
        : is64(dataType)
          ? Number(int64Of(value as number[], dataType === DataType.Int64))
          : undefined;
    if (number === undefined) return false;
    this.batch.kind[i] = ValueKind.float;
    this.batch.f64[i] = number;
    return true;
  }

  #anyInteger(i: number, dataType: DataType, value: unknown, expected: number): boolean {
    if (is64(dataType)) {
      const pair = value as number[];
      this.batch.kind[i] = expected;
      this.#valueWords[2 * i] = pair[1] ?? 0;
      this.#valueWords[2 * i + 1] = pair[0] ?? 0;
      return true;
    }
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      // StatusCode as a value: its 32 bits.
      if (dataType !== DataType.StatusCode) return false;
      this.#integer(i, (value as { value: number }).value);
      return true;
    }
    this.#integer(i, value);
    if (expected === ValueKind.uint64) this.batch.kind[i] = ValueKind.uint64;
    return true;
  }

  #text(i: number, kind: ValueKind, text: string): boolean {
    this.batch.kind[i] = kind;
    this.batch.f64[i] = this.batch.texts.push(text) - 1;
    return true;
  }
}

function sameContent(a: string | Uint8Array | undefined, b: string | Uint8Array | undefined): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : a === b;
}

const is64 = (dataType: DataType): boolean => dataType === DataType.Int64 || dataType === DataType.UInt64;

function scalarText(value: unknown, structures: Structures): string {
  if (typeof value === 'string') return value;
  if (value instanceof NodeId) return structures?.portable(value) ?? value.toString();
  if (value instanceof Date) return isoOf(value);
  if (typeof value === 'object' && value !== null && 'text' in value) {
    const text: unknown = value.text;
    return typeof text === 'string' ? text : '';
  }
  return String(value);
}

/** The library keeps what is below 1 ms as an extra property of the Date. */
function isoOf(date: Date): string {
  const belowMsNs = Math.floor(((date as Date & { picoseconds?: number }).picoseconds ?? 0) / 1000);
  const iso = date.toISOString();
  if (belowMsNs === 0) return iso;
  return `${iso.slice(0, -1)}${String(belowMsNs).padStart(6, '0').replace(/0+$/, '')}Z`;
}
