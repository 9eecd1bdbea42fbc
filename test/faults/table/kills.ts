import type { Fault, FaultContext } from '../fault.ts';
import type { Component } from '../plant-stack.ts';

/** `kill -9` and, as a supervisor does, a new start at once. The time to come back counts from the kill. */
function kill(...components: readonly Component[]): Fault {
  return {
    name: `kill ${components.join(' + ')}`,
    kills: components,
    expected: components.includes('simulators') ? 'gaps' : 'everything',
    inject: async ({ between, wait }) => wait(between(0, 1_000)),
    heal: async ({ stack, between, wait }: FaultContext) => {
      for (const component of components) {
        await stack.processes[component].kill();
        await wait(between(0, components.length > 1 ? 300 : 0));
      }
      await Promise.all(components.map((component) => stack.startProcess(component)));
    },
  };
}

export const KILLS: readonly Fault[] = [
  kill('edge-agent'),
  kill('services'),
  kill('broker'),
  kill('simulators'),
  kill('edge-agent', 'services'),
  kill('broker', 'services'),
  kill('broker', 'edge-agent'),
  kill('simulators', 'edge-agent'),
];
