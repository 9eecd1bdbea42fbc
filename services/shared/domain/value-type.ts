import type { SampleValue } from './sample.ts';

/**
 * How an exported value is to be read back: `integer` is one beyond 2^53, smaller ones are numbers; `-0` is the number that Parquet's
 * dictionaries take for 0.
 */
export const VALUE_TYPES = ['null', 'number', 'integer', 'bool', 'text', 'bytes', 'json', '-0'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

export const isValueType = (text: string): text is ValueType =>
  (VALUE_TYPES as readonly string[]).includes(text);

export function valueTypeOf(value: SampleValue): ValueType {
  if (value === null) return 'null';
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : 'number';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'text';
  return value instanceof Uint8Array ? 'bytes' : 'json';
}
