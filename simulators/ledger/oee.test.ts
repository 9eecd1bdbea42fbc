import { expect, test } from 'vitest';
import { loadPlant } from '../plants/load-plant.ts';
import { createSimulation } from '../runtime/create-simulation.ts';
import { oeeFigures, oeeOfLedger } from './oee.ts';

test('the golden vector of KPI.md', () => {
  const minutes = { aptS: 400, austS: 30, adetS: 35, adotS: 15, pbtS: 480, plannedS: 0.9 * 420 };
  const figures = oeeFigures({ ...minutes, produced: 420, good: 403 });
  expect(figures.availability).toBeCloseTo(0.833333, 6);
  expect(figures.effectiveness).toBeCloseTo(0.945, 6);
  expect(figures.quality).toBeCloseTo(0.959524, 6);
  expect(figures.oee).toBeCloseTo(0.755625, 6);
});

test('nothing planned is undefined, not 100 %', () => {
  const nothing = { aptS: 0, austS: 0, adetS: 0, adotS: 0, pbtS: 0, plannedS: 0, produced: 0, good: 0 };
  expect(oeeFigures(nothing).oee).toBeUndefined();
});

test('every machine of a plant gets its buckets, and they sum to the time that was lived', async () => {
  const loaded = await loadPlant('simulators/plants/mogilev.yaml');
  const coarse = { ...loaded, plant: { ...loaded.plant, tickMs: 1000 } };
  const { plant, machines } = createSimulation(coarse, 7, Date.parse(loaded.plant.startsAt));
  const lines = [JSON.stringify({ machines })];
  const sink = {
    accept: () => undefined,
    observe: ({ type, timeMs, ...rest }: { type: string; timeMs: number }) =>
      void lines.push(JSON.stringify({ [type]: { time: `${timeMs}000000`, ...rest } })),
  };
  for (let i = 0; i < 3600; i += 1) plant.step(sink);
  const result = oeeOfLedger(lines);
  expect(result.map(({ id }) => id)).toEqual(['robot-11', 'cnc-11', 'vision-11', 'meter-11']);
  const mill = result[1]!;
  const { aptS, austS, adetS, adotS, pbtS } = mill.elements;
  expect(aptS + austS + adetS + adotS).toBe(pbtS);
  expect(pbtS).toBeGreaterThan(3500);
  const { oee, quality } = oeeFigures(mill.elements);
  expect(oee).toBeGreaterThan(0.3);
  expect(oee).toBeLessThan(1);
  expect(quality).toBeGreaterThan(0.5);
});
