/**
 * Samples as lines of line protocol. The client library's `Point` gives the same bytes (tested) at about ten times the
 * cost; its escaping is used for what is made once a signal, numbers and times are written here.
 *
 * `measurement,machine=,signal=,site=[,n=] fields time`:
 * | field | when |
 * |---|---|
 * | `value` float | the number of a good sample; booleans as 0 and 1, integers rounded to double |
 * | `uncertain` float | the number of a sample whose status is not Good, so that means over `value` leave it out |
 * | `int` integer, `bool`, `text` | what `value` cannot say: 64-bit beyond 2^53; booleans; text, bytes (base64), JSON |
 * | `type` | how the others are to be read where that is not plain: `null`, `bytes`, `json`, `uint64`, `NaN`, `+Inf`, `-Inf` |
 * | `status`, `flags` integer | when not 0 |
 * | `seq` integer | order of delivery, in every line |
 * | `seqh` integer | the same once more when the sample is backfill. A record that is sent again may be flagged so, its first sending not: still one point |
 * | `at` integer | the exact time where it lies outside of what InfluxDB can hold |
 */
import { escape } from '@influxdata/influxdb-client';
import { isGood } from '#domain/status-code.ts';
import { SampleFlag } from '#domain/sample.ts';
import { ValueKind, type SampleBatch } from '#domain/sample-batch.ts';
import { parseSignalId, type SignalId } from '#domain/asset-path.ts';

/** What InfluxDB takes: one above the least and one below the greatest int64 (1.x `models/time.go`, measured on 1.6.7). */
export const MIN_TIME_NS = -9_223_372_036_854_775_806n;
export const MAX_TIME_NS = 9_223_372_036_854_775_806n;

const MIN_SAFE_MS = -9_223_372_036_854;
const MAX_SAFE_MS = 9_223_372_036_853;

/** InfluxDB 2.x documents 64 KB for a string field: longer texts are cut into fields `text`, `text1`, `text2`, ... */
export const TEXT_PART_CHARS = 16_000;

/**
 * A tag's value cannot end in a backslash, nor hold one before `,`, `=` or space: there is no escape for it. So a
 * backslash is written `%5C`, and `%` is written `%25` where it would be taken for one of the two.
 */
export const tagText = (text: string): string =>
  text.includes('\\') || text.includes('%')
    ? text.replace(/%(?=5C|25)/g, '%25').replaceAll('\\', '%5C')
    : text;

/** Inverse of {@link tagText}. */
export const tagValueOf = (tag: string): string =>
  tag.includes('%') ? tag.replace(/%(5C|25)/g, (_, code: string) => (code === '5C' ? '\\' : '%')) : tag;

/** `measurement,machine=..,signal=..,site=..`, escaped. @throws RangeError when the id is not a signal's */
export function seriesOf(kind: string, id: SignalId): string {
  const parts = parseSignalId(id);
  if (!parts) throw new RangeError(`${id} is not the id of a signal`);
  const { site, machine, path } = parts;
  return `${escape.measurement(tagText(kind))},machine=${machine},signal=${escape.tag(tagText(path))},site=${site}`;
}

/** Order of delivery as one integer: epoch number above 44 bits of sequence. */
export const orderOf = (epochNumber: number, sequence: number): bigint =>
  (BigInt(epochNumber) << 44n) | BigInt(sequence);

/** Inverse of {@link orderOf}. */
export const placeOfOrder = (order: bigint): { epochNumber: number; sequence: number } => ({
  epochNumber: Number(order >> 44n),
  sequence: Number(order & ((1n << 44n) - 1n)),
});

const quoted = (text: string): string => escape.quoted(text);

export function textFields(text: string): string {
  if (text.length <= TEXT_PART_CHARS) return `text=${quoted(text)}`;
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + TEXT_PART_CHARS, text.length);
    // Never between the halves of a surrogate pair.
    if (to < text.length && /[\uD800-\uDBFF]/.test(text[to - 1] ?? '')) to -= 1;
    parts.push(`text${parts.length === 0 ? '' : parts.length}=${quoted(text.slice(from, to))}`);
    from = to;
  }
  return parts.join(',');
}

function numberFields(value: number, good: boolean): string {
  if (value - value !== 0) return `type="${value !== value ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}"`;
  const digits = Object.is(value, -0) ? '-0' : String(value);
  return good ? `value=${digits}` : `uncertain=${digits}`;
}

function integerFields(value: bigint, good: boolean): string {
  const rounded = Number(value);
  const number = `${good ? 'value' : 'uncertain'}=${rounded}`;
  if (Number.isSafeInteger(rounded)) return number;
  if (BigInt.asIntN(64, value) !== value) return `${number},text="${value}",type="uint64"`;
  return `${number},int=${value}i`;
}

/** The fields of row `i` but for `status`, `flags` and the order. */
function valueFields(batch: SampleBatch, i: number, good: boolean): string {
  switch (batch.kind[i]) {
    case ValueKind.float:
      return numberFields(batch.f64[i] ?? NaN, good);
    case ValueKind.int:
      return integerFields(batch.i64[i] ?? 0n, good);
    case ValueKind.uint64:
      return integerFields(BigInt.asUintN(64, batch.i64[i] ?? 0n), good);
    case ValueKind.bool: {
      const isTrue = batch.f64[i] === 1;
      return `bool=${isTrue},${good ? 'value' : 'uncertain'}=${isTrue ? 1 : 0}`;
    }
    case ValueKind.text:
      return textFields(batch.texts[batch.f64[i] ?? -1] ?? '');
    case ValueKind.json:
      return `${textFields(batch.texts[batch.f64[i] ?? -1] ?? '')},type="json"`;
    case ValueKind.bytes:
      return `${textFields(Buffer.from(batch.blobs[batch.f64[i] ?? -1] ?? []).toString('base64'))},type="bytes"`;
    default:
      return 'type="null"';
  }
}

export interface LineOrigin {
  /** The signal's {@link seriesOf}, with the collision tag where it needs one. */
  readonly series: string;
  /** {@link orderOf}, as text. */
  readonly order: string;
  readonly timeMs: number;
  readonly belowMsNs: number;
}

/** Row `i` of `batch` as one line, without a line end. */
export function lineOf(batch: SampleBatch, i: number, origin: LineOrigin): string {
  const status = batch.statusCode[i] ?? 0;
  const flags = batch.flags[i] ?? 0;
  const { series, order, timeMs, belowMsNs } = origin;
  let fields = valueFields(batch, i, isGood(status));
  if (status !== 0) fields += `,status=${status}i`;
  if (flags !== 0) fields += `,flags=${flags}i`;
  fields += (flags & SampleFlag.historical) === 0 ? `,seq=${order}i` : `,seq=${order}i,seqh=${order}i`;
  if (isOrdinaryTime(timeMs)) return `${series} ${fields} ${timeText(timeMs, belowMsNs)}`;
  return lineAtTheEdge(series, fields, batch.timeNs[i] ?? 0n);
}

/** Not at the ends of what InfluxDB holds. */
export const isOrdinaryTime = (timeMs: number): boolean => timeMs > MIN_SAFE_MS && timeMs < MAX_SAFE_MS;

function lineAtTheEdge(series: string, fields: string, time: bigint): string {
  const held = clampTime(time);
  return held === time ? `${series} ${fields} ${time}` : `${series} ${fields},at=${time}i ${held}`;
}

export const clampTime = (time: bigint): bigint =>
  time < MIN_TIME_NS ? MIN_TIME_NS : time > MAX_TIME_NS ? MAX_TIME_NS : time;

/** Nanoseconds in decimal digits without a BigInt: `timeMs` rounded down, `belowMsNs` 0..999999. */
export function timeText(timeMs: number, belowMsNs: number): string {
  if (timeMs >= 1)
    return belowMsNs === 0 ? `${timeMs}000000` : `${timeMs}${String(belowMsNs).padStart(6, '0')}`;
  return String(BigInt(timeMs) * 1_000_000n + BigInt(belowMsNs));
}
