import { existsSync, globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { explainEnd, readOptions } from '#platform/command-line.ts';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';
import { addComparisons } from './compare-series.ts';
import { proveReplay, type ReplayCase } from './replay-run.ts';

const USAGE = `Replays recordings through the whole path - simulators, edge agent, broker, ingest, historian - and compares
what is stored with every row and column of the recordings, to the last bit.

  npm run proof -- [options]

  --data DIR     folder with skab/ and nab/, real recordings that are no part of the project (default: ../shared/data)
                 where it is absent the project's own recording alone is proved
  --max-speed    without keeping to the recorded times; else at 60x (about 4 minutes for all)
`;
const OPTIONS = {
  data: { type: 'string', default: path.join(REPOSITORY_ROOT, '..', 'shared', 'data') },
  'max-speed': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

const BOUND_MS = 20 * 60_000;
const FAULTS: ReadonlySet<string> = new Set(['lost', 'doubled', 'altered', 'reordered']);

function allCases(folder: string, speed: 60 | 'max'): ReplayCase[] {
  const own = path.join(REPOSITORY_ROOT, 'simulators/replay/recordings/pump-loop.csv');
  const skab = globSync(path.join(folder, 'skab/*/*.csv')).toSorted();
  const nab = path.join(folder, 'nab/machine_temperature_system_failure.csv');
  return [
    { id: 'own-pump', mapping: 'pump-loop', file: own, speed },
    ...skab.map((file): ReplayCase => {
      const id = `skab-${path.basename(path.dirname(file))}-${path.basename(file, '.csv')}`;
      return { id, mapping: 'skab', file, speed };
    }),
    ...(existsSync(nab)
      ? [{ id: 'nab-machine', mapping: 'nab-machine-temperature', file: nab, speed: 'max' } as const]
      : []),
  ];
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const counted = (n: number): string => n.toLocaleString('en-US');

async function prove(folder: string, speed: 60 | 'max'): Promise<number> {
  const startMs = performance.now();
  const cases = allCases(folder, speed);
  if (cases.length === 1) print(`no recordings in ${folder}: only the project's own is proved`);
  print(
    `${cases.length} recordings through the whole path, ${speed === 'max' ? 'as fast as it goes' : 'at 60x'}`,
  );
  const dataDir = await mkdtemp(path.join(tmpdir(), 'proof-'));
  try {
    const results = await proveReplay(cases, dataDir, BOUND_MS, (line) => {
      print(`${((performance.now() - startMs) / 1000).toFixed(0).padStart(5)} s  ${line}`);
    });
    for (const { id, rows, expected, equal, ...faults } of results) {
      const found = Object.entries(faults).filter(([name, n]) => FAULTS.has(name) && Number(n) > 0);
      const verdict = found.length === 0 ? 'ok' : found.map(([name, n]) => `${name} ${n}`).join(', ');
      print(
        `  ${id.padEnd(24)} ${counted(rows).padStart(8)} rows  ${counted(equal)} of ${counted(expected)} values equal  ${verdict}`,
      );
    }
    const { expected, stored, equal, lost, doubled, altered, reordered } = addComparisons(results);
    const isWhole = equal === expected && stored === expected;
    print(
      `${isWhole ? 'PROVED' : 'NOT PROVED'}: ${counted(equal)} of ${counted(expected)} values stored and equal to the last bit; ` +
        `lost ${lost}, doubled ${doubled}, altered ${altered}, reordered ${reordered} (${((performance.now() - startMs) / 1000).toFixed(0)} s)`,
    );
    return isWhole ? 0 : 1;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values } = readOptions({ args: [...args], options: OPTIONS }, 'npm run proof -- --help');
    if (values.help === true) {
      process.stdout.write(USAGE);
      return 0;
    }
    return await prove(path.resolve(values.data), values['max-speed'] ? 'max' : 60);
  } catch (error) {
    return explainEnd(error);
  }
}

process.exitCode = await main(process.argv.slice(2));
