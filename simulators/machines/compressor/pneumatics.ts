/** Screw compressor with receiver. KPI.md, physics section; air volumes at atmospheric conditions (FAD). */

export const ATMOSPHERE_BAR = 1.013;

/** dp/dt = (Qin - Qout) p0 / V, bar per second; flows in m³/min, volume in m³. */
export function receiverRateBarPerS(inM3PerMin: number, outM3PerMin: number, volumeM3: number): number {
  return (((inM3PerMin - outM3PerMin) / 60) * ATMOSPHERE_BAR) / volumeM3;
}

/** What a receiver at this gauge pressure holds beyond the atmosphere's share, m³ at atmospheric conditions. */
export const storedM3 = (gaugeBar: number, volumeM3: number): number =>
  (gaugeBar * volumeM3) / ATMOSPHERE_BAR;

/**
 * Shaft-to-meter power under load, kW: 5-7 kW per m³/min at 7 bar gauge; about 7 % more per bar above.
 */
export function loadedPowerKw(capacityM3PerMin: number, specificKw: number, gaugeBar: number): number {
  return capacityM3PerMin * specificKw * (1 + 0.07 * (gaugeBar - 7));
}

/** Unloaded the screw turns against the closed inlet: 25-30 % of full power. */
export const unloadedPowerKw = (fullPowerKw: number): number => 0.27 * fullPowerKw;

/** Leak share with all users off: T_load / (T_load + T_unload). */
export const leakShare = (loadS: number, unloadS: number): number => loadS / (loadS + unloadS);

/** A leak is an orifice in critical flow: proportional to absolute pressure. */
export function leakFlow(atSevenBarM3PerMin: number, gaugeBar: number): number {
  return (atSevenBarM3PerMin * Math.max(0, gaugeBar + ATMOSPHERE_BAR)) / (7 + ATMOSPHERE_BAR);
}
