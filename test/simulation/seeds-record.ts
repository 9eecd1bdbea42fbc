import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commitName } from '../support/commit-name.ts';

/** What a run of seeds came to. */
export interface SeedTotals {
  readonly produced: number;
  readonly stored: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  /** Seeds. */
  readonly failed: number;
}

interface RecordedSeeds extends SeedTotals {
  readonly at: string;
  readonly commit: string;
  readonly from: number;
  readonly to: number;
}

interface SeedRecord {
  readonly note: string;
  readonly seeds: number;
  readonly runs: readonly RecordedSeeds[];
}

const FILE = path.join(import.meta.dirname, 'seeds.json');
const NOTE =
  'seeds of the simulation, each once, by `node test/simulation/main.ts --record`; every run counts, also one that failed. `*`: that commit, as it was before it was put behind others of the same hour. Seeds 1 to 4,200 were run before there was this record';

/** Adds seeds `from..to` to the committed record. */
export function recordSeeds(from: number, to: number, totals: SeedTotals): void {
  const before: readonly RecordedSeeds[] = existsSync(FILE)
    ? (JSON.parse(readFileSync(FILE, 'utf8')) as SeedRecord).runs
    : [];
  const { produced, stored, lost, doubled, reordered, failed } = totals;
  const run = { at: new Date().toISOString().slice(0, 16), commit: commitName(FILE), from, to };
  const runs = [...before, { ...run, produced, stored, lost, doubled, reordered, failed }].toSorted(
    (a, b) => a.from - b.from || a.at.localeCompare(b.at),
  );
  const record: SeedRecord = { note: NOTE, seeds: seedsOf(runs), runs };
  writeFileSync(FILE, `${JSON.stringify(record, null, 2)}\n`);
}

/** Each seed counts once, however often it was run. */
function seedsOf(runs: readonly RecordedSeeds[]): number {
  let [seeds, last] = [0, 0];
  for (const { from, to } of runs) {
    seeds += Math.max(0, to - Math.max(last, from - 1));
    last = Math.max(last, to);
  }
  return seeds;
}
