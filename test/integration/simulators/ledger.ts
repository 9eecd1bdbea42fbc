import type { DataValue } from 'node-opcua-client';
import { readFile } from 'node:fs/promises';
import { DataType } from 'node-opcua-client';

/** One produced or received value in a form in which both can be compared. */
export interface ComparableSample {
  readonly path: string;
  readonly timeNs: bigint;
  readonly value: unknown;
  readonly statusCode: number;
}

interface Header {
  readonly machines: readonly {
    readonly id: string;
    readonly signals: readonly { readonly path: string; readonly dataType: string }[];
  }[];
}

/** What the ledger says of one machine, in the order of production. */
export async function readLedger(path: string, machineId: string): Promise<ComparableSample[]> {
  const [first = '', ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const { machines } = JSON.parse(first) as Header;
  const position = machines.findIndex(({ id }) => id === machineId);
  const signals = machines[position]?.signals ?? [];
  const samples: ComparableSample[] = [];
  for (const line of lines) {
    if (!line.startsWith(`[${position},`)) continue;
    const [, ns, ...entries] = JSON.parse(line) as [number, string, ...[number, unknown, number?][]];
    for (const [signal, value, statusCode = 0] of entries)
      samples.push({ path: signals[signal]?.path ?? '?', timeNs: BigInt(ns), value, statusCode });
  }
  return samples;
}

/** A notification in the ledger's terms: 64-bit integers as digits, times as ms, texts as text. */
export function receivedSample(path: string, dataValue: DataValue): ComparableSample {
  const ms = BigInt(dataValue.sourceTimestamp?.getTime() ?? 0);
  const timeNs = ms * 1_000_000n + BigInt(Math.round(dataValue.sourcePicoseconds / 1000));
  return { path, timeNs, value: comparable(dataValue), statusCode: dataValue.statusCode.value };
}

function comparable({ value }: DataValue): unknown {
  const raw: unknown = value.value;
  if (raw === null || raw === undefined) return null;
  if (value.dataType === DataType.Int64 || value.dataType === DataType.UInt64) {
    const [high, low] = raw as [number, number];
    const bits = (BigInt(high) << 32n) | BigInt(low >>> 0);
    return String(value.dataType === DataType.Int64 ? BigInt.asIntN(64, bits) : bits);
  }
  if (raw instanceof Date) return raw.getTime();
  if (value.dataType === DataType.LocalizedText) return (raw as { text: string }).text;
  if (ArrayBuffer.isView(raw)) return Array.from(raw as unknown as ArrayLike<number>);
  return raw;
}
