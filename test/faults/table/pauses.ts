import type { Fault } from '../fault.ts';
import { COMPONENTS, type Component } from '../plant-stack.ts';

/** SIGSTOP: the process is there, and does nothing. */
const pause = (component: Component, fromMs: number, toMs = fromMs): Fault => ({
  name: `freeze ${component}${fromMs === toMs ? ` ${fromMs / 1000} s` : ''}`,
  expected: 'everything',
  inject: async ({ stack, between, wait }) => {
    stack.processes[component].signal('SIGSTOP');
    await wait(between(fromMs, toMs));
  },
  heal: async ({ stack }) => stack.processes[component].signal('SIGCONT'),
});

export const PAUSES: readonly Fault[] = [
  ...COMPONENTS.map((component) => pause(component, 1_000, 12_000)),
  // Longer than an OPC UA session lives without a word (30 s), than MQTT's keep-alive, than any request waits.
  ...COMPONENTS.map((component) => pause(component, 60_000)),
];
