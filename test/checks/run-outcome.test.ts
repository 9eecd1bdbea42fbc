import { describe, expect, it } from 'vitest';
import { summarize } from '../support/run-outcome.ts';
import type { TestOutcome } from '../support/run-outcome.ts';
import { parseSkipMark, skipMark } from '../support/skip-mark.ts';

const passed: TestOutcome = { name: 'a', state: 'passed' };
const skippedFor = (need: string): TestOutcome => ({
  name: 'b',
  state: 'skipped',
  reason: { need, remedy: `get ${need}` },
});
const unexplained: TestOutcome = { name: 'c', state: 'skipped' };

describe('summary of a run', () => {
  it('says what to install and ends with the counts', () => {
    const { lines, ok } = summarize({
      outcomes: [passed, skippedFor('chromium')],
      extraFailures: 0,
      strict: false,
    });
    expect(lines).toEqual([
      'Skipped: 1 test that need chromium. To run: get chromium',
      '1 passed, 0 failed, 1 skipped',
    ]);
    expect(ok).toBe(true);
  });

  it('counts skips as failures when everything is asked for, but for the excused ones', () => {
    const outcomes = [
      passed,
      skippedFor('chromium'),
      skippedFor('docker'),
      skippedFor('libfaketime'),
      skippedFor('timing'),
      unexplained,
    ];
    const { lines, ok } = summarize({ outcomes, extraFailures: 0, strict: true });
    expect(lines.at(-1)).toBe('1 passed, 2 failed, 3 skipped');
    expect(ok).toBe(false);
  });

  it('counts files that do not load, and refuses an empty run', () => {
    expect(summarize({ outcomes: [passed], extraFailures: 1, strict: false })).toMatchObject({ ok: false });
    expect(summarize({ outcomes: [], extraFailures: 0, strict: false })).toMatchObject({ ok: false });
  });

  it('carries the reason in the mark', () => {
    expect(parseSkipMark(`store conformance ${skipMark('influxd', 'apt-get install influxdb')}`)).toEqual({
      need: 'influxd',
      remedy: 'apt-get install influxdb',
    });
    expect(parseSkipMark('no mark')).toBeUndefined();
  });
});
