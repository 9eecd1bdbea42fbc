/** Seeded courses of events: the real agent and the real ingest in one process, everything around them simulated. `SIMULATION_SEEDS=10000` for more. */
import { describe, expect, it } from 'vitest';
import { MUTANTS, simulate } from './simulate.ts';

const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 300);
const SEEDS_FOR_A_MUTANT = 60;

describe('agent, link, ingest and store in one process', () => {
  it(
    `lose nothing, double nothing and keep every order over ${SEEDS} seeds`,
    { timeout: 60_000 + SEEDS * 300 },
    async () => {
      let produced = 0;
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { failures, missing, events, produced: more } = await simulate(seed);
        expect(failures, `seed ${seed}: ${missing.join(', ')}\n${events.join('\n')}`).toEqual([]);
        produced += more;
      }
      expect(produced).toBeGreaterThan(SEEDS * 100);
    },
  );

  it('take the same course for the same seed', async () => {
    const first = await simulate(7);
    const again = await simulate(7);
    expect(again).toEqual(first);
    expect((await simulate(8)).events).not.toEqual(first.events);
  });

  it.each(MUTANTS)('are found out when somebody plants: %s', { timeout: 60_000 }, async (mutant) => {
    const failures: string[] = [];
    for (let seed = 1; seed <= SEEDS_FOR_A_MUTANT && failures.length === 0; seed += 1)
      failures.push(...(await simulate(seed, mutant)).failures);
    expect(failures).not.toEqual([]);
  });
});
