import { expect, test } from 'vitest';
import * as hydraulics from './hydraulics.ts';

const CURVE = {
  shutOffHeadM: 38,
  curvature: 2.4e6,
  nominalRpm: 2900,
  bestFlow: 2.1e-3,
  bestEfficiency: 0.62,
};
const RESISTANCE = 2.6e6;

test('affinity laws: flow goes with n, head with n², power with n³', () => {
  const full = hydraulics.operatingFlow(CURVE, RESISTANCE, 2900);
  const half = hydraulics.operatingFlow(CURVE, RESISTANCE, 1450);
  const headFull = hydraulics.headAt(CURVE, full, 2900);
  const headHalf = hydraulics.headAt(CURVE, half, 1450);
  expect(full / half).toBeCloseTo(2, 10);
  expect(headFull / headHalf).toBeCloseTo(4, 10);
  const power = hydraulics.hydraulicPowerW(full, headFull) / hydraulics.hydraulicPowerW(half, headHalf);
  expect(power).toBeCloseTo(8, 8);
});

test('at the operating point the pump gives what the loop takes', () => {
  const flow = hydraulics.operatingFlow(CURVE, RESISTANCE, 2600);
  expect(hydraulics.headAt(CURVE, flow, 2600)).toBeCloseTo(RESISTANCE * flow * flow, 8);
});

test('1 l/s over 10 m is 97.9 W', () => {
  expect(hydraulics.hydraulicPowerW(1e-3, 10)).toBeCloseTo(97.87, 2);
});

test('efficiency is best at the best flow of each speed', () => {
  expect(hydraulics.efficiencyAt(CURVE, 2.1e-3, 2900)).toBeCloseTo(0.62, 10);
  expect(hydraulics.efficiencyAt(CURVE, 1.05e-3, 1450)).toBeCloseTo(0.62, 10);
  expect(hydraulics.efficiencyAt(CURVE, 0.6e-3, 2900)).toBeLessThan(0.4);
});

test('throttling to half takes four times the head; hot water leaves less suction', () => {
  expect(hydraulics.valveResistance(100, 0.5)).toBe(400);
  expect(hydraulics.npshAvailableM(0.6, 24)).toBeCloseTo(10.65, 1);
  expect(hydraulics.npshAvailableM(0.6, 90)).toBeLessThan(4.5);
});
