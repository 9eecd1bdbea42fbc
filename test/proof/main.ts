/**
 * `npm run proof [-- --max-speed]`: the recordings of `../shared/data` (a real pump loop at 60x, a machine's temperature as fast as it
 * goes) and the project's own, through the whole path, compared with what the historian's files hold.
 */
import { existsSync, globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';
import { addComparisons } from './compare-series.ts';
import { proveReplay, type ReplayCase } from './replay-run.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.join(REPOSITORY_ROOT, '..', 'shared', 'data') },
    'max-speed': { type: 'boolean' },
  },
});

function allCases(folder: string): ReplayCase[] {
  const own = path.join(REPOSITORY_ROOT, 'simulators/replay/recordings/pump-loop.csv');
  const speed = values['max-speed'] === true ? 'max' : 60;
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

const dataDir = await mkdtemp(path.join(tmpdir(), 'proof-'));
const cases = allCases(values.data);
if (cases.length === 1) console.log(`no recordings in ${values.data}: only the project's own is proved`);
console.log(`${cases.length} recordings, speed ${values['max-speed'] === true ? 'max' : '60x'} (NAB: max)`);
const startMs = performance.now();
const results = await proveReplay(cases, dataDir, 20 * 60_000);
const total = {
  id: 'all',
  rows: results.reduce((sum, { rows }) => sum + rows, 0),
  columns: 0,
  ...addComparisons(results),
};
console.table([...results, total].map(({ id, ...figures }) => ({ recording: id, ...figures })));
console.log(`${((performance.now() - startMs) / 1000).toFixed(0)} s`);
await rm(dataDir, { recursive: true });
process.exitCode = total.equal === total.expected && total.stored === total.expected ? 0 : 1;
