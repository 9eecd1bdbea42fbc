// `npm test [-- vitest filters and options]`: runs every suite and ends with `N passed, N failed, N skipped`.
import { parseCLI, startVitest } from 'vitest/node';
import { OutcomeReporter } from './support/outcome-reporter.ts';
import { summarize } from './support/run-outcome.ts';

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const collected = new OutcomeReporter();
const vitest = await startVitest('test', filter, {
  ...options,
  watch: false,
  reporters: ['default', collected],
});
await vitest.close();

// A run narrowed by name skips whatever does not match: only a whole run is held to the strict rule.
const wantsAll = process.env['CI'] === 'true' || process.env['REQUIRE_ALL'] === '1';
const strict = wantsAll && options.testNamePattern === undefined;
const { lines, ok } = summarize({
  outcomes: collected.outcomes,
  extraFailures: collected.extraFailures,
  strict,
});
process.exitCode = ok ? 0 : 1;
process.stdout.write(`\n${lines.join('\n')}\n`, () => process.exit());
