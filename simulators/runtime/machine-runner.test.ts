import type { MachineModel } from '../model/machine-model.ts';
import { expect, test } from 'vitest';
import { createRandom } from '../model/random.ts';
import { standaloneSurroundings } from '../site/standalone.ts';
import { MachineRunner } from './machine-runner.ts';

const IDLE = { state: 'idle', reason: '', good: 0, scrap: 0, plannedS: 0, holding: 0 } as const;
const around = standaloneSurroundings();

function runner(badPerHour: number) {
  const model: MachineModel = {
    signals: {
      fast: { path: 'Fast', dataType: 'Double', cadence: { everyMs: 200 }, sensor: true },
      state: { path: 'State', dataType: 'String', cadence: 'on-change' },
    },
    values: { fast: 1, state: 'a' },
    step: () => ({ powerKw: 0, airM3PerMin: 0, work: IDLE }),
  };
  const disturbances = { badPerHour, uncertainPerHour: 0, meanDurationS: 1 };
  return {
    model,
    runner: new MachineRunner({ model, disturbances, random: (purpose) => createRandom(1, purpose) }),
  };
}

test('cyclic signals come with their period, also when equal; the others when they change', () => {
  const { model, runner: own } = runner(0);
  const produced: string[] = [];
  for (let timeMs = 100; timeMs <= 1000; timeMs += 100) {
    if (timeMs === 500) model.values['state'] = 'b';
    own.step(0.1, around(timeMs));
    produced.push(own.tick.signals.map((i) => own.signals[i]?.path).join('+'));
  }
  expect(produced).toEqual(['Fast+State', 'Fast', '', 'Fast', 'State', 'Fast', '', 'Fast', '', 'Fast']);
});

test('a bad status takes the value away, is reported at once, and passes', () => {
  const { runner: own } = runner(600);
  let bad = 0;
  let good = 0;
  for (let timeMs = 100; timeMs <= 600_000; timeMs += 100) {
    own.step(0.1, around(timeMs));
    own.tick.statuses.forEach((status, i) => {
      if (own.tick.signals[i] !== 0) expect(status).toBe(0);
      if (status === 0) good += 1;
      else bad += 1;
      expect(own.tick.values[i] === null).toBe(status !== 0);
    });
  }
  expect(bad).toBeGreaterThan(20);
  expect(good).toBeGreaterThan(bad);
});
