import type { MachineModel } from '../model/machine-model.ts';
import { expect, describe, test } from 'vitest';
import { DATA_TYPES } from '#domain/machine.ts';
import { isSignalPath } from '#domain/asset-path.ts';
import { isUnitCode } from '../model/units.ts';
import { createRandom } from '../model/random.ts';
import { standaloneSurroundings } from '../site/standalone.ts';
import { BASIC_KW, READY_KW } from './cnc/model.ts';
import { machineKind, MACHINE_KINDS, type MachineKindName } from './registry.ts';

const KINDS = Object.keys(MACHINE_KINDS) as MachineKindName[];
const PRINCIPAL: readonly string[] = [
  'cnc',
  'compressor',
  'injection-moulding',
  'packaging',
  'pump-loop',
  'robot',
];
const HOUR_TICKS = 36_000;

interface Course {
  first: number;
  last: number;
  least: number;
  most: number;
  sum: number;
}

interface Hour {
  readonly model: MachineModel;
  /** Course of each scalar reading over all ticks. */
  readonly course: (key: string) => Course;
  readonly mean: (key: string) => number;
  readonly energyKwh: number;
  /** Texts by signal, as they came. */
  readonly texts: ReadonlyMap<string, ReadonlySet<string>>;
}

/** An hour of a machine's life, with faults if wanted. */
function liveAnHour(kind: MachineKindName, faults: Record<string, number> = {}): Hour {
  const model = createModel(kind);
  const courses = new Map(Object.keys(model.signals).map((key) => [key, undefined as Course | undefined]));
  const injected = new Map(Object.entries(faults));
  const surroundings = standaloneSurroundings();
  const texts = new Map(
    Object.entries(model.signals).flatMap(([key, { dataType }]) =>
      dataType === 'String' || dataType === 'LocalizedText' ? [[key, new Set<string>()] as const] : [],
    ),
  );
  let energyKwh = 0;
  for (let i = 1; i <= HOUR_TICKS; i += 1) {
    energyKwh += model.step(0.1, surroundings(i * 100), injected).powerKw / HOUR_TICKS;
    for (const [key, seen] of texts) {
      const text = model.values[key];
      if (typeof text === 'string') seen.add(text);
    }
    for (const [key, course] of courses) follow(courses, key, { course, value: Number(model.values[key]) });
  }
  const course = (key: string): Course => courses.get(key)!;
  return { model, energyKwh, course, texts, mean: (key) => course(key).sum / HOUR_TICKS };
}

function follow(
  courses: Map<string, Course | undefined>,
  key: string,
  { course, value }: { readonly course: Course | undefined; readonly value: number },
): void {
  if (!course) {
    courses.set(key, { first: value, last: value, least: value, most: value, sum: value });
    return;
  }
  course.last = value;
  course.sum += value;
  if (value < course.least) course.least = value;
  if (value > course.most) course.most = value;
}

function createModel(kind: MachineKindName): MachineModel {
  const description = machineKind(kind);
  return description.create(description.parameters.parse({}), {
    machineId: 'm',
    machineIds: ['m', 'cnc-01', 'robot-01'],
    random: (purpose) => createRandom(3, purpose),
  });
}

const healthy = new Map(KINDS.map((kind) => [kind, liveAnHour(kind)]));
const hourOf = (kind: MachineKindName): Hour => healthy.get(kind)!;

describe.each(KINDS)('%s', (kind) => {
  const { model, course } = hourOf(kind);
  const signals = Object.entries(model.signals);

  test('has well-formed signals, units of the table, ranges that hold', () => {
    expect(signals.length).toBeGreaterThanOrEqual(PRINCIPAL.includes(kind) ? 40 : 15);
    expect(signals.length).toBeLessThanOrEqual(90);
    expect(new Set(signals.map(([, { path }]) => path)).size).toBe(signals.length);
    for (const [key, { path, dataType, unit, range, arrayLength }] of signals) {
      expect(isSignalPath(path), path).toBe(true);
      expect(DATA_TYPES).toContain(dataType);
      if (unit !== undefined) expect(isUnitCode(unit), `${path} ${unit}`).toBe(true);
      if (!range || arrayLength !== undefined) continue;
      const { least, most } = course(key);
      expect(least, path).toBeGreaterThanOrEqual(range[0] - 0.05 * (range[1] - range[0]));
      expect(most, path).toBeLessThanOrEqual(range[1]);
    }
  });

  test('what it tells people is one of its texts; a String is a name for machines', () => {
    for (const [key, seen] of hourOf(kind).texts) {
      const { path, dataType, texts } = model.signals[key]!;
      for (const text of seen) {
        if (dataType === 'String') expect(text, path).toMatch(/^[A-Z\d_-]*$/);
        else if (texts) expect(texts.includes(text) || /^[\d/.]*$/.test(text), `${path}: ${text}`).toBe(true);
      }
    }
  });

  test('the same seed lives the same hour', () => {
    expect(liveAnHour(kind).model.values).toEqual(model.values);
  });
});

// A meter draws nothing itself: runtime/conservation.test.ts holds its register against the machines.
test.each(KINDS.filter((kind) => kind !== 'energy-meter'))(
  '%s: the energy register grew by what was drawn',
  (kind) => {
    const { first, last } = hourOf(kind).course('energy');
    expect((last - first) / 1000).toBeCloseTo(hourOf(kind).energyKwh, 2);
  },
);

test('mill: basic and ready power are about three quarters of what it takes', () => {
  const { mean, course } = hourOf('cnc');
  const share = 1 - mean('spindlePower') / mean('activePower');
  expect(share).toBeGreaterThan(0.65);
  expect(share).toBeLessThan(0.85);
  expect(course('activePower').least).toBeGreaterThan(BASIC_KW);
  expect(course('activePower').most).toBeGreaterThan(BASIC_KW + READY_KW + 2);
});

test('mill: parts in lifetime grow by good and scrap parts', () => {
  const { values } = hourOf('cnc').model;
  expect(Number(values['partsInLifetime'])).toBe(
    18_240 + Number(values['goodParts']) + Number(values['scrapParts']),
  );
  expect(Number(values['goodParts'])).toBeGreaterThan(8);
});

test('mill: a worn tool moves load, power and spindle temperature', () => {
  const before = hourOf('cnc');
  const after = liveAnHour('cnc', { 'tool-wear': 0.6 });
  for (const key of ['spindleLoad', 'activePower', 'spindleTemperature'])
    expect(after.mean(key), key).toBeGreaterThan(before.mean(key));
});

test('mill: no air, no part', () => {
  const model = createModel('cnc');
  const surroundings = standaloneSurroundings();
  for (let i = 1; i <= HOUR_TICKS; i += 1)
    model.step(0.1, { ...surroundings(i * 100), airPressureBar: 4 }, new Map());
  expect(model.values['goodParts']).toBe(0n);
  expect(model.values['alarmCode']).not.toBe(0);
});

test('compressor: what the receiver gained is what came in less what went out', () => {
  const { mean, course } = hourOf('compressor');
  const gainedM3 = (mean('deliveredFlow') - mean('networkFlow')) * 60;
  const pressure = course('receiverPressure');
  const storedM3 = ((pressure.last - pressure.first) * 0.9) / 1.013;
  expect(Math.abs(gainedM3 - storedM3)).toBeLessThan(0.005 * mean('deliveredFlow') * 60);
});

test('compressor: a leak means more loaded time and more energy', () => {
  const leaking = liveAnHour('compressor', { 'air-leak': 1 });
  expect(leaking.mean('loaded')).toBeGreaterThan(hourOf('compressor').mean('loaded') + 0.15);
  expect(leaking.energyKwh).toBeGreaterThan(hourOf('compressor').energyKwh * 1.1);
});

test('pump: a blocked filter cuts the flow; a bad bearing heats and shakes; cavitation is seen', () => {
  const before = hourOf('pump-loop');
  const blocked = liveAnHour('pump-loop', { 'blocked-filter': 1 });
  expect(blocked.mean('volumeFlowRate')).toBeLessThan(0.75 * before.mean('volumeFlowRate'));
  const bearing = liveAnHour('pump-loop', { bearing: 1 });
  expect(bearing.mean('bearingTemperature')).toBeGreaterThan(before.mean('bearingTemperature') + 15);
  expect(bearing.mean('vibration1')).toBeGreaterThan(1.5 * before.mean('vibration1'));
  expect(liveAnHour('pump-loop', { cavitation: 1 }).mean('cavitation')).toBeGreaterThan(0.3);
  expect(before.mean('cavitation')).toBe(0);
});
