import type { Scenario, Symptom } from './scenario.ts';
import type { Watched } from './run-scenario.ts';
import { expect, test } from 'vitest';
import { SENSOR_FAULTS } from '../faults/fault-book.ts';
import { machineKind } from '../machines/registry.ts';
import { loadPlant } from '../plants/load-plant.ts';
import { findSymptom, watchPlant } from './run-scenario.ts';
import { loadScenarios } from './scenario.ts';

/** Coarser than a served plant's: the models are exact in the step. */
const TICK_MS = 1000;
const file = await loadPlant('simulators/plants/brest.yaml');
const plant = { ...file, plant: { ...file.plant, tickMs: TICK_MS } };
const scenarios = loadScenarios();

/** The same plant without any fault, lived through once for all scenarios. */
const healthy: Watched = watchPlant(
  plant,
  { ...scenarios[0]!, durationS: Math.max(...scenarios.map(({ durationS }) => durationS)) },
  { symptoms: scenarios.flatMap(({ expect: expected }) => expected), withFaults: false },
);

test('every fault of every machine has a scenario, of the same plant and seed', () => {
  const faults = new Set<string>();
  const told = new Set<string>();
  for (const { steps, plant: id, seed } of scenarios) {
    expect([id, seed]).toEqual(['brest', 7]);
    for (const { inject } of steps) {
      if (!inject) continue;
      faults.add(inject.fault);
      told.add(`${inject.machine} ${inject.fault}`);
      const machine = plant.machines.find(({ machine: each }) => each.id === inject.machine);
      const known = machine?.type === 'physical' ? machineKind(machine.kind).faults : [];
      expect([...known, ...SENSOR_FAULTS], inject.machine).toContain(inject.fault);
    }
  }
  expect(faults.size).toBeGreaterThanOrEqual(12);
  const known = plant.machines.flatMap((planned) =>
    planned.type === 'physical'
      ? machineKind(planned.kind).faults.map((fault) => `${planned.machine.id} ${fault}`)
      : [],
  );
  expect(known.filter((each) => !told.has(each))).toEqual([]);
});

const firstAt = ({ steps }: Scenario): number => Math.min(...steps.map(({ at }) => at));
const tell = ({ machine, signal }: Symptom): string => `${machine} ${signal}`;

test.each(scenarios)('$id: every symptom in time and in its order', (scenario) => {
  const look = (faulty: Watched) =>
    scenario.expect.map((symptom) => findSymptom(symptom, { healthy, faulty }, firstAt(scenario)));
  const seen = look(
    watchPlant(plant, scenario, {
      symptoms: scenario.expect,
      withFaults: true,
      isEnough: (watched) => look(watched).every(({ afterS }) => afterS !== undefined),
    }),
  );
  for (const { symptom, afterS } of seen) {
    expect(afterS, `${tell(symptom)} never ${symptom.change}`).toBeDefined();
    expect(afterS, tell(symptom)).toBeLessThanOrEqual(symptom.withinS);
  }
  if (!scenario.ordered) return;
  const times = seen.map(({ afterS }) => afterS ?? Infinity);
  expect(times, seen.map(({ symptom }) => tell(symptom)).join(' < ')).toEqual(
    times.toSorted((a, b) => a - b),
  );
});
