/** Metal cutting: power, torque, wear, roughness. KPI.md, physics section; sources named per formula. */

/** Milling: Pc = ap ae vf Kc / (60e6 eta), kW; mm, mm, mm/min, N/mm². */
export function millingPowerKw(cut: MillingCut, efficiency: number): number {
  return (cut.depthMm * cut.widthMm * cut.feedMmPerMin * cut.specificForce) / (60e6 * efficiency);
}

export interface MillingCut {
  /** ap */
  readonly depthMm: number;
  /** ae */
  readonly widthMm: number;
  /** vf */
  readonly feedMmPerMin: number;
  /** Kc, N/mm² */
  readonly specificForce: number;
}

export interface TurningCut {
  /** ap */
  readonly depthMm: number;
  /** fn */
  readonly feedMmPerRev: number;
  /** vc */
  readonly cuttingSpeedMPerMin: number;
  /** Kc, N/mm² */
  readonly specificForce: number;
}

/** Turning: Pc = ap f vc Kc / (60e3 eta), kW. */
export function turningPowerKw(cut: TurningCut, efficiency: number): number {
  return (cut.depthMm * cut.feedMmPerRev * cut.cuttingSpeedMPerMin * cut.specificForce) / (60e3 * efficiency);
}

/** M = 9550 P / n, N·m; 0 at standstill. */
export const torqueNm = (powerKw: number, rpm: number): number => (rpm > 1 ? (9550 * powerKw) / rpm : 0);

/** vc = pi D n / 1000, m/min. */
export const cuttingSpeed = (diameterMm: number, rpm: number): number => (Math.PI * diameterMm * rpm) / 1000;

/** Taylor: vc T^n = C, so T = (C / vc)^(1/n), min. */
export function toolLifeMin(cuttingSpeedMPerMin: number, exponent: number, constant: number): number {
  return (constant / cuttingSpeedMPerMin) ** (1 / exponent);
}

/** Tooth-passing frequency n z / 60, Hz. */
export const toothPassHz = (rpm: number, teeth: number): number => (rpm * teeth) / 60;

/** The specific cutting force grows with flank wear (0 sharp, 1 end of life): 45 % at the end of life. */
export const wornForce = (specificForce: number, wear: number): number => specificForce * (1 + 0.45 * wear);

/** Ra of a finished face, µm: feed marks plus what a worn edge tears. */
export const roughnessUm = (sharpUm: number, wear: number): number => sharpUm * (1 + 1.15 * wear * wear);
