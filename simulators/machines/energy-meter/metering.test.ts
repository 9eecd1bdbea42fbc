import { expect, test } from 'vitest';
import { METER_ROLLOVER_WH } from '../../model/energy-meter.ts';
import { createRandom } from '../../model/random.ts';
import { MeteredFeeder } from './metering.ts';
import { meterParameters } from './parameters.ts';
import { initialRegisters } from './registers.ts';

test('P = dE/dt, within the class of the meter', () => {
  const feeder = new MeteredFeeder(createRandom(1, 'meter'), 0n, 0.0005);
  for (let i = 0; i < 36_000; i += 1) feeder.step(0.1, 24, 230, 60);
  expect(Math.abs(Number(feeder.register.registerWh) / 24_000 - 1)).toBeLessThan(0.001);
  expect(feeder.activeKw).toBeCloseTo(24, 1);
  expect(feeder.maximumDemandKw).toBeCloseTo(24, 1);
});

test('the register is monotone and rolls over like a real one', () => {
  const feeder = new MeteredFeeder(createRandom(1, 'meter'), METER_ROLLOVER_WH - 5n, 0);
  const seen: bigint[] = [];
  for (let i = 0; i < 3600; i += 1) {
    feeder.step(0.1, 100, 230, 100);
    seen.push(feeder.register.registerWh);
  }
  const falls = seen.filter((value, i) => i > 0 && value < (seen[i - 1] ?? 0n));
  expect(falls).toHaveLength(1);
  expect(seen.at(-1)).toBeLessThan(10_000n);
});

test.each([{}, { buildingKwh: 30_000, feederKwh: { b: 41_000 } }])(
  'no two lines have counted the same; all and the losses are what the main meter stands at: %o',
  (given) => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const own = meterParameters.parse({ initialKwh: 184_220, ...given });
    const { building, feeders } = initialRegisters(own, ids, createRandom(1, 'registers'));
    expect(new Set(feeders).size).toBe(ids.length);
    const behindKwh = Number(feeders.reduce((sum, each) => sum + each, building)) / 1000;
    expect(1 - behindKwh / 184_220).toBeCloseTo(0.015, 4);
    if ('feederKwh' in given) expect([building, feeders[1]]).toEqual([30_000_000n, 41_000_000n]);
  },
);
