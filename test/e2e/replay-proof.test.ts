import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { proveReplay, type ReplayCase } from '../proof/replay-run.ts';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const shared = path.join(REPOSITORY_ROOT, '../shared/data');
const own: ReplayCase = {
  id: 'own-pump',
  mapping: 'pump-loop',
  file: path.join(REPOSITORY_ROOT, 'simulators/replay/recordings/pump-loop.csv'),
  speed: 60,
};
/** The short form of `npm run proof`: real recordings take part where they lie beside the project. */
const recorded: ReplayCase[] = [
  { id: 'skab-valve1', mapping: 'skab', file: path.join(shared, 'skab/valve1/0.csv'), speed: 60 },
  {
    id: 'nab-machine',
    mapping: 'nab-machine-temperature',
    file: path.join(shared, 'nab/machine_temperature_system_failure.csv'),
    speed: 'max',
  },
];

it('stores every row and column of a recording, in order, once, to the last bit', async () => {
  const cases = [own, ...recorded.filter(({ file }) => existsSync(file))];
  const results = await proveReplay(cases, temporaryFolder('replay-proof'), 180_000);
  for (const { id, expected, stored, equal, lost, doubled, altered, reordered } of results) {
    expect({ id, stored, equal, lost, doubled, altered, reordered }).toEqual({
      id,
      stored: expected,
      equal: expected,
      lost: 0,
      doubled: 0,
      altered: 0,
      reordered: 0,
    });
    expect(expected).toBeGreaterThan(1_000);
  }
});
