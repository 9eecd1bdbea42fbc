import { seededRandom } from '../support/seeded-random.ts';
import type { Fault, Random } from './fault.ts';
import { recordKills } from './kills-record.ts';
import { findingLines, outcomeLine, outcomeTable, recoveryTable } from './outcome-table.ts';
import { PlantStack } from './plant-stack.ts';
import { FaultRunner, type FaultOutcome } from './run-fault.ts';
import { FAULTS } from './table/all-faults.ts';

export interface TableOptions {
  readonly boundMs: number;
  /** Parts of names. */
  readonly only?: readonly string[] | undefined;
  /** Whole names. */
  readonly exactly?: readonly string[] | undefined;
  readonly seed: number;
  /** Rounds through the table; absent: one, and more while there is time. */
  readonly runs?: number | undefined;
  readonly record: boolean;
  /** Leaves the folders of the plants behind. */
  readonly keep: boolean;
  readonly print: (line: string) => void;
}

/** True when every run came out as expected. */
export async function runFaults(options: TableOptions): Promise<boolean> {
  const { boundMs, seed, print } = options;
  const faults = FAULTS.filter((fault) => isWanted(fault, options));
  const endMs = performance.now() + boundMs;
  const random = seededRandom(seed);
  const outcomes: FaultOutcome[] = [];
  print(`seed ${seed}, ${faults.length} faults`);
  try {
    for (const [id, group] of Map.groupBy(tried(faults, print), ({ stack }) => stack?.id ?? 'usual')) {
      print(`-- plant: ${id}`);
      await onOnePlant(group, options, { endMs, random, outcomes });
    }
  } finally {
    if (options.record) recordKills(outcomes, seed);
  }
  for (const line of outcomeTable(outcomes)) print(line);
  for (const line of recoveryTable(outcomes)) print(line);
  return outcomes.length > 0 && outcomes.every(({ failures }) => failures.length === 0);
}

interface TableRun {
  /** performance.now() after which no further harm is begun. */
  readonly endMs: number;
  readonly random: Random;
  readonly outcomes: FaultOutcome[];
}

async function onOnePlant(
  group: readonly Fault[],
  { runs = 1, keep, print }: TableOptions,
  { endMs, random, outcomes }: TableRun,
): Promise<void> {
  const stack = new PlantStack(group[0]?.stack?.options() ?? {});
  let isSound = false;
  try {
    await stack.start();
    const runner = new FaultRunner(stack);
    await runner.prepare();
    for (let round = 0; round < runs; round += 1)
      for (const fault of group) {
        if (performance.now() > endMs) break;
        const outcome = await runner.run(fault, random);
        outcomes.push(outcome);
        print(outcomeLine(outcome));
        for (const line of findingLines(outcome)) print(line);
      }
    isSound = outcomes.every(({ failures }) => failures.length === 0);
  } finally {
    await stack.stop();
    if (keep || !isSound) print(`   kept: ${stack.dir}`);
    else stack.remove();
  }
}

const isWanted = ({ name }: Fault, { only, exactly }: Pick<TableOptions, 'only' | 'exactly'>): boolean =>
  (only === undefined || only.some((part) => name.includes(part))) &&
  (exactly === undefined || exactly.includes(name));

function tried(faults: readonly Fault[], print: (line: string) => void): Fault[] {
  return faults.filter((fault) => {
    const why = fault.unavailable?.();
    if (why !== undefined) print(`not tried: ${fault.name}: ${why}`);
    return why === undefined;
  });
}
