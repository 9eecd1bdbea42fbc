import { ThermalMass } from '../../model/thermal-mass.ts';

export const NOMINAL_C = [195, 210, 220, 225] as const;
const ZONE_MAX_KW = 2.4;
const ZONE_CAPACITY_KJ_PER_K = 9;
const ZONE_LOSS_KW_PER_K = 0.0011;

interface Zone {
  readonly mass: ThermalMass;
  integral: number;
}

/** Barrel zones under PI control; the melt takes heat from them, a burnt-out heater band lets one cool down. */
export class Barrel {
  powerKw = 0;
  private readonly zones: readonly Zone[] = NOMINAL_C.map((celsius) => ({
    mass: new ThermalMass(celsius - 4, ZONE_CAPACITY_KJ_PER_K, ZONE_LOSS_KW_PER_K),
    integral: 0.2,
  }));

  /** @param takenKw what the melt takes; `lost` is the share of zone 3's heating that is gone. */
  step(
    dtS: number,
    around: { readonly ambientC: number; readonly takenKw: number; readonly lost: number },
  ): void {
    this.powerKw = 0;
    this.zones.forEach((zone, i) => {
      const error = (NOMINAL_C[i] ?? 200) - zone.mass.temperatureC;
      zone.integral = Math.max(0, Math.min(1, zone.integral + error * 0.0006 * dtS));
      const demand = Math.max(0, Math.min(1, 0.12 * error + zone.integral));
      const heaterKw = demand * ZONE_MAX_KW * (i === 2 ? 1 - around.lost : 1);
      this.powerKw += heaterKw;
      zone.mass.step(heaterKw - around.takenKw / this.zones.length, around.ambientC, dtS);
    });
  }

  temperature(zone: number): number {
    return this.zones[zone]?.mass.temperatureC ?? 0;
  }

  /** What arrives before the screw is mostly as warm as the two last zones. */
  get meltC(): number {
    return 0.15 * this.temperature(1) + 0.45 * this.temperature(2) + 0.4 * this.temperature(3);
  }
}
