import { clamp } from '../../model/lag.ts';

/** What a picture is made of: light that arrives, contrast that dirt leaves, noise of a warm sensor. */

export const NOMINAL_LUX = 18_000;
export const NOMINAL_EXPOSURE_MS = 8;
/** Longer, and the moving piece smears. */
export const LONGEST_EXPOSURE_MS = 16;
export const NOMINAL_LAMP_A = 1.9;
export const HIGHEST_LAMP_A = 2.2;
export const LAMP_V = 24;
/** Hours at rated current until 70 % of the light are left (L70 of IES TM-21). */
const L70_H = 50_000;
const JUNCTION_C = 45;
const SENSOR_C = 35;

/** Share of its light that a lamp still has after so many hours: exponential, as TM-21 extrapolates. */
export const lampAgeing = (hours: number): number => 0.7 ** (hours / L70_H);

/** Light of the lamp: in proportion to its current, 0.25 % less per kelvin. lx */
export function illuminance(currentA: number, ageing: number, lampC: number): number {
  return NOMINAL_LUX * (currentA / NOMINAL_LAMP_A) * ageing * (1 - 0.0025 * (lampC - JUNCTION_C));
}

export interface Picture {
  /** Light on the sensor, as a share of the nominal. */
  readonly light: number;
  /** What scattering at dirt and smear leave of the contrast, 0..1. */
  readonly contrast: number;
  /** Deviation of the evidence, 1 as designed. */
  readonly noise: number;
  /** Evidence that dirt on the lens looks like, in deviations. */
  readonly veil: number;
}

/** @param dirt share of the lens that a film covers. */
export function takePicture(lux: number, exposureMs: number, dirt: number, sensorC: number): Picture {
  const exposure = exposureMs / NOMINAL_EXPOSURE_MS;
  const light = Math.max(0.02, (lux / NOMINAL_LUX) * exposure * (1 - 0.55 * dirt));
  const smear = 1 - 0.12 * Math.max(0, exposure - 1);
  // Shot noise falls with the light; dark current doubles every 8 K.
  const shot = 0.9 / light;
  const dark = 0.1 * 2 ** ((sensorC - SENSOR_C) / 8);
  return {
    light,
    contrast: clamp((1 - 0.6 * dirt) * smear, 0, 1),
    noise: Math.sqrt(shot + dark),
    veil: 1.2 * dirt,
  };
}

/** The exposure that makes up for missing light, as far as the pieces' pace lets it; ms. */
export function exposureFor(lux: number, dirt: number): number {
  const share = (Math.max(lux, 1) / NOMINAL_LUX) * (1 - 0.55 * dirt);
  return clamp(NOMINAL_EXPOSURE_MS / share, NOMINAL_EXPOSURE_MS / 2, LONGEST_EXPOSURE_MS);
}

/** What a picture tells of a length: optics and housing grow with their temperature, 23e-6 per kelvin. mm */
export const measuredMm = (trueMm: number, sensorC: number): number =>
  trueMm * (1 + 23e-6 * (sensorC - SENSOR_C));
