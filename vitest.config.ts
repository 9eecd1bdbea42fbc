import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// Two workers: the reference machine has two cores, and most suites start real servers of their own.
const WORKERS = 2;
// These wait for servers, clients and clocks for a quarter of their time.
const WAITING_WORKERS = 3;
const MINUTE_MS = 60_000;
const POLL_MS = 15_000;
const BUNDLE = 'test/support/built-dashboards.ts';

interface Suite {
  readonly name: string;
  readonly include: readonly string[];
  readonly timeoutMs: number;
  readonly workers: number;
  /** Groups run one after the other, so that timings of whole-system tests are not disturbed by unit tests. */
  readonly group: number;
  readonly showsPages?: true;
}

/** Suites by folder; test/checks/suites.test.ts holds that no test file is in none of them. */
export const SUITES: readonly Suite[] = [
  {
    name: 'unit',
    include: [
      '{services,edge-agent,simulators,dashboards,infra}/**/*.test.{ts,tsx}',
      'test/{bench,bootstrap,checks,proof,simulation,support,verify}/**/*.test.ts',
    ],
    timeoutMs: MINUTE_MS / 2,
    workers: WORKERS,
    group: 0,
  },
  {
    name: 'contract',
    include: ['test/contract/**/*.test.ts'],
    timeoutMs: MINUTE_MS / 2,
    workers: WORKERS,
    group: 0,
  },
  {
    name: 'integration',
    include: ['test/{integration,faults}/**/*.test.ts'],
    timeoutMs: 2 * MINUTE_MS,
    workers: WAITING_WORKERS,
    group: 1,
  },
  {
    name: 'e2e',
    include: ['test/e2e/**/*.test.ts'],
    timeoutMs: 4 * MINUTE_MS,
    workers: WORKERS,
    group: 2,
    showsPages: true,
  },
  {
    name: 'pages',
    include: ['test/browser/*.test.ts'],
    timeoutMs: 2 * MINUTE_MS,
    workers: WORKERS,
    group: 3,
    showsPages: true,
  },
  {
    // Their timings are judged, so that nothing else runs beside them.
    name: 'timed-pages',
    include: ['test/browser/timed/*.test.ts'],
    timeoutMs: 2 * MINUTE_MS,
    workers: 1,
    group: 4,
    showsPages: true,
  },
];

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: SUITES.map(({ name, include, timeoutMs, workers, group, showsPages }) => ({
      extends: true as const,
      test: {
        name,
        include: [...include],
        // Files share what they import; what a file changes of its process (environment, clock) it puts back.
        isolate: false,
        exclude: ['**/node_modules/**', '**/dist/**', 'var/**'],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        // The usual second is short for two workers with servers of their own on two cores.
        expect: { poll: { timeout: POLL_MS } },
        maxWorkers: workers,
        globalSetup: showsPages ? [BUNDLE] : [],
        sequence: { groupOrder: group },
      },
    })),
  },
});
