/** The most telling faults of the table on real processes; all of them: `npm run faults`. */
import { expect, it } from 'vitest';
import { runFaults } from './run-table.ts';

const TELLING = ['kill edge-agent + services', 'kill broker', 'cable agent-broker cut'];

it(`loses nothing, doubles nothing: ${TELLING.join('; ')}`, { timeout: 240_000 }, async () => {
  const lines: string[] = [];
  const print = (line: string): void => {
    lines.push(line);
    process.stdout.write(`${line}\n`);
  };
  const options = { boundMs: 200_000, seed: Date.now() % 1_000_000, record: false, keep: false, print };
  expect(await runFaults({ ...options, exactly: TELLING }), lines.join('\n')).toBe(true);
});
