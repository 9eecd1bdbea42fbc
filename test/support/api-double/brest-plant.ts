import type { SignalView } from '#contracts/api/machines.ts';
import type { LocalizedText } from '#domain/machine.ts';
import { isUnitCode, unitOf } from '../../../simulators/model/units.ts';
import type { SignalDefinition } from '../../../simulators/model/signal.ts';
import { loadPlant } from '../../../simulators/plants/load-plant.ts';
import { createSimulation } from '../../../simulators/runtime/create-simulation.ts';
import type { DoubleMachine, DoubleSignal } from './machine.ts';

/** The shipped plant's machines with all of their signals, and two machines more of it that somebody plugged in. */
const GUESTS = [
  { id: 'robot-guest', as: 'robot-01', name: { en: 'Visiting robot', ru: 'Робот-гость', be: 'Робат-госць', zh: '来访机器人' } },
  { id: 'pump-guest', as: 'pump-01', name: { en: 'Visiting pump', ru: 'Насос-гость', be: 'Помпа-госць', zh: '来访水泵' } },
]; // prettier-ignore

const { plant, machines: planned } = await loadPlant('simulators/plants/brest.yaml');
const simulated = createSimulation({ plant, machines: planned }, plant.seed, 0).machines;
const definitions = new Map(simulated.map(({ id, signals }) => [id, signals]));
for (const { id, as } of GUESTS) definitions.set(id, definitions.get(as) ?? []);

export const machines: readonly DoubleMachine[] = [
  ...plant.machines,
  ...GUESTS.flatMap(({ id, as, name }) => {
    const model = plant.machines.find((machine) => machine.id === as);
    return model ? [{ ...model, id, name }] : [];
  }),
].map(({ id, kind, name, area = '', line = '' }) => ({
  id: `${plant.site}/${id}`,
  kind,
  provenance: 'simulated',
  area,
  line,
  name: name as LocalizedText,
}));

export function signalsOf(machine: string): DoubleSignal[] {
  const own = definitions.get(machine.slice(machine.indexOf('/') + 1)) ?? [];
  return own.map((definition) => ({
    id: `${machine}/${definition.path}`,
    machine,
    path: definition.path,
    name: definition.name ?? { en: definition.path.slice(definition.path.lastIndexOf('/') + 1) },
    dataType: definition.dataType,
    isArray: definition.arrayLength !== undefined,
    ...unitAndRange(definition),
    ...(definition.enumeration && {
      enumNames: Object.fromEntries(definition.enumeration.map((en, i) => [String(i), { en }])),
    }),
    nodeId: `nsu=urn:double;s=${definition.path}`,
  }));
}

function unitAndRange({ unit, range }: SignalDefinition): Pick<SignalView, 'unit' | 'range'> {
  return {
    ...(unit !== undefined && isUnitCode(unit) && { unit: { code: unit, symbol: unitOf(unit).symbol } }),
    ...(range && { range: { low: range[0], high: range[1] } }),
  };
}
