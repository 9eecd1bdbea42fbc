import type { SignalId } from '#domain/asset-path.ts';
import { ValueKind, setValue, valueAt, type SampleBatch } from '#domain/sample-batch.ts';
import type { SignalNo } from '#domain/sample-store.ts';
import type { DataTypeName } from '#domain/machine.ts';
import type { MovedSample } from '../transfer/moved-sample.ts';
import type { ResultChunk } from './duck.ts';
import type { StoredSpan } from './delivery-log.ts';
import { createColumns, type ColumnViews } from './packed-columns.ts';

/** Columns that {@link movedRows} reads, in this order. */
export const MOVED_COLUMNS =
  'signal, time_ns, kind, value, int, raw, status, flags::UTINYINT AS flags, epoch::INTEGER AS epoch, seq::BIGINT AS seq';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function movedRows(chunk: ResultChunk, idOf: (no: SignalNo) => SignalId): MovedSample[] {
  const signal = chunk.int32(0);
  const timeNs = chunk.bigint64(1);
  const kind = chunk.uint8(2);
  const statusCode = chunk.uint32(6);
  const flags = chunk.uint8(7);
  const epoch = chunk.int32(8);
  const sequence = chunk.bigint64(9);
  const numbers = { kind, f64: chunk.float64(3), i64: chunk.bigint64(4), texts: [], blobs: [] };
  return Array.from({ length: chunk.rows }, (_, i): MovedSample => ({
    sample: {
      signal: idOf(signal[i] ?? 0),
      sourceTimestamp: timeNs[i] ?? 0n,
      value: valueOf(chunk, i, numbers),
      statusCode: statusCode[i] ?? 0,
      flags: flags[i] ?? 0,
    },
    epochNumber: epoch[i] ?? 0,
    sequence: Number(sequence[i] ?? 0n),
  }));
}

function valueOf(
  chunk: ResultChunk,
  i: number,
  numbers: Pick<SampleBatch, 'kind' | 'f64' | 'i64' | 'texts' | 'blobs'>,
): MovedSample['sample']['value'] {
  switch (numbers.kind[i]) {
    case ValueKind.text:
      return decoder.decode(chunk.bytes(5, i));
    case ValueKind.json:
      return { json: decoder.decode(chunk.bytes(5, i)) };
    case ValueKind.bytes:
      return chunk.bytes(5, i);
    default:
      return valueAt(numbers as SampleBatch, i);
  }
}

const INTEGERS: ReadonlySet<DataTypeName> = new Set([
  'SByte',
  'Byte',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'UInt64',
  'Enumeration',
]);

export interface SignalFacts {
  readonly no: SignalNo;
  readonly dataType: DataTypeName | undefined;
}

/** Rows as the log would hold them: by record. What came as a whole number of an integer signal is one again. */
export function columnsOf(
  samples: readonly MovedSample[],
  factsOf: (signal: SignalId) => SignalFacts,
): { columns: ColumnViews; spans: StoredSpan[] } {
  const inOrder = samples.toSorted((a, b) => a.epochNumber - b.epochNumber || a.sequence - b.sequence);
  const columns = createColumns(inOrder.length);
  const spans: StoredSpan[] = [];
  let from = 0;
  for (const [i, { sample, epochNumber, sequence }] of inOrder.entries()) {
    const { no, dataType } = factsOf(sample.signal);
    const { value } = sample;
    const isWhole = dataType !== undefined && INTEGERS.has(dataType) && isInteger(value);
    columns.signal[i] = no;
    columns.timeNs[i] = sample.sourceTimestamp;
    setValue(columns, i, isWhole ? BigInt(value) : value);
    columns.statusCode[i] = sample.statusCode;
    columns.flags[i] = sample.flags;
    const next = inOrder[i + 1];
    if (next?.epochNumber === epochNumber && next.sequence === sequence) continue;
    spans.push({ epochNo: epochNumber, sequence, from, to: i + 1 });
    from = i + 1;
  }
  return { columns, spans };
}

const isInteger = (value: MovedSample['sample']['value']): value is number =>
  Number.isSafeInteger(value) && !Object.is(value, -0);
