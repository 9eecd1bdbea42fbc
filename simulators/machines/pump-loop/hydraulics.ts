/** Centrifugal pump in a closed loop: textbook hydraulics, SI units unless a name says otherwise. */

export const WATER_DENSITY = 998;
export const GRAVITY = 9.80665;

export interface PumpCurve {
  /** Head at zero flow and nominal speed, m. */
  readonly shutOffHeadM: number;
  /** Head lost per (m³/s)² inside the pump. */
  readonly curvature: number;
  readonly nominalRpm: number;
  /** Flow of best efficiency at nominal speed, m³/s. */
  readonly bestFlow: number;
  readonly bestEfficiency: number;
}

/** Affinity laws: flow goes with n, head with n², so that power goes with n³. */
export function headAt(curve: PumpCurve, flow: number, rpm: number): number {
  const ratio = rpm / curve.nominalRpm;
  return Math.max(0, curve.shutOffHeadM * ratio * ratio - curve.curvature * flow * flow);
}

/**
 * Flow at which the pump's head equals what the loop takes: `resistance` in m per (m³/s)², no static head.
 * m³/s.
 */
export function operatingFlow(curve: PumpCurve, resistance: number, rpm: number): number {
  const ratio = rpm / curve.nominalRpm;
  return Math.sqrt((curve.shutOffHeadM * ratio * ratio) / (curve.curvature + resistance));
}

/** Parabola with its top at the best flow, which moves with the speed; never below 5 %. */
export function efficiencyAt(curve: PumpCurve, flow: number, rpm: number): number {
  const best = curve.bestFlow * Math.max(rpm / curve.nominalRpm, 1e-6);
  const off = (flow - best) / best;
  return Math.max(0.05, curve.bestEfficiency * (1 - off * off));
}

/** P = rho g Q H, W. */
export const hydraulicPowerW = (flow: number, headM: number): number =>
  WATER_DENSITY * GRAVITY * flow * headM;

/** Resistance of a throttling valve: grows with the inverse square of its opening (0..1). */
export function valveResistance(openResistance: number, opening: number): number {
  const open = Math.max(opening, 0.02);
  return openResistance / (open * open);
}

/** Net positive suction head that is there: atmosphere and column above the pump minus vapour pressure, m. */
export function npshAvailableM(levelM: number, waterC: number): number {
  // Magnus formula, hPa; good to 0.5 % between 0 and 100 °C.
  const vapourPa = 611.2 * Math.exp((17.62 * waterC) / (243.12 + waterC));
  return (101_325 - vapourPa) / (WATER_DENSITY * GRAVITY) + levelM;
}
