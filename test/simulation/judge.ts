import type { SimulatedMachine } from './simulated-machine.ts';
import type { SimulatedRow, SimulatedStoreDisk } from './simulated-store.ts';

/** What became of what the machines counted. */
export interface Verdict {
  readonly produced: number;
  readonly stored: number;
  /** Neither declared nor among the dead letters. */
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  /** By the agent: its journal had to give up, or a restored store and the journal have both lost. */
  readonly declaredLost: number;
  /** Samples among the dead letters. */
  readonly rejected: number;
  /** The first of what is lost: signal and count. */
  readonly missing: readonly string[];
  /** Empty = as it should be. */
  readonly failures: readonly string[];
}

interface Counts {
  readonly machine: SimulatedMachine;
  readonly signal: string;
  readonly values: readonly number[];
}

/** What is stored of each signal, in its order; the agent's own marks are left out. */
export function countsOf(machines: readonly SimulatedMachine[], stored: readonly SimulatedRow[]): Counts[] {
  const rows = stored
    .filter(({ isAgents }) => !isAgents)
    .map((row, i) => ({ ...row, i }))
    .sort((a, b) => a.epochNumber - b.epochNumber || a.sequence - b.sequence || a.i - b.i);
  const bySignal = Map.groupBy(rows, ({ signal }) => signal);
  return machines.flatMap((machine) =>
    Array.from({ length: machine.signals }, (_, i) => {
      const signal = `brest/${machine.id}/Signal${i}` as const;
      return { machine, signal, values: (bySignal.get(signal) ?? []).map(({ value }) => Number(value)) };
    }),
  );
}

/** @param journaled samples, the agent's own marks among them; `undefined` where more than one epoch has counted */
export function judge(
  machines: readonly SimulatedMachine[],
  { rows, letters, declaredLost, restoredLost }: SimulatedStoreDisk,
  journaled: number | undefined,
): Verdict {
  let [produced, stored, gone, doubled, reordered] = [0, 0, 0, 0, 0];
  const missing: string[] = [];
  for (const { machine, signal, values } of countsOf(machines, rows)) {
    produced += machine.count;
    stored += values.length;
    const distinct = new Set(values);
    gone += machine.count - distinct.size;
    for (let count = 1; count <= machine.count; count += 1)
      if (!distinct.has(count) && missing.length < 20) missing.push(`${signal} ${count}`);
    doubled += values.length - distinct.size;
    values.forEach((value, i) => {
      if (i > 0 && value < (values[i - 1] ?? 0)) reordered += 1;
    });
  }
  // A store that fails for no reason it can name long enough: its records are kept as dead letters, which is a declaration.
  const rejected = letters.reduce((sum, { samples }) => sum + (samples ?? 0), 0);
  const lost = Math.max(0, gone - rejected - restoredLost);
  const failures: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || failures.push(what));
  expect(
    lost === 0,
    `${lost} lost beside ${rejected} among the dead letters, ${restoredLost} declared after a restore`,
  );
  expect(doubled === 0, `${doubled} doubled`);
  expect(reordered === 0, `${reordered} reordered`);
  expect(declaredLost === 0, `${declaredLost} declared lost without a cause`);
  const known = rows.length + rejected + declaredLost + restoredLost;
  expect(journaled === undefined || journaled === known, `${journaled} journaled, ${known} accounted for`);
  const unexpected = letters.find(({ code }) => code !== 'STORE_REFUSED');
  if (unexpected) failures.push(`dead letter ${unexpected.code}: ${unexpected.reason}`);
  return {
    produced,
    stored,
    lost,
    doubled,
    reordered,
    declaredLost: declaredLost + restoredLost,
    rejected,
    missing,
    failures,
  };
}
