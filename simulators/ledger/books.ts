import type { MachineTotals, SiteTotals } from '../runtime/plant-truth.ts';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** A sum that must come out: what went in against what became of it, each term measured or modelled on its own. */
export interface Balance {
  readonly name: 'energy' | 'parts' | 'air';
  readonly unit: string;
  readonly left: readonly Term[];
  readonly right: readonly Term[];
  /** Share of the left side by which both may differ. */
  readonly tolerance: number;
}

export interface Term {
  readonly name: string;
  readonly amount: number;
}

export interface LedgerBooks {
  /** Of the file. */
  readonly sha256: string;
  readonly hours: number;
  readonly balances: readonly Balance[];
  /** The lines that are objects: header, states, totals. For {@link oeeOfLedger}. */
  readonly truth: readonly string[];
}

interface Truth {
  readonly time: string;
  readonly machines: readonly MachineTotals[];
  readonly site: SiteTotals;
}

interface Header {
  readonly machines: readonly {
    readonly kind: string;
    readonly signals: readonly { readonly path: string }[];
  }[];
}

/** A whole minute with what the main meter's register then showed. */
interface Reading extends Truth {
  readonly mainWh: number | undefined;
}

const REGISTER = 'Main/AcActiveEnergyTotalImport';

/** The register of the main meter, out of the samples that go by. */
class MainMeter {
  wh: number | undefined;
  readonly #start: string;
  readonly #signal: number;

  constructor({ machines }: Header) {
    const machine = machines.findIndex(({ kind }) => kind === 'energy-meter');
    this.#start = `[${machine},`;
    this.#signal = machines[machine]?.signals.findIndex(({ path }) => path === REGISTER) ?? -1;
  }

  take(line: string): void {
    if (!line.startsWith(this.#start)) return;
    const [, , ...samples] = JSON.parse(line) as [number, string, ...(readonly [number, string | null])[]];
    for (const [signal, value] of samples)
      if (signal === this.#signal && value !== null) this.wh = Number(value);
  }
}

/** Reads a ledger of any length once. @throws Error of the file system, or of a line that is no JSON */
export async function booksOfLedger(file: string): Promise<LedgerBooks> {
  const hash = createHash('sha256');
  const input = createReadStream(file);
  input.on('data', (bytes) => void hash.update(bytes));
  const truth: string[] = [];
  let meter: MainMeter | undefined;
  let first: Reading | undefined;
  let last: Reading | undefined;
  for await (const line of createInterface({ input })) {
    if (line.startsWith('[')) {
      meter?.take(line);
      continue;
    }
    truth.push(line);
    if (!meter) meter = new MainMeter(JSON.parse(line) as Header);
    if (!line.startsWith('{"truth"')) continue;
    last = { ...(JSON.parse(line) as { truth: Truth }).truth, mainWh: meter.wh };
    first ??= last;
  }
  const hours = first && last ? (Number(last.time) - Number(first.time)) / 3.6e12 : 0;
  return {
    sha256: hash.digest('hex'),
    hours,
    truth,
    balances: first && last ? balancesOf(first, last) : [],
  };
}

const total = ({ machines }: Truth, of: (totals: MachineTotals) => number): number =>
  machines.reduce((sum, each) => sum + of(each), 0);

function balancesOf(first: Reading, last: Reading): readonly Balance[] {
  const grown = (of: (reading: Reading) => number): number => of(last) - of(first);
  const site = (name: keyof SiteTotals): number => grown((reading) => reading.site[name]);
  const parts: Balance = {
    name: 'parts',
    unit: '',
    tolerance: 0,
    left: [{ name: 'entered', amount: last.site.partsEntered }],
    right: [
      { name: 'left', amount: last.site.partsLeft },
      { name: 'scrap', amount: total(last, ({ scrap }) => scrap) },
      { name: 'in buffers', amount: last.site.partsBuffered },
      { name: 'in machines', amount: total(last, ({ holding }) => holding) },
    ],
  };
  return [...energyOf(first, last), parts, ...airOf(grown, site)];
}

function energyOf(first: Reading, last: Reading): readonly Balance[] {
  if (first.mainWh === undefined || last.mainWh === undefined) return [];
  const kwh = (reading: Reading): number => total(reading, ({ energyKwh }) => energyKwh);
  return [
    {
      name: 'energy',
      unit: 'kWh',
      tolerance: 0.001,
      left: [{ name: 'main meter', amount: (last.mainWh - first.mainWh) / 1000 }],
      right: [
        { name: 'machines', amount: kwh(last) - kwh(first) },
        { name: 'building', amount: last.site.baseKwh - first.site.baseKwh },
        { name: 'feeder loss', amount: last.site.feederLossKwh - first.site.feederLossKwh },
      ],
    },
  ];
}

function airOf(
  grown: (of: (reading: Reading) => number) => number,
  site: (name: keyof SiteTotals) => number,
): readonly Balance[] {
  if (!(site('airDeliveredM3') > 0)) return [];
  return [
    {
      name: 'air',
      unit: 'm³',
      tolerance: 0.005,
      left: [{ name: 'delivered', amount: site('airDeliveredM3') }],
      right: [
        { name: 'machines', amount: grown((reading) => total(reading, ({ airM3 }) => airM3)) },
        { name: 'other users', amount: site('airOtherM3') },
        { name: 'leaks', amount: site('airLeakedM3') },
        { name: 'more in the receiver', amount: site('airStoredM3') },
      ],
    },
  ];
}

const sum = (terms: readonly Term[]): number => terms.reduce((all, { amount }) => all + amount, 0);

/** By how much both sides differ, as a share of the left one; and whether that is allowed. */
export function difference({ left, right, tolerance }: Balance): {
  readonly share: number;
  readonly holds: boolean;
} {
  const share = (sum(left) - sum(right)) / sum(left);
  return { share, holds: Math.abs(share) <= tolerance };
}
