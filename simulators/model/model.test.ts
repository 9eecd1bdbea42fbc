import { expect, test } from 'vitest';
import { EnergyMeter, METER_ROLLOVER_WH } from './energy-meter.ts';
import { FirstOrderLag, quantize, ramp } from './lag.ts';
import { createRandom } from './random.ts';
import { sameValue } from './signal.ts';

test('a lag has covered 63.2 % after its time constant, however it is stepped', () => {
  const coarse = new FirstOrderLag(20, 1200);
  coarse.step(60, 1200);
  const fine = new FirstOrderLag(20, 1200);
  for (let i = 0; i < 12_000; i += 1) fine.step(60, 0.1);
  expect(coarse.value).toBeCloseTo(20 + 40 * (1 - Math.exp(-1)), 10);
  expect(fine.value).toBeCloseTo(coarse.value, 8);
});

test('the meter counts the energy that went through it, in whole Wh, and rolls over', () => {
  const meter = new EnergyMeter();
  for (let i = 0; i < 36_000; i += 1) meter.step(1.5, 0.1);
  expect(meter.registerWh).toBeGreaterThanOrEqual(1499n);
  expect(meter.registerWh).toBeLessThanOrEqual(1500n);
  const last = new EnergyMeter(METER_ROLLOVER_WH - 1n);
  last.step(3.6, 2);
  expect(last.registerWh).toBe(1n);
});

test('random streams are repeatable, differ by purpose, and are spread as they should be', () => {
  const draw = (...purpose: string[]): number[] => {
    const random = createRandom(7, ...purpose);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(draw('a', 'b')).toEqual(draw('a', 'b'));
  expect(draw('a', 'b')).not.toEqual(draw('ab'));
  const random = createRandom(7, 'spread');
  const normal = Array.from({ length: 20_000 }, () => random.gaussian());
  const mean = normal.reduce((sum, each) => sum + each, 0) / normal.length;
  const variance = normal.reduce((sum, each) => sum + (each - mean) ** 2, 0) / normal.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
  const waits = Array.from({ length: 20_000 }, () => random.waitingTime(4));
  expect(waits.reduce((sum, each) => sum + each, 0) / waits.length).toBeCloseTo(0.25, 1);
  expect(random.waitingTime(0)).toBe(Infinity);
});

test('ramps do not overshoot, sensors have a last digit, arrays compare by content', () => {
  expect(ramp(0, 10, 3)).toBe(3);
  expect(ramp(9, 10, 3)).toBe(10);
  expect(ramp(10, 0, 3)).toBe(7);
  expect(quantize(1.23456, 0.001)).toBe(1.235);
  expect(sameValue([1, 2], [1, 2])).toBe(true);
  expect(sameValue([1, 2], [1, 3])).toBe(false);
  expect(sameValue(1n, 1)).toBe(false);
});
