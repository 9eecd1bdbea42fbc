import { commandOptions } from '#platform/command-line.ts';
import { recordSeeds } from './seeds-record.ts';
import { MUTANTS, simulate } from './simulate.ts';

const USAGE = `Seeded courses of events in virtual time; one line for each that fails.

  node test/simulation/main.ts [options]

  --seeds N      how many (default: 1000)
  --from N       the first (default: 1)
  --mutant NAME  with a fault built in: ${MUTANTS.join(', ')}
  --show         what happened in each
  --record       adds them to the record that docs/guarantees.md tells of
`;
const values = commandOptions(
  {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    mutant: { type: 'string' },
    show: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
  USAGE,
);
const mutant = MUTANTS.find((name) => name === values.mutant);
const from = Number(values.from);
const count = Number(values.seeds);
const realNow = performance.now.bind(performance);
const startedMs = realNow();
const totals = { produced: 0, stored: 0, lost: 0, doubled: 0, reordered: 0, failed: 0, virtualS: 0 };
for (let seed = from; seed < from + count; seed += 1) {
  const result = await simulate(seed, mutant);
  totals.produced += result.produced;
  totals.stored += result.stored;
  totals.lost += result.lost;
  totals.doubled += result.doubled;
  totals.reordered += result.reordered;
  totals.virtualS += result.virtualS;
  if (result.failures.length > 0) {
    totals.failed += 1;
    console.log(`seed ${seed}: ${result.failures.join('; ')}`);
  }
  if (values.show) console.log(result.events.join('\n'));
}
const tookMs = realNow() - startedMs;
console.log(
  `${count} seeds from ${from}${mutant ? ` with ${mutant}` : ''}: ${JSON.stringify(totals)}, ${(tookMs / count).toFixed(1)} ms a seed`,
);
if (values.record && mutant === undefined) recordSeeds(from, from + count - 1, totals);
process.exit(totals.failed > 0 ? 1 : 0);
