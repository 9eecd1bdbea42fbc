import type { TruthRecord } from './plant-truth.ts';
import { expect, test } from 'vitest';
import { loadPlant } from '../plants/load-plant.ts';
import { createSimulation } from './create-simulation.ts';
import { ATMOSPHERE_BAR } from '../machines/compressor/pneumatics.ts';

/** A shift of the big plant, the beginning of one of the others. */
const HOURS: Readonly<Record<string, number>> = { brest: 8, mogilev: 2, vitebsk: 2 };
/** Coarser than a served plant's: the models are exact in the step, and a shift passes in seconds. */
const TICK_MS = 1000;
const PLANTS = Object.keys(HOURS);

/** A shift of a plant, watched from outside: what was delivered and used, tick by tick. */
async function live(name: string) {
  const file = await loadPlant(`simulators/plants/${name}.yaml`);
  const loaded = { ...file, plant: { ...file.plant, tickMs: TICK_MS } };
  const startMs = Date.parse(loaded.plant.startsAt);
  const { plant, machines } = createSimulation(loaded, 7, startMs);
  const compressor = machines.findIndex(({ kind }) => kind === 'compressor');
  const read = (key: string): number => Number(plant.runners[compressor]?.model.values[key] ?? 0);
  const before = { pressure: 0, hallC: plant.hall.temperatureC };
  const air = { delivered: 0, used: 0 };
  const states = new Set<string>();
  const sink = {
    accept: () => undefined,
    observe: (record: TruthRecord) => void (record.type === 'state' && states.add(record.state)),
  };
  const meter = machines.findIndex(({ kind }) => kind === 'energy-meter');
  let registerWh = 0;
  const ticks = ((HOURS[name] ?? 1) * 3_600_000) / TICK_MS;
  for (let i = 0; i < ticks; i += 1) {
    plant.step(sink);
    if (i === 0) registerWh = Number(plant.runners[meter]?.model.values['energy'] ?? 0);
    if (compressor < 0) continue;
    if (i === 0) before.pressure = read('receiverPressure');
    air.delivered += (read('deliveredFlow') * TICK_MS) / 60_000;
    air.used += (read('networkFlow') * TICK_MS) / 60_000;
  }
  return { plant, machines, states, registerWh, air, before, pressure: read('receiverPressure'), loaded };
}

const shifts = new Map(await Promise.all(PLANTS.map(async (name) => [name, await live(name)] as const)));
const shiftOf = (name: string) => shifts.get(name)!;

test.each(PLANTS)('%s: parts in = parts out + scrap + in work', (name) => {
  const { plant } = shiftOf(name);
  const { partsEntered, partsLeft, partsScrapped, partsBuffered } = plant.siteTotals;
  const inMachines = plant.runners.reduce((sum, { work }) => sum + (work?.holding ?? 0), 0);
  expect(partsEntered).toBeGreaterThan(20);
  expect(partsLeft + partsScrapped + partsBuffered + inMachines).toBe(partsEntered);
  const scrapped = plant.runners.reduce((sum, { work }) => sum + (work?.scrap ?? 0), 0);
  expect(partsScrapped).toBe(scrapped);
});

test('brest: what the receiver holds is what was delivered less what was used, to 0.5 %', () => {
  const { air, before, pressure, loaded } = shiftOf('brest');
  const machine = loaded.machines.find((each) => each.type === 'physical' && each.kind === 'compressor');
  if (machine?.type !== 'physical') throw new Error('no compressor');
  const { receiverM3 } = machine.parameters as { receiverM3: number };
  const stored = ((pressure - before.pressure) * receiverM3) / ATMOSPHERE_BAR;
  expect(air.delivered).toBeGreaterThan(100);
  expect(Math.abs(air.delivered - air.used - stored) / air.delivered).toBeLessThan(0.005);
});

test('brest: machines + building + feeder loss = main meter, to 0.1 %', () => {
  const { plant, machines, registerWh } = shiftOf('brest');
  const meter = machines.findIndex(({ kind }) => kind === 'energy-meter');
  const mainKwh = (Number(plant.runners[meter]?.model.values['energy']) - registerWh) / 1000;
  const machinesKwh = plant.runners.reduce((sum, _, i) => sum + plant.machineTotals(i).energyKwh, 0);
  const { baseKwh, feederLossKwh } = plant.siteTotals;
  expect(mainKwh).toBeGreaterThan(100);
  expect(baseKwh).toBeGreaterThan(0.05 * mainKwh);
  expect(Math.abs(machinesKwh + baseKwh + feederLossKwh - mainKwh) / mainKwh).toBeLessThan(0.001);
});

test('brest: machines work, stand, wait and are set up, so that OEE has something to measure', () => {
  const { states } = shiftOf('brest');
  for (const state of ['producing', 'setup', 'starved', 'blocked', 'fault', 'planned-stop'])
    expect([...states], state).toContain(state);
});

test('brest: heat that went in less heat that went out is what the hall holds', () => {
  const { plant, before, loaded } = shiftOf('brest');
  const { hallGainedKwh, hallLostKwh } = plant.siteTotals;
  const stored = plant.hall.storedKwh(before.hallC);
  expect(hallGainedKwh).toBeGreaterThan(10);
  expect(hallGainedKwh - hallLostKwh).toBeCloseTo(stored, 6);
  const electricKwh = plant.runners.reduce((sum, _, i) => sum + plant.machineTotals(i).energyKwh, 0);
  const baseKwh = plant.siteTotals.baseKwh;
  // All that is drawn in the hall ends as its heat; one tick's delay is all that may differ.
  expect(Math.abs(hallGainedKwh - electricKwh - baseKwh)).toBeLessThan(0.01);
  expect(loaded.plant.building.heaterKw).toBeGreaterThan(0);
});

test('same seed: same state hash, tick by tick; another seed, or a fault: another', async () => {
  const loaded = await loadPlant('simulators/plants/brest.yaml');
  const create = (seed: number) => createSimulation(loaded, seed, 0).plant;
  const sink = { accept: () => undefined };
  const [first, second, other, faulty] = [create(7), create(7), create(8), create(7)];
  expect(first.hash).toBe(second.hash);
  expect(first.hash).not.toBe(other.hash);
  faulty.runners[1]?.faults.set('bearing', 0.5);
  for (let i = 0; i < 600; i += 1) for (const each of [first, second, faulty]) each.step(sink);
  expect(first.hash).toBe(second.hash);
  expect(first.hash).not.toBe(faulty.hash);
  expect(first.hash).not.toBe(create(7).hash);
});
