import { isGood } from '#domain/status-code.ts';
import { SampleFlag } from '#domain/sample.ts';
import { ValueKind, type SampleBatch } from '#domain/sample-batch.ts';
import { isOrdinaryTime, lineOf, timeText } from './line-protocol.ts';

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

const VALUE = ' value=';
const UNCERTAIN = ascii(' uncertain=');
const BOOLEANS = [true, false].map((good) => {
  const number = good ? 'value' : 'uncertain';
  return [ascii(` bool=false,${number}=0`), ascii(` bool=true,${number}=1`)] as const;
});
const EMPTY = new Uint8Array();
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const LINE_END = 10;

/** Room for everything of a sample's line but its series: longer ones go another way. */
const REST_BYTES = 256;
const GREATEST_PLAIN = 1e15;

/** A signal's series, escaped; made once a signal. */
export class SeriesBytes {
  readonly text: string;
  /** With ` value=` behind it, in UTF-8. */
  readonly value: Uint8Array;

  constructor(text: string) {
    this.text = text;
    this.value = new Uint8Array(Buffer.from(text + VALUE));
  }
}

/** The record that samples are of. */
export class LineOrder {
  /** As text. */
  readonly order: string;
  readonly live: Uint8Array;
  readonly late: Uint8Array;

  constructor(order: bigint) {
    this.order = String(order);
    this.live = ascii(`,seq=${order}i `);
    this.late = ascii(`,seq=${order}i,seqh=${order}i `);
  }
}

export interface SampleOrigin {
  readonly series: SeriesBytes;
  readonly order: LineOrder;
  readonly timeMs: number;
  readonly belowMsNs: number;
}

interface LastWritten {
  readonly order: Uint8Array;
  readonly timeMs: number;
  readonly belowMsNs: number;
  readonly from: number;
  readonly to: number;
}

/** Lines of line protocol as the bytes that go out: the ordinary sample is written without a string being made of it. */
export class LineBuffer {
  #bytes: Buffer;
  #at = 0;
  /** Behind each line's end. */
  readonly #ends: number[] = [];
  /** The last sample's order and time, which the next one mostly shares. */
  #last: LastWritten = { order: EMPTY, timeMs: NaN, belowMsNs: 0, from: 0, to: 0 };

  constructor(capacityBytes = 4_096) {
    this.#bytes = Buffer.allocUnsafe(capacityBytes);
  }

  static of(lines: readonly string[]): LineBuffer {
    const buffer = new LineBuffer(lines.reduce((sum, line) => sum + line.length + 1, 0));
    for (const line of lines) buffer.add(line);
    return buffer;
  }

  get count(): number {
    return this.#ends.length;
  }

  /** Bytes of lines `from..to` (exclusive). */
  bytesBetween(from: number, to: number): number {
    return this.#startOf(to) - this.#startOf(from);
  }

  /** Lines `from..to` (exclusive) without the last line end. A view: nothing is copied. */
  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#startOf(from), Math.max(this.#startOf(from), this.#startOf(to) - 1));
  }

  text(i: number): string {
    return this.slice(i, i + 1).toString('utf8');
  }

  #startOf(line: number): number {
    return line === 0 ? 0 : (this.#ends[line - 1] ?? 0);
  }

  add(line: string): void {
    this.#reserve(Buffer.byteLength(line) + 1);
    this.#at += this.#bytes.write(line, this.#at);
    this.#endLine();
  }

  /** Row `i` of `batch`: the bytes of {@link lineOf}. */
  addSample(batch: SampleBatch, i: number, origin: SampleOrigin): void {
    const { series, order, timeMs, belowMsNs } = origin;
    if (!isOrdinaryTime(timeMs) || !this.#begin(series, batch, i)) {
      this.add(lineOf(batch, i, { series: series.text, order: order.order, timeMs, belowMsNs }));
      return;
    }
    const status = batch.statusCode[i] ?? 0;
    const flags = batch.flags[i] ?? 0;
    if (status !== 0) this.#ascii(`,status=${status}i`);
    if (flags !== 0) this.#ascii(`,flags=${flags}i`);
    this.#finish((flags & SampleFlag.historical) === 0 ? order.live : order.late, timeMs, belowMsNs);
  }

  #finish(order: Uint8Array, timeMs: number, belowMsNs: number): void {
    const last = this.#last;
    const from = this.#at;
    if (last.order === order && last.timeMs === timeMs && last.belowMsNs === belowMsNs) {
      this.#bytes.copyWithin(from, last.from, last.to);
      this.#at += last.to - last.from;
    } else {
      this.#copy(order);
      this.#time(timeMs, belowMsNs);
      this.#last = { order, timeMs, belowMsNs, from, to: this.#at };
    }
    this.#endLine();
  }

  #time(timeMs: number, belowMsNs: number): void {
    if (timeMs < 1) return this.#ascii(timeText(timeMs, belowMsNs));
    this.#integer(timeMs);
    this.#digits(belowMsNs, 6, this.#at);
    this.#at += 6;
  }

  /** Series and value; false, and nothing is written, when the value is none of the ordinary kinds. */
  #begin({ value: series }: SeriesBytes, batch: SampleBatch, i: number): boolean {
    const kind = batch.kind[i];
    const good = isGood(batch.statusCode[i] ?? 0);
    if (kind === ValueKind.bool) {
      this.#reserve(series.length + REST_BYTES);
      this.#copy(series);
      this.#at -= VALUE.length;
      this.#copy(BOOLEANS[good ? 0 : 1]?.[batch.f64[i] === 1 ? 1 : 0] ?? EMPTY);
      return true;
    }
    const value =
      kind === ValueKind.float
        ? (batch.f64[i] ?? NaN)
        : kind === ValueKind.int
          ? Number(batch.i64[i] ?? 0n)
          : NaN;
    // Not finite, or an integer that a double does not hold.
    if (value - value !== 0 || (kind === ValueKind.int && !Number.isSafeInteger(value))) return false;
    this.#reserve(series.length + REST_BYTES);
    this.#copy(series);
    if (!good) {
      this.#at -= VALUE.length;
      this.#copy(UNCERTAIN);
    }
    this.#number(value);
    return true;
  }

  /** The shortest digits that give the number back, as `String` has them. */
  #number(value: number): void {
    if (value === 0 || !(Math.abs(value) < GREATEST_PLAIN))
      return this.#ascii(Object.is(value, -0) ? '-0' : String(value));
    if (value === Math.trunc(value)) return this.#decimal(value, 1, 0);
    // Up to 15 digits: when the quotient is the number, these are its shortest digits.
    const thousandths = Math.round(value * 1e3);
    if (thousandths / 1e3 === value && Math.abs(thousandths) < GREATEST_PLAIN)
      return this.#decimal(thousandths, 1e3, 3);
    const millionths = Math.round(value * 1e6);
    if (millionths / 1e6 === value && Math.abs(millionths) < GREATEST_PLAIN)
      return this.#decimal(millionths, 1e6, 6);
    this.#ascii(String(value));
  }

  /** `scaled / scale`, where scale = 10^places. */
  #decimal(scaled: number, scale: number, places: number): void {
    let rest = scaled;
    if (rest < 0) {
      this.#bytes[this.#at++] = MINUS;
      rest = -rest;
    }
    const whole = Math.floor(rest / scale);
    this.#integer(whole);
    let fraction = rest - whole * scale;
    if (fraction === 0) return;
    let digits = places;
    while (fraction % 10 === 0) {
      fraction /= 10;
      digits -= 1;
    }
    this.#bytes[this.#at] = POINT;
    this.#digits(fraction, digits, this.#at + 1);
    this.#at += digits + 1;
  }

  /** 0..1e15. */
  #integer(value: number): void {
    if (value >= 1e9) {
      const high = Math.floor(value / 1e9);
      this.#integer(high);
      this.#digits(value - high * 1e9, 9, this.#at);
      this.#at += 9;
      return;
    }
    let count = 1;
    for (let limit = 10; limit <= value; limit *= 10) count += 1;
    this.#digits(value, count, this.#at);
    this.#at += count;
  }

  #digits(value: number, count: number, at: number): void {
    let rest = value | 0;
    for (let i = at + count - 1; i >= at; i -= 1) {
      const tenth = (rest / 10) | 0;
      this.#bytes[i] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
  }

  #ascii(text: string): void {
    for (let i = 0; i < text.length; i += 1) this.#bytes[this.#at + i] = text.charCodeAt(i);
    this.#at += text.length;
  }

  #copy(from: Uint8Array): void {
    this.#bytes.set(from, this.#at);
    this.#at += from.length;
  }

  #endLine(): void {
    this.#bytes[this.#at++] = LINE_END;
    this.#ends.push(this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe(Math.max(this.#at + bytes, this.#bytes.length * 2));
    this.#bytes.copy(wider, 0, 0, this.#at);
    this.#bytes = wider;
  }
}
