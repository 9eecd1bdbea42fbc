import type { SignalId } from '#domain/asset-path.ts';
import { SampleFlag, type Sample, type SampleValue } from '#domain/sample.ts';
import { bigintIn, numberIn, textIn, type Cell } from './influxql.ts';
import { longText } from './ledger.ts';
import { TEXT_PART_CHARS } from './line-protocol.ts';

export type Row = Readonly<Record<string, Cell>>;

/** Fields of a sample but for the further parts of a long text. */
export const SAMPLE_FIELDS = [
  'value',
  'uncertain',
  'int',
  'bool',
  'text',
  'type',
  'status',
  'flags',
  'seq',
  'seqh',
  'at',
] as const;

/** Columns of a query for samples, in the form of a SELECT list. */
export const SAMPLE_COLUMNS = [...SAMPLE_FIELDS, 'n'].map((name) => `"${name}"`).join(', ');

/** A stored sample and where it stands in its signal's order. */
export interface StoredSample {
  readonly sample: Sample;
  readonly order: bigint;
  /** Number of the collision tag, 0 without one. */
  readonly n: number;
}

export function storedSampleOf(row: Row, signal: SignalId): StoredSample {
  const order = row['seq'];
  const flags = numberIn(row['flags']);
  return {
    sample: {
      signal,
      sourceTimestamp: bigintIn(row['at'] ?? row['time']),
      value: valueOf(row),
      statusCode: numberIn(row['status']),
      flags: row['seqh'] === null || row['seqh'] === undefined ? flags : flags | SampleFlag.historical,
    },
    order: bigintIn(order),
    n: numberIn(row['n']),
  };
}

function valueOf(row: Row): SampleValue {
  switch (row['type']) {
    case 'null':
      return null;
    case 'NaN':
      return NaN;
    case '+Inf':
      return Infinity;
    case '-Inf':
      return -Infinity;
    case 'bytes':
      return new Uint8Array(Buffer.from(longText(row), 'base64'));
    case 'json':
      return { json: longText(row) };
    case 'uint64':
      return BigInt(textIn(row['text']));
    default:
      return plainValueOf(row);
  }
}

function plainValueOf(row: Row): SampleValue {
  if (isThere(row['int'])) return bigintIn(row['int']);
  if (isThere(row['bool'])) return row['bool'] === true;
  if (isThere(row['text'])) return longText(row);
  const number = row['value'] ?? row['uncertain'];
  return isThere(number) ? Number(number) : null;
}

const isThere = (cell: Cell | undefined): cell is Exclude<Cell, null> => cell !== null && cell !== undefined;

/** May the text go on in fields that were not asked for? */
export const hasMoreText = (row: Row): boolean => textIn(row['text']).length >= TEXT_PART_CHARS - 1;

/** Order of a signal's samples: time, delivery, place within the record. */
export function inOrder(a: StoredSample, b: StoredSample): number {
  const at = a.sample.sourceTimestamp;
  const bt = b.sample.sourceTimestamp;
  if (at !== bt) return at < bt ? -1 : 1;
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return a.n - b.n;
}
