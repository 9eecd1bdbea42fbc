import { expect, test } from 'vitest';
import * as cutting from './cutting.ts';

test('milling power of the worked example is 1.68 kW', () => {
  const cut = { depthMm: 2, widthMm: 80, feedMmPerMin: 280, specificForce: 1800 };
  expect(cutting.millingPowerKw(cut, 0.8)).toBeCloseTo(1.68, 10);
});

test('turning power of the worked example is 4.65 kW', () => {
  const cut = { depthMm: 3, feedMmPerRev: 0.2, cuttingSpeedMPerMin: 120, specificForce: 3100 };
  expect(cutting.turningPowerKw(cut, 0.8)).toBeCloseTo(4.65, 10);
});

test('tool life keeps to vc T^n = C', () => {
  for (const speed of [80, 120, 240]) {
    const life = cutting.toolLifeMin(speed, 0.25, 420);
    expect(speed * life ** 0.25).toBeCloseTo(420, 8);
  }
  expect(cutting.toolLifeMin(120, 0.25, 420)).toBeGreaterThan(cutting.toolLifeMin(240, 0.25, 420));
});

test('torque times angular speed is power; teeth pass n z / 60 times a second', () => {
  const torque = cutting.torqueNm(3.3, 3200);
  expect((torque * 2 * Math.PI * 3200) / 60 / 1000).toBeCloseTo(3.3, 2);
  expect(cutting.torqueNm(3.3, 0)).toBe(0);
  expect(cutting.toothPassHz(3000, 4)).toBe(200);
  expect(cutting.cuttingSpeed(20, 3200)).toBeCloseTo(201.06, 2);
});

test('a worn edge needs more force and leaves a rougher face', () => {
  expect(cutting.wornForce(1800, 0)).toBe(1800);
  expect(cutting.wornForce(1800, 1)).toBeCloseTo(2610, 8);
  expect(cutting.roughnessUm(0.8, 1)).toBeGreaterThan(1.6);
  expect(cutting.roughnessUm(0.8, 0.3)).toBeLessThan(1);
});
