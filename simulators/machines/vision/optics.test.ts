import { expect, test } from 'vitest';
import * as optics from './optics.ts';
import { normalShare, probit } from './probit.ts';

test('a share and its place in the normal distribution are each the other way round', () => {
  expect(normalShare(0)).toBeCloseTo(0.5, 6);
  expect(normalShare(1.959964)).toBeCloseTo(0.975, 6);
  for (const share of [0.001, 0.03, 0.5, 0.97, 0.994])
    expect(normalShare(probit(share))).toBeCloseTo(share, 6);
});

test('after 50,000 hours 70 % of the light are left, and a warm lamp gives less than a cool one', () => {
  expect(optics.lampAgeing(0)).toBe(1);
  expect(optics.lampAgeing(50_000)).toBeCloseTo(0.7, 12);
  expect(optics.illuminance(1.9, 1, 45)).toBeCloseTo(18_000, 6);
  expect(optics.illuminance(1.9, 1, 65)).toBeCloseTo(17_100, 6);
});

test('as designed a picture has its nominal light, full contrast and a noise of one', () => {
  const picture = optics.takePicture(18_000, 8, 0, 35);
  expect(picture).toEqual({ light: 1, contrast: 1, noise: 1, veil: 0 });
});

test('less light, more dirt, more heat: each makes a picture worse, none makes it better', () => {
  for (const dirt of [0, 0.3, 0.8])
    for (const lux of [18_000, 12_000, 6_000])
      for (const sensorC of [30, 45]) {
        const here = optics.takePicture(lux, optics.exposureFor(lux, dirt), dirt, sensorC);
        const dirtier = optics.takePicture(lux, optics.exposureFor(lux, dirt + 0.1), dirt + 0.1, sensorC);
        const darker = optics.takePicture(lux - 2000, optics.exposureFor(lux - 2000, dirt), dirt, sensorC);
        const warmer = optics.takePicture(lux, optics.exposureFor(lux, dirt), dirt, sensorC + 8);
        for (const worse of [dirtier, darker, warmer]) {
          expect(worse.light).toBeLessThanOrEqual(here.light + 1e-9);
          expect(worse.contrast).toBeLessThanOrEqual(here.contrast + 1e-9);
          expect(worse.noise).toBeGreaterThanOrEqual(here.noise - 1e-9);
        }
      }
});
