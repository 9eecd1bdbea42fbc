/** A ledger, put into a real store as if it had come all the way: what the verifier's own test starts from. */
import { readFileSync } from 'node:fs';
import type { SampleValue } from '#domain/sample.ts';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import type { SampleStore, SamplesRecord } from '#domain/sample-store.ts';

const STREAM = { agent: 'brest/edge-1', epoch: '00000000000000a1' };

interface LedgerSignal {
  readonly path: string;
  readonly dataType: string;
  readonly arrayLength?: number;
}

interface LedgerMachine {
  readonly id: string;
  readonly kind: string;
  readonly signals: readonly LedgerSignal[];
}

type Entry = readonly [
  signal: number,
  value: number | string | boolean | readonly number[] | null,
  status?: number,
];
type Tick = readonly [machine: number, ns: string, ...entries: Entry[]];

export interface LedgerText {
  readonly site: string;
  readonly machines: readonly LedgerMachine[];
  readonly ticks: readonly Tick[];
}

export function readLedgerText(file: string): LedgerText {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const { site, machines } = JSON.parse(head) as { site: string; machines: LedgerMachine[] };
  return {
    site,
    machines,
    ticks: lines.filter((line) => line.startsWith('[')).map((line) => JSON.parse(line) as Tick),
  };
}

const RECORDS_AT_ONCE = 500;
/** Each so many-th record came late, as those of a backlog do. */
const LATE_EVERY = 3;
const HISTORICAL = 1;

/** Appends ticks `from..to` (exclusive), one record each, with the sequence of their place. */
export async function storeTicks(
  store: SampleStore,
  ledger: LedgerText,
  from: number,
  to: number,
): Promise<void> {
  await store.openStream(STREAM);
  const numbers: (readonly number[])[] = [];
  for (const machine of ledger.machines)
    numbers.push(await store.putCatalogue(catalogueOf(ledger.site, machine)));
  for (let at = from; at < to; at += RECORDS_AT_ONCE)
    await store.append(
      ledger.ticks
        .slice(at, Math.min(to, at + RECORDS_AT_ONCE))
        .map((tick, i) => recordOf(ledger, tick, { numbers, sequence: at + i + 1 })),
    );
}

function catalogueOf(
  site: string,
  { id, kind, signals }: LedgerMachine,
): Parameters<SampleStore['putCatalogue']>[0] {
  const machine = `${site}/${id}` as const;
  return {
    machine: {
      id: machine,
      assetPath: { enterprise: 'pilot', site },
      kind,
      name: { en: id },
      provenance: 'simulated',
    },
    signals: signals.map(({ path, arrayLength }) => ({
      id: `${machine}/${path}` as const,
      machine,
      path,
      name: { en: path },
      dataType: 'Double',
      isArray: arrayLength !== undefined,
      nodeId: `nsu=urn:test;s=${path}`,
    })),
  };
}

function recordOf(
  ledger: LedgerText,
  [machine, ns, ...entries]: Tick,
  at: { readonly numbers: readonly (readonly number[])[]; readonly sequence: number },
): SamplesRecord {
  const { id = '', signals = [] } = ledger.machines[machine] ?? {};
  const batch = createSampleBatch(entries.length);
  entries.forEach(([signal, value, status = 0], i) => {
    batch.signal[i] = at.numbers[machine]?.[signal] ?? 0;
    batch.timeNs[i] = BigInt(ns);
    batch.statusCode[i] = status;
    if (at.sequence % LATE_EVERY === 0) batch.flags[i] = HISTORICAL;
    setValue(batch, i, valueOf(signals[signal], value));
  });
  batch.count = entries.length;
  const { sequence } = at;
  return {
    kind: 'samples',
    stream: STREAM,
    sequence,
    checksum: sequence,
    machine: `${ledger.site}/${id}`,
    batch,
  };
}

function valueOf(signal: LedgerSignal | undefined, value: Entry[1]): SampleValue {
  if (value === null) return null;
  if (signal?.dataType === 'Structure') return { json: JSON.stringify(value) };
  const isFloat = signal?.dataType === 'Float';
  if (Array.isArray(value)) {
    const elements = value as readonly number[];
    return { json: JSON.stringify(isFloat ? elements.map((one) => Math.fround(one)) : elements) };
  }
  switch (signal?.dataType) {
    case 'Double':
      return Number(value);
    case 'Float':
      return Math.fround(Number(value));
    case 'Boolean':
      return value === true;
    case 'String':
    case 'LocalizedText':
      return String(value);
    case 'DateTime':
      return new Date(Number(value)).toISOString();
    default:
      return BigInt(value as string | number);
  }
}
