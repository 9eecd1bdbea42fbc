import type { Fault, FaultContext } from '../fault.ts';

const MEASURE_MS = 3_000;

/** Bytes per second that the agent sends to the broker. */
async function usualRate({ stack, wait }: FaultContext): Promise<number> {
  const before = stack.cables.agent.passed.up;
  await wait(MEASURE_MS);
  return ((stack.cables.agent.passed.up - before) / MEASURE_MS) * 1000;
}

/** More than the way can carry, and more than it can drain at once. */
export const LOAD: readonly Fault[] = [
  {
    name: 'overload: a third of the way to the broker',
    expected: 'everything',
    isBacklog: true,
    inject: async (context) => {
      context.stack.cables.agent.become({ bytesPerS: (await usualRate(context)) / 3 });
      await context.wait(25_000);
    },
    heal: async ({ stack }) => stack.cables.agent.become({}),
  },
  {
    name: 'backlog: ten times the signals for 60 s',
    stack: { id: 'ten times the signals', options: () => ({ signals: 120 }) },
    expected: 'everything',
    isBacklog: true,
    inject: async ({ stack, wait }) => {
      await stack.processes.services.kill();
      await wait(60_000);
    },
    heal: async ({ stack }) => stack.startProcess('services'),
  },
];
