import type { MachineModel, Surroundings } from '../model/machine-model.ts';
import type { MaterialPorts, Part } from '../model/part.ts';
import { describe, expect, test } from 'vitest';
import { HeatedZone } from '../model/heated-zone.ts';
import { createRandom } from '../model/random.ts';
import { standaloneSurroundings } from '../site/standalone.ts';
import { CoolingCircuit } from './injection-moulding/cooling.ts';
import { machineKind, type MachineKindName } from './registry.ts';

/** Temperatures, light and sizes must follow what causes them; coarse steps, since the models are exact in the step. */

const AMBIENT_C = 21;

function createModel(kind: MachineKindName): MachineModel {
  const { create, parameters } = machineKind(kind);
  const random = (purpose: string) => createRandom(5, purpose);
  return create(parameters.parse({}), { machineId: 'm', machineIds: ['m'], random });
}

interface Life {
  readonly hours: number;
  readonly around?: Partial<Surroundings>;
  readonly faults?: Readonly<Record<string, number>>;
}

/** Lets time pass in seconds. @returns energy drawn, kWh */
function live(model: MachineModel, { hours, around = {}, faults = {} }: Life): number {
  const surroundings = standaloneSurroundings();
  const injected = new Map(Object.entries(faults));
  let energyKwh = 0;
  for (let i = 1; i <= hours * 3600; i += 1)
    energyKwh += model.step(1, { ...surroundings(i * 1000), ...around }, injected).powerKw / 3600;
  return energyKwh;
}

const read = (model: MachineModel, key: string): number => Number(model.values[key]);
const NO_MATERIAL: MaterialPorts = {
  waiting: () => 0,
  peek: () => undefined,
  take: () => undefined,
  room: () => Infinity,
  give: () => undefined,
  scrap: () => undefined,
};

/** An endless row of equal pieces. */
function piecesLike(piece: Omit<Part, 'serial' | 'order' | 'article'>): MaterialPorts {
  const part: Part = { serial: 1, order: 'WO-1', article: 'A-100', ...piece };
  return { ...NO_MATERIAL, waiting: () => Infinity, peek: () => part, take: () => part };
}

describe('robot', () => {
  const MOTORS = [1, 2, 3, 4, 5, 6].map((axis) => `motorTemperature${axis}`);

  test('motors warm while it works, and cool to the hall, never below it, while it stands', () => {
    const robot = createModel('robot');
    let before = MOTORS.map(() => 0);
    for (let quarter = 0; quarter < 6; quarter += 1) {
      live(robot, { hours: 0.25 });
      const now = MOTORS.map((key) => read(robot, key));
      now.forEach((celsius, i) => expect(celsius, MOTORS[i]).toBeGreaterThan(before[i]!));
      before = now;
    }
    for (const celsius of before) expect(celsius).toBeGreaterThan(AMBIENT_C + 6);
    live(robot, { hours: 6, around: { material: NO_MATERIAL } });
    for (const key of MOTORS) {
      expect(read(robot, key), key).toBeLessThan(AMBIENT_C + 1.5);
      expect(read(robot, key), key).toBeGreaterThan(AMBIENT_C - 0.5);
    }
  });

  test('more load on the arm is more torque, more current, more energy and warmer motors', () => {
    const [light, heavy] = [createModel('robot'), createModel('robot')];
    const lightKwh = live(light, { hours: 1 });
    const heavyKwh = live(heavy, { hours: 1, faults: { payload: 1 } });
    expect(heavyKwh).toBeGreaterThan(lightKwh);
    for (const key of ['motorTemperature2', 'motorTemperature3'])
      expect(read(heavy, key), key).toBeGreaterThan(read(light, key));
  });

  test('standing long it closes its brakes: no torque, no current, the controller alone draws', () => {
    const robot = createModel('robot');
    live(robot, { hours: 0.1, around: { material: NO_MATERIAL } });
    expect(Math.abs(read(robot, 'torque2'))).toBeLessThan(3);
    expect(read(robot, 'activePower')).toBeCloseTo(0.24, 1);
  });
});

describe('vision', () => {
  const shown = { defect: 'scratch', sizeMm: 0 } as const;
  const share = (model: MachineModel): number => read(model, 'rejected') / read(model, 'inspected');

  test('the same flaws are seen less often through dirt and by an old lamp; good pieces are then refused', () => {
    const good = { defect: '', sizeMm: 0 } as const;
    const seen = (piece: typeof shown | typeof good, faults: Record<string, number>): number => {
      const model = createModel('vision');
      live(model, { hours: 0.7, around: { material: piecesLike(piece) }, faults });
      return share(model);
    };
    const clean = seen(shown, {});
    expect(clean).toBeGreaterThan(0.94);
    expect(seen(shown, { 'dirty-lens': 0.7 })).toBeLessThan(clean - 0.1);
    expect(seen(good, {})).toBeLessThan(0.03);
    expect(seen(good, { 'dirty-lens': 1 })).toBeGreaterThan(0.05);
  });

  test('a piece is refused for its measured size, and the measure is that of the piece', () => {
    const model = createModel('vision');
    live(model, { hours: 0.2, around: { material: piecesLike({ defect: 'size', sizeMm: 0.25 }) } });
    expect(share(model)).toBe(1);
    const { structure } = model.values['lastInspection'] as { structure: { DiameterMm: readonly number[] } };
    for (const diameter of structure.DiameterMm) expect(diameter).toBeCloseTo(20.25, 1);
  });

  test('light falls as the lamp warms and ages, the exposure makes up for it; the lens gets dirty until it is wiped', () => {
    const model = createModel('vision');
    live(model, { hours: 0.01 });
    const cold = { lux: read(model, 'brightness'), exposure: read(model, 'exposure') };
    live(model, { hours: 3 });
    expect(read(model, 'brightness')).toBeLessThan(cold.lux - 150);
    expect(read(model, 'exposure')).toBeGreaterThan(cold.exposure + 0.2);
    const dirty = read(model, 'sharpness');
    live(model, { hours: 0.2, around: { shift: 'break' } });
    live(model, { hours: 0.01 });
    expect(read(model, 'sharpness')).toBeGreaterThan(dirty + 3);
    live(model, { hours: 0.5, faults: { 'lamp-aged': 1 } });
    expect(read(model, 'brightness')).toBeLessThan(0.7 * cold.lux);
  });
});

test('moulding: what went into mould and oil was carried off by water, given to the air, or is held', () => {
  const circuit = new CoolingCircuit();
  const [mouldC, oilC] = [circuit.mould.temperatureC, circuit.oil.temperatureC];
  let takenInKj = 0;
  for (let i = 0; i < 7200; i += 1) {
    const heat = { mouldKw: i % 1800 < 1500 ? 1.5 : 0, oilKw: 3.5 };
    circuit.step(heat, { ambientC: AMBIENT_C, cooling: i > 3600 ? 0.3 : 1 }, 1);
    takenInKj += heat.mouldKw + heat.oilKw;
  }
  const heldKj = 40 * (circuit.mould.temperatureC - mouldC) + 300 * (circuit.oil.temperatureC - oilC);
  const leftKj = circuit.carriedKj + circuit.mould.givenKj + circuit.oil.givenKj;
  expect(circuit.mould.temperatureC).toBeGreaterThan(50);
  expect(takenInKj - leftKj).toBeCloseTo(heldKj, 6);
});

test('a heated zone gives as heat what its heater drew, and is at its setpoint only while that is enough', () => {
  const zone = new HeatedZone({ initialC: 60, capacityKjPerK: 9, lossKwPerK: 0.0045, maximumKw: 1.8 });
  const now = { setpointC: 165, ambientC: AMBIENT_C, takenKw: 0.1, lost: 0 };
  let drawnKj = 0;
  for (let i = 0; i < 7200; i += 1) {
    zone.step(now, 1);
    drawnKj += zone.powerKw - now.takenKw;
  }
  expect(zone.temperatureC).toBeCloseTo(165, 0);
  expect(zone.powerKw).toBeCloseTo(0.0045 * (165 - AMBIENT_C) + 0.1, 2);
  expect(drawnKj - zone.givenKj).toBeCloseTo(9 * (zone.temperatureC - 60), 6);
  for (let i = 0; i < 7200; i += 1) zone.step({ ...now, lost: 0.75 }, 1);
  expect(zone.temperatureC).toBeLessThan(140);
});

test('vehicle: its battery holds what was charged less what it used; speeding up takes more than rolling', () => {
  const model = createModel('agv');
  const surroundings = standaloneSurroundings();
  let netKwh = 0;
  let peakA = 0;
  const charge = read(model, 'charge') || 78;
  for (let i = 1; i <= 36_000; i += 1) {
    model.step(0.1, surroundings(i * 100), new Map());
    netKwh += (read(model, 'current') * 25.6) / 1000 / 36_000;
    peakA = Math.max(peakA, read(model, 'motorLeft'));
  }
  const storedKwh = ((read(model, 'charge') - charge) / 100) * 2.4;
  expect(storedKwh).toBeLessThan(netKwh);
  expect(storedKwh).toBeGreaterThan(netKwh - 0.01);
  expect(peakA).toBeGreaterThan(4);
});
