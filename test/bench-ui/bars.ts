import { cpus, loadavg } from 'node:os';
import { watchSteal } from '../bench/process-figures.ts';

/** A row of the table: a quality bar of the dashboards, what was reached, whether that is enough. */
interface Bar {
  readonly bar: string;
  readonly figure: string;
  readonly reached: string;
  readonly goal: string;
  readonly met: string;
}

export interface Verdict {
  readonly goal: string;
  readonly met: boolean;
}

export const atMost = (value: number, bound: number, unit: string): Verdict => ({
  goal: `<= ${bound} ${unit}`.trim(),
  met: value <= bound,
});

/** Collects the rows, each part of them under the load that the machine had meanwhile. */
export class Bars {
  readonly rows: Bar[] = [];

  add(bar: string, figure: string, reached: string, verdict?: Verdict): void {
    const met = verdict === undefined ? '' : verdict.met ? 'yes' : 'NO';
    this.rows.push({ bar, figure, reached, goal: verdict?.goal ?? '', met });
    process.stdout.write(`  ${bar} ${figure}: ${reached} ${verdict?.goal ?? ''} ${met}\n`);
  }

  /** Measures one part; what goes wrong in it is a row and ends that part only. */
  async part(name: string, measure: () => Promise<void>): Promise<void> {
    process.stdout.write(`${name}\n`);
    const steal = watchSteal();
    try {
      await measure();
    } catch (error) {
      this.rows.push({
        bar: '',
        figure: name,
        reached: `not measured: ${String(error)}`,
        goal: '',
        met: 'NO',
      });
    }
    const load = ((loadavg()[0] ?? 0) / cpus().length).toFixed(1);
    this.add(
      '',
      `  machine during "${name}"`,
      `load ${load} a core, taken by the host ${steal().toFixed(1)} %`,
    );
  }
}

export const inMs = (value: number): string => `${value.toFixed(0)} ms`;
export const inPercent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** The value below which `share` of the values lie; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
