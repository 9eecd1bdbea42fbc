import type { Cable, CableState } from '../cable.ts';
import type { Fault } from '../fault.ts';
import type { PlantStack } from '../plant-stack.ts';

const LASTS_MS = 4_000;

function harm(
  name: string,
  cables: (stack: PlantStack) => readonly Cable[],
  state: Partial<CableState>,
): Fault {
  return {
    name,
    expected: 'everything',
    inject: async ({ stack, between, wait }) => {
      for (const cable of cables(stack)) cable.become(state);
      await wait(LASTS_MS + between(0, 2_000));
    },
    heal: async ({ stack }) => {
      for (const cable of cables(stack)) cable.become({});
    },
  };
}

const toBroker = (stack: PlantStack): Cable[] => [stack.cables.agent];
const servicesToBroker = (stack: PlantStack): Cable[] => [stack.cables.services];
const toMachines = (stack: PlantStack): Cable[] => stack.cables.machines;

export const NETWORK: readonly Fault[] = [
  harm('cable agent-broker cut', toBroker, { isCut: true }),
  harm('cable agent-broker half open', toBroker, { silent: 'both' }),
  harm('cable agent-broker 300 ms slow', toBroker, { latencyMs: 300 }),
  harm('cable agent-broker byte by byte', toBroker, { pieceBytes: 1 }),
  harm('cable services-broker cut', servicesToBroker, { isCut: true }),
  harm('cable agent-machines cut', toMachines, { isCut: true }),
  harm('cable agent-machines half open', toMachines, { silent: 'both' }),
  harm('cable agent-machines 300 ms slow', toMachines, { latencyMs: 300 }),
  harm('cable agent-machines byte by byte', toMachines, { pieceBytes: 1 }),
];
