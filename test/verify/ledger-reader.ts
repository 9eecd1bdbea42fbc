/**
 * Reads ledgers of the simulators (`simulators/ledger/README.md`) by a code path of its own: what was produced, per signal, in the
 * order of production. Nothing of the product takes part.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { numberText, sampleKey } from './sample-key.ts';

export interface ProducedSample {
  /** Time, status and value as text: {@link sampleKey}. */
  readonly key: string;
  readonly timeMs: number;
}

export interface Ledger {
  readonly site: string;
  /** `site/machine/path` -> its samples; signals that produced nothing are there, too. */
  readonly signals: ReadonlyMap<string, readonly ProducedSample[]>;
  readonly samples: number;
}

interface HeaderSignal {
  readonly path: string;
  readonly dataType: string;
  readonly arrayLength?: number;
}

interface Header {
  readonly ledger: number;
  readonly site: string;
  readonly machines: readonly { readonly id: string; readonly signals: readonly HeaderSignal[] }[];
}

type LedgerValue = number | string | boolean | readonly number[] | null;
type Entry = readonly [signal: number, value: LedgerValue, statusCode?: number];

interface Column {
  readonly signal: HeaderSignal;
  readonly samples: ProducedSample[];
}

/** Ledgers one after the other: each start of the simulators begins a new one. @throws when a line but the last is torn */
export async function readLedgers(files: readonly string[]): Promise<Ledger> {
  const signals = new Map<string, ProducedSample[]>();
  let site = '';
  let samples = 0;
  for (const file of files) {
    let columns: Column[][] | undefined;
    let torn: string | undefined;
    for await (const line of createInterface({ input: createReadStream(file, 'utf8') })) {
      if (torn !== undefined) throw new Error(`${file}: not a line of a ledger: ${torn.slice(0, 80)}`);
      const parsed = parseLine(line);
      if (parsed === undefined)
        torn = line; // allowed at the end: the process died
      else if (columns === undefined) {
        const header = parsed as Header;
        if (header.ledger !== 1) throw new Error(`${file}: not a ledger of version 1`);
        site = header.site;
        columns = columnsOf(header, signals);
      } else if (Array.isArray(parsed)) samples += addTick(columns, parsed);
    }
  }
  return { site, signals, samples };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function columnsOf(header: Header, signals: Map<string, ProducedSample[]>): Column[][] {
  return header.machines.map(({ id, signals: ofMachine }) =>
    ofMachine.map((signal) => {
      const name = `${header.site}/${id}/${signal.path}`;
      const samples = signals.get(name) ?? [];
      signals.set(name, samples);
      return { signal, samples };
    }),
  );
}

function addTick(columns: readonly (readonly Column[])[], tick: readonly unknown[]): number {
  const [machine, ns, ...entries] = tick as [number, string, ...Entry[]];
  const timeMs = Number(ns.slice(0, -6));
  for (const [signal, value, statusCode = 0] of entries) {
    const column = columns[machine]?.[signal];
    if (!column)
      throw new Error(`the ledger names signal ${signal} of machine ${machine}, which it has not introduced`);
    column.samples.push({ key: sampleKey(ns, statusCode, producedText(column.signal, value)), timeMs });
  }
  return entries.length;
}

/** The value as the path of a value must deliver it, by the declared type. */
function producedText({ dataType, arrayLength }: HeaderSignal, value: LedgerValue): string {
  if (value === null) return 'null';
  if (dataType === 'Structure') return `j:${JSON.stringify(value)}`;
  if (arrayLength !== undefined) {
    const elements = value as readonly number[];
    return `j:${JSON.stringify(dataType === 'Float' ? elements.map((one) => Math.fround(one)) : elements)}`;
  }
  switch (dataType) {
    case 'Boolean':
      return value === true ? 'b:1' : 'b:0';
    case 'String':
    case 'LocalizedText':
      return `t:${String(value)}`;
    case 'DateTime':
      return `t:${new Date(Number(value)).toISOString()}`;
    case 'Float':
      return numberText(Math.fround(Number(value)));
    case 'Int64':
    case 'UInt64':
      return `n:${String(value)}`;
    default:
      return numberText(Number(value));
  }
}
