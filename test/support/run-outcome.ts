import { isExcused } from './skip-mark.ts';
import type { SkipReason } from './skip-mark.ts';

/** One finished test as the summary sees it. */
export interface TestOutcome {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly reason?: SkipReason | undefined;
}

export interface RunSummary {
  /** Lines to print; the last one is `N passed, N failed, N skipped`. */
  readonly lines: readonly string[];
  readonly ok: boolean;
}

export interface RunFacts {
  readonly outcomes: readonly TestOutcome[];
  /** Files that could not be loaded, errors outside any test: each counts as a failure. */
  readonly extraFailures: number;
  /** Strict: every skip but the excused ones is a failure. */
  readonly strict: boolean;
}

function skipLines(skipped: readonly TestOutcome[]): string[] {
  const groups = Map.groupBy(skipped, ({ reason }) => reason?.need ?? '');
  return [...groups].flatMap(([need, tests]) => {
    const reason = tests[0]?.reason;
    const count = tests.length === 1 ? '1 test' : `${tests.length} tests`;
    if (reason === undefined) return [`Skipped without a reason: ${count}, such as ${tests[0]?.name}`];
    if (need === 'timing') return [`Skipped: ${count} of timing (${reason.remedy}).`];
    return [`Skipped: ${count} that need ${need}. To run: ${reason.remedy}`];
  });
}

/** Counts, reasons and verdict of a run. */
export function summarize({ outcomes, extraFailures, strict }: RunFacts): RunSummary {
  const count = (state: TestOutcome['state']): number =>
    outcomes.filter((test) => test.state === state).length;
  const skipped = outcomes.filter(({ state }) => state === 'skipped');
  const forbidden = strict ? skipped.filter(({ reason }) => !isExcused(reason)) : [];
  const passed = count('passed');
  const failed = count('failed') + extraFailures + forbidden.length;
  const complaints =
    forbidden.length === 0
      ? []
      : [`${forbidden.length} skips count as failures: CI or REQUIRE_ALL asks for every test.`];
  if (outcomes.length === 0) complaints.push('No test was found.');
  return {
    lines: [
      ...skipLines(skipped),
      ...complaints,
      `${passed} passed, ${failed} failed, ${skipped.length - forbidden.length} skipped`,
    ],
    ok: failed === 0 && outcomes.length > 0,
  };
}
