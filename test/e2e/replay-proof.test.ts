import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { proveReplay, type ReplayCase } from '../proof/replay-run.ts';
import { findRecording, requireRecording } from '../support/recordings.ts';
import { REPOSITORY_ROOT } from '../support/spawned-process.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

/** 300 rows a second: the longest of the paced recordings has 35 minutes. */
const SPEED = 300;

const REAL = [
  { id: 'skab-valve1', mapping: 'skab', recording: 'skab/valve1/0.csv', speed: SPEED },
  {
    id: 'nab-machine',
    mapping: 'nab-machine-temperature',
    recording: 'nab/machine_temperature_system_failure.csv',
    speed: 'max',
  },
] as const;
const own: ReplayCase = {
  id: 'own-pump',
  mapping: 'pump-loop',
  file: path.join(REPOSITORY_ROOT, 'simulators/replay/recordings/pump-loop.csv'),
  speed: SPEED,
};

/** The short form of `npm run proof`: real recordings take part where they lie beside the project. */
const cases = (): ReplayCase[] => [
  own,
  ...REAL.flatMap(({ recording, ...rest }) => {
    const file = findRecording(recording);
    return file === undefined ? [] : [{ ...rest, file }];
  }),
];

let results: Awaited<ReturnType<typeof proveReplay>>;
const folder = makeTemporaryFolder('replay-proof');
beforeAll(async () => {
  results = await proveReplay(cases(), folder, 180_000);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function expectWhole(id: string): void {
  const { expected, ...counts } = results.find((result) => result.id === id)!;
  expect(expected).toBeGreaterThan(1_000);
  const whole = { stored: expected, equal: expected, lost: 0, doubled: 0, altered: 0, reordered: 0 };
  expect(counts).toMatchObject(whole);
}

it('stores every row and column of the own recording, in order, once, to the last bit', () => {
  expectWhole(own.id);
});

it.for(REAL)('and of the real recording $id', ({ id, recording }, context) => {
  requireRecording(context, recording);
  expectWhole(id);
});
