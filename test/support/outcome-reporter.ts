import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import { parseSkipMark } from './skip-mark.ts';
import type { TestOutcome } from './run-outcome.ts';

function outcomeOf(test: TestCase): TestOutcome {
  const result = test.result();
  const name = `${test.module.relativeModuleId} > ${test.fullName}`;
  if (result.state === 'passed') return { name, state: 'passed' };
  // A test that never finished (a crashed worker, an aborted run) has not passed.
  if (result.state === 'failed' || result.state === 'pending') return { name, state: 'failed' };
  return { name, state: 'skipped', reason: parseSkipMark(`${result.note ?? ''} ${test.fullName}`) };
}

/** Collects what a vitest run found; the default reporter beside it does the talking. */
export class OutcomeReporter implements Reporter {
  outcomes: TestOutcome[] = [];
  extraFailures = 0;

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.outcomes = modules.flatMap((module) => [...module.children.allTests()].map(outcomeOf));
    const suiteFailures = modules.filter(
      (module) => module.state() === 'failed' && ![...module.children.allTests('failed')].length,
    );
    this.extraFailures = suiteFailures.length + unhandledErrors.length;
  }
}
