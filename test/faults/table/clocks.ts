import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '../../support/programs.ts';
import type { Fault } from '../fault.ts';
import type { Component, PlantStack } from '../plant-stack.ts';

const fileOf = (stack: PlantStack, component: Component): string =>
  path.join(stack.dir, `${component}.clock`);

/** The wall clock of one process jumps, and back; its monotonic clock goes on. */
function jump(component: Component, hours: number): Fault {
  return {
    name: `clock of ${component} ${hours > 0 ? '+' : ''}${hours} h`,
    stack: { id: 'clocks of their own', options: () => ({ clocks: ['edge-agent', 'services'] }) },
    unavailable: () =>
      findProgram('libfaketime') === undefined ? 'needs libfaketime: apt-get install libfaketime' : undefined,
    expected: 'everything',
    inject: async ({ stack, wait }) => {
      writeFileSync(fileOf(stack, component), `${hours > 0 ? '+' : ''}${hours * 3600}`);
      await wait(5_000);
    },
    heal: async ({ stack }) => writeFileSync(fileOf(stack, component), '+0'),
  };
}

export const CLOCKS: readonly Fault[] = [
  jump('edge-agent', 2),
  jump('edge-agent', -2),
  jump('services', 2),
  jump('services', -2),
];
