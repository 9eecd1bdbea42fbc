/**
 * `npm run faults [-- --minutes 20] [--only NAME,NAME] [--seed N] [--record]`: harms a plant of real processes in every way of the
 * table, and holds what is stored afterwards against what was produced.
 */
import { parseArgs } from 'node:util';
import { runFaults } from './run-table.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    only: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    record: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

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
