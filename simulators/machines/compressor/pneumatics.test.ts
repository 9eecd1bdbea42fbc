import { expect, test } from 'vitest';
import * as pneumatics from './pneumatics.ts';

test('5 to 7 kW per m³/min at 7 bar; unloaded 25 to 30 % of it', () => {
  const full = pneumatics.loadedPowerKw(3, 6.2, 7);
  expect(full / 3).toBeCloseTo(6.2, 10);
  const share = pneumatics.unloadedPowerKw(full) / full;
  expect(share).toBeGreaterThanOrEqual(0.25);
  expect(share).toBeLessThanOrEqual(0.3);
});

test('the leak share of 8 s load and 48 s unload is 14.3 %', () => {
  expect(pneumatics.leakShare(8, 48)).toBeCloseTo(0.142_857, 6);
});

test('the receiver fills by (Qin - Qout) p0 / V', () => {
  // 0.9 m³/min surplus into 0.9 m³: one atmosphere a minute.
  expect(pneumatics.receiverRateBarPerS(1.9, 1, 0.9) * 60).toBeCloseTo(pneumatics.ATMOSPHERE_BAR, 10);
  expect(pneumatics.receiverRateBarPerS(1, 1, 0.9)).toBe(0);
});

test('a leak follows absolute pressure and is as stated at 7 bar', () => {
  expect(pneumatics.leakFlow(0.28, 7)).toBeCloseTo(0.28, 12);
  expect(pneumatics.leakFlow(0.28, 0)).toBeCloseTo(0.28 / 7.91, 3);
});
