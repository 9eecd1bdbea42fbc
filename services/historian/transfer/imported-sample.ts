import { parseSignalId, type SignalId } from '#domain/asset-path.ts';
import type { Sample, SampleValue } from '#domain/sample.ts';
import { isoToNs } from '#domain/time.ts';
import { isValueType, type ValueType } from '#domain/value-type.ts';

/** What is wrong with one line of a file. */
export class BadLine extends Error {}

/** Columns of an exported file; `type` is absent from those of others. */
export const IMPORT_COLUMNS = ['signal', 'sourceTimestamp', 'value', 'statusCode', 'type'] as const;
export type ImportColumn = (typeof IMPORT_COLUMNS)[number];

/** Texts of one sample, `undefined` where there is nothing. */
export type ImportedTexts = Readonly<Record<ImportColumn, string | undefined>>;

const INT64_MIN = -(2n ** 63n);
const UINT64_END = 2n ** 64n;
const NUMBER_WORDS: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  '+inf': Infinity,
  infinity: Infinity,
  '-inf': -Infinity,
  '-infinity': -Infinity,
};

/** @throws BadLine */
export function importedSample(texts: ImportedTexts): Sample {
  const { signal = '', sourceTimestamp = '', value, statusCode = '0', type } = texts;
  if (!parseSignalId(signal))
    throw new BadLine(`"${signal}" is not the id of a signal like brest/cnc-01/Spindle/Load`);
  const time = isoToNs(sourceTimestamp);
  if (time === undefined)
    throw new BadLine(`"${sourceTimestamp}" is not a time with its zone, like 2026-11-22T06:00:00.123Z`);
  const status = Number(statusCode);
  if (!/^\d+$/.test(statusCode) || status > 0xffffffff)
    throw new BadLine(`"${statusCode}" is not a status code, a whole number from 0 to 4294967295`);
  return {
    signal: signal as SignalId,
    sourceTimestamp: time,
    value: typed(value, type),
    statusCode: status,
    flags: 0,
  };
}

function typed(text: string | undefined, type: string | undefined): SampleValue {
  if (type === undefined) return guessed(text);
  if (!isValueType(type)) throw new BadLine(`"${type}" is not a type of value`);
  return typedValue(text ?? '', type);
}

/** @throws BadLine when the text is no value of that type */
export function typedValue(text: string, type: ValueType): SampleValue {
  switch (type) {
    case 'null':
      return null;
    case '-0':
      return -0;
    case 'number':
      return numberOf(text);
    case 'integer':
      return integerOf(text);
    case 'bool':
      if (text === 'true' || text === 'false') return text === 'true';
      throw new BadLine(`"${text}" is neither true nor false`);
    case 'text':
      return text;
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'json':
      return { json: text };
  }
}

function guessed(text: string | undefined): SampleValue {
  if (text === undefined) return null;
  if (text === 'true' || text === 'false') return text === 'true';
  const number = parsedNumber(text);
  return number ?? text;
}

function parsedNumber(text: string): number | undefined {
  const word = NUMBER_WORDS[text.toLowerCase()];
  if (word !== undefined) return word;
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;
}

function numberOf(text: string): number {
  const number = parsedNumber(text);
  if (number === undefined) throw new BadLine(`"${text.slice(0, 40)}" is not a number`);
  return number;
}

function integerOf(text: string): bigint {
  const value = /^-?\d{1,20}$/.test(text) ? BigInt(text) : UINT64_END;
  if (value >= INT64_MIN && value < UINT64_END) return value;
  throw new BadLine(`"${text.slice(0, 40)}" is not a whole number of 64 bits`);
}
