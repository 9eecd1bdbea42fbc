import type { FaultOutcome } from './run-fault.ts';

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

export function outcomeLine(outcome: FaultOutcome): string {
  const { fault, produced, stored, declared, recoveryMs, drainMs, drainRate, failures } = outcome;
  const rate = drainRate === undefined ? '' : ` (${drainRate.toFixed(1)} x real time)`;
  const verdict = failures.length === 0 ? 'ok' : `FAILED: ${failures.join('; ')}`;
  return `${fault.padEnd(34)} produced ${produced}, stored ${stored}, declared ${declared}, alive again after ${seconds(recoveryMs)} s, drained after ${seconds(drainMs)} s${rate}: ${verdict}`;
}

const SHOWN = 8;

/** The first samples that are not as they should be. */
export const findingLines = ({ findings, failures }: FaultOutcome): string[] =>
  failures.length === 0
    ? []
    : findings
        .filter(({ kind }) => kind !== 'declared')
        .slice(0, SHOWN)
        .map(({ kind, signal, key }) => `   ${kind} ${signal} ${key}`);

const HEADINGS = [
  'fault',
  'runs',
  'produced',
  'stored',
  'declared',
  'lost',
  'doubled',
  'wrong',
  'reordered',
  'recovery s (median)',
  '(most)',
];

/** Recoveries of a plant that was whole before, by who was killed; times in ms, ascending. */
export function recoveriesByKilled(outcomes: readonly FaultOutcome[]): Map<string, readonly number[]> {
  const all = outcomes.flatMap(({ recoveries }) => recoveries.filter(({ killed }) => killed !== undefined));
  const groups = Map.groupBy(all, ({ killed }) => (killed ?? []).toSorted().join(' + '));
  return new Map(
    [...groups]
      .toSorted(([a], [b]) => a.length - b.length)
      .map(([killed, some]) => [killed, some.map(({ ms }) => ms).toSorted((a, b) => a - b)]),
  );
}

/** One line for each set of processes that was killed in a plant that was whole. */
export function recoveryTable(outcomes: readonly FaultOutcome[]): string[] {
  const groups = recoveriesByKilled(outcomes);
  if (groups.size === 0) return [];
  const headings = ['killed', 'times', 'recovery s (median)', '(most)'];
  const rows = [...groups].map(([killed, times]) => [
    killed,
    String(times.length),
    seconds(times[times.length >>> 1] ?? 0),
    seconds(times.at(-1) ?? 0),
  ]);
  return [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** One line a fault, sums over its runs; "lost" is lost undeclared. */
export function outcomeTable(outcomes: readonly FaultOutcome[]): string[] {
  const rows = [...Map.groupBy(outcomes, ({ fault }) => fault)].map(([fault, runs]) => {
    const sum = (pick: (one: FaultOutcome) => number): string =>
      String(runs.reduce((all, one) => all + pick(one), 0));
    const times = runs.flatMap(({ recoveries }) => recoveries.map(({ ms }) => ms)).toSorted((a, b) => a - b);
    return [
      fault,
      String(runs.length),
      sum((one) => one.produced),
      sum((one) => one.stored),
      sum((one) => one.declared),
      sum((one) => one.lostUndeclared),
      sum((one) => one.doubled),
      sum((one) => one.wrong),
      sum((one) => one.reordered),
      seconds(times[times.length >>> 1] ?? 0),
      seconds(times.at(-1) ?? 0),
    ];
  });
  const table = [HEADINGS, HEADINGS.map(() => '---'), ...rows];
  return table.map((cells) => `| ${cells.join(' | ')} |`);
}
