import type { LedgerMachine } from '../ledger/ledger-writer.ts';
import type { LoadedPlant } from '../plants/load-plant.ts';
import type { SimulatedMachine } from './plant-simulation.ts';
import { machineKind } from '../machines/registry.ts';
import { createRandom } from '../model/random.ts';
import { PlantSimulation } from './plant-simulation.ts';

/** The physical machines of a plant, at rest at `startMs`; `machines[i]` is what sinks call machine `i`. */
export function createSimulation(
  loaded: LoadedPlant,
  seed: number,
  startMs: number,
): { readonly plant: PlantSimulation; readonly machines: readonly LedgerMachine[] } {
  const physical = loaded.machines.filter((planned) => planned.type === 'physical');
  const machines: readonly SimulatedMachine[] = physical.map(({ machine, kind, parameters }, position) => ({
    machine,
    position,
    model: machineKind(kind).create(parameters, {
      machineId: machine.id,
      machineIds: physical.map((each) => each.machine.id),
      random: (purpose) => createRandom(seed, machine.id, purpose),
    }),
  }));
  const plant = new PlantSimulation(loaded.plant, seed, { machines, startMs });
  return {
    plant,
    machines: physical.map(({ machine }, i) => ({
      id: machine.id,
      kind: machine.kind,
      signals: plant.runners[i]?.signals ?? [],
    })),
  };
}

/** The plant as its servers first show it: warmed up from a fixed instant on, so that it is the same each time. */
export function createWarmSimulation(loaded: LoadedPlant, seed: number): ReturnType<typeof createSimulation> {
  const simulation = createSimulation(loaded, seed, Date.parse(loaded.plant.startsAt));
  simulation.plant.warmUp(loaded.plant.warmUpMinutes * 60);
  return simulation;
}
