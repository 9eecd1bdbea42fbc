/** What a machine under load makes late says nothing of the program. */
import { availableParallelism, loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, type TestContext } from 'vitest';
import { skipTiming } from './programs.ts';

/** Runnable processes a core. */
const FAIR_LOAD = 2;

/** Below the bound; on a machine that is overloaded too late is no answer. To be asked last: the test may be skipped. */
export function expectInTime(context: TestContext, ms: number, boundMs: number): void {
  const load = (loadavg()[0] ?? 0) / availableParallelism();
  if (ms >= boundMs && load > FAIR_LOAD)
    skipTiming(context, `a machine with a load below ${FAIR_LOAD} a core, it is ${load.toFixed(1)}`);
  expect(ms).toBeLessThan(boundMs);
}

/** Answers for how many ms this process stood still at most since the call. */
export function watchStalls(): () => number {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  return () => {
    delays.disable();
    return delays.max / 1e6;
  };
}
