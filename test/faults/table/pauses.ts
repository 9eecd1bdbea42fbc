import type { Fault } from '../fault.ts';
import type { Component } from '../plant-stack.ts';

/** SIGSTOP for up to a quarter of a minute: the process is there, and does nothing. */
const pause = (component: Component): Fault => ({
  name: `freeze ${component}`,
  expected: 'everything',
  inject: async ({ stack, between, wait }) => {
    stack.processes[component].signal('SIGSTOP');
    await wait(between(1_000, 12_000));
  },
  heal: async ({ stack }) => stack.processes[component].signal('SIGCONT'),
});

export const PAUSES: readonly Fault[] = [
  pause('edge-agent'),
  pause('services'),
  pause('broker'),
  pause('simulators'),
];
