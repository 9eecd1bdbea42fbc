import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commitName } from '../support/commit-name.ts';
import { COMPONENTS } from './plant-stack.ts';
import { recoveriesByKilled } from './outcome-table.ts';
import type { FaultOutcome } from './run-fault.ts';

/** One run of the harness that killed something. */
interface RecordedRun {
  readonly at: string;
  readonly commit: string;
  readonly seed: number;
  /** `kill -9`s by component; one that killed two counts for both. */
  readonly kills: Readonly<Record<string, number>>;
  readonly produced: number;
  readonly stored: number;
  readonly declared: number;
  readonly lostUndeclared: number;
  readonly doubled: number;
  readonly wrong: number;
  readonly reordered: number;
  /** From the kill to new values of every signal, of those kills after which they were awaited. In runs without a median: from the restart. */
  readonly medianRecoveryMs?: number;
  readonly slowestRecoveryMs: number;
  /** Of plants that were whole before, by who was killed; ascending. */
  readonly recoveriesMs?: Readonly<Record<string, readonly number[]>>;
  /** What a person found out about the run afterwards. */
  readonly remark?: string;
}

type Totals = Readonly<Record<string, number>>;

interface KillRecord {
  readonly note: string;
  readonly totals: Totals;
  /** Of the runs after the last one that found something: what it found was mended before them. */
  readonly sinceLastFind: Totals;
  readonly runs: readonly RecordedRun[];
}

export const KILL_RECORD_FILE = path.join(import.meta.dirname, 'kills.json');

const NOTE =
  'kill -9 of real processes, accumulated by `npm run faults -- --record`; every run counts, also one that failed. `*`: that commit, as it was before it was put behind others of the same hour';

/** Adds what a run has killed to the committed record. */
export function recordKills(outcomes: readonly FaultOutcome[], seed: number): void {
  const killers = outcomes.filter((one) => Object.keys(one.kills).length > 0);
  if (killers.length === 0) return;
  const kills: Record<string, number> = {};
  for (const one of killers)
    for (const [component, n] of Object.entries(one.kills)) kills[component] = (kills[component] ?? 0) + n;
  const sum = (pick: (one: FaultOutcome) => number): number =>
    killers.reduce((all, one) => all + pick(one), 0);
  const recoveriesMs = killers
    .flatMap(({ recoveries }) => recoveries.map(({ ms }) => ms))
    .toSorted((a, b) => a - b);
  const run: RecordedRun = {
    at: new Date().toISOString().slice(0, 16),
    commit: commitName(KILL_RECORD_FILE),
    seed,
    kills,
    produced: sum((one) => one.produced),
    stored: sum((one) => one.stored),
    declared: sum((one) => one.declared),
    lostUndeclared: sum((one) => one.lostUndeclared),
    doubled: sum((one) => one.doubled),
    wrong: sum((one) => one.wrong),
    reordered: sum((one) => one.reordered),
    medianRecoveryMs: Math.round(recoveriesMs[recoveriesMs.length >>> 1] ?? 0),
    slowestRecoveryMs: Math.round(recoveriesMs.at(-1) ?? 0),
    recoveriesMs: Object.fromEntries(
      [...recoveriesByKilled(killers)].map(([killed, times]) => [killed, times.map(Math.round)]),
    ),
  };
  const record = recordOf([...readRuns(), run]);
  writeFileSync(KILL_RECORD_FILE, `${JSON.stringify(record, null, 2)}\n`);
}

function recordOf(runs: readonly RecordedRun[]): KillRecord {
  const lastFind = runs.findLastIndex((run) => FINDS.some((key) => run[key] > 0));
  return { note: NOTE, totals: totalsOf(runs), sinceLastFind: totalsOf(runs.slice(lastFind + 1)), runs };
}

const FINDS = ['lostUndeclared', 'doubled', 'wrong', 'reordered'] as const;

function totalsOf(runs: readonly RecordedRun[]): Totals {
  const totals: Record<string, number> = {};
  for (const component of COMPONENTS)
    totals[component] = runs.reduce((all, { kills: of }) => all + (of[component] ?? 0), 0);
  for (const key of ['produced', ...FINDS] as const)
    totals[key] = runs.reduce((all, one) => all + one[key], 0);
  return totals;
}

function readRuns(): readonly RecordedRun[] {
  if (!existsSync(KILL_RECORD_FILE)) return [];
  return (JSON.parse(readFileSync(KILL_RECORD_FILE, 'utf8')) as KillRecord).runs;
}
