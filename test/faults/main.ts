import { commandOptions } from '#platform/command-line.ts';
import { runFaults } from './run-table.ts';

const USAGE = `Harms a plant of real processes in every way of the table, and holds what is stored afterwards against what was produced.
Needs root for a full disk and a cut network; what cannot be done here is told.

  npm run faults -- [options]

  --minutes N   no further harm is begun after so long (default: 20)
  --only NAMES  of the table, commas between them
  --runs N      of each
  --seed N      of the times at which harm is done
  --record      adds the kills to the record that docs/guarantees.md tells of
  --keep        leaves the data folders where they are
`;
const values = commandOptions(
  {
    minutes: { type: 'string', default: '20' },
    only: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    record: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
  USAGE,
);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const ok = await runFaults({
  boundMs: Number(values.minutes) * 60_000,
  only: values.only?.split(',').map((text) => text.trim()),
  seed: values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed),
  runs: values.runs === undefined ? undefined : Number(values.runs),
  record: values.record,
  keep: values.keep,
  print: (line) => process.stdout.write(`${line}\n`),
});
process.exit(ok ? 0 : 1);
