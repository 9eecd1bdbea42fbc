import type { WireValue } from './values.ts';
import type { SampleValue } from '#domain/sample.ts';

/** A value as the JSON of the API carries it (see `sampleValueSchema`). */
export function toWireValue(value: SampleValue): WireValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value.json;
}

/** JSON text of {@link toWireValue}; the sign of a negative zero is kept. */
export function valueJson(value: SampleValue): string {
  if (typeof value === 'number') return numberJson(value);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return JSON.stringify(toWireValue(value));
}

/** Shortest text that reads back as the same double; NaN and the infinities as JSON strings. */
function numberJson(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}
