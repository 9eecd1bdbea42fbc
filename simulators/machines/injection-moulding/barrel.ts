import { HeatedZone } from '../../model/heated-zone.ts';

export const NOMINAL_C = [195, 210, 220, 225] as const;
const ZONE = { capacityKjPerK: 9, lossKwPerK: 0.0011, maximumKw: 2.4 } as const;

/** Barrel zones under PI control; the melt takes heat from them, a burnt-out heater band lets one cool down. */
export class Barrel {
  powerKw = 0;
  private readonly zones = NOMINAL_C.map((celsius) => new HeatedZone({ ...ZONE, initialC: celsius - 4 }));

  /** @param takenKw what the melt takes; `lost` is the share of zone 3's heating that is gone. */
  step(
    dtS: number,
    around: { readonly ambientC: number; readonly takenKw: number; readonly lost: number },
  ): void {
    this.powerKw = 0;
    this.zones.forEach((zone, i) => {
      const setpointC = NOMINAL_C[i] ?? 200;
      const lost = i === 2 ? around.lost : 0;
      const takenKw = around.takenKw / this.zones.length;
      zone.step({ setpointC, ambientC: around.ambientC, takenKw, lost }, dtS);
      this.powerKw += zone.powerKw;
    });
  }

  temperature(zone: number): number {
    return this.zones[zone]?.temperatureC ?? 0;
  }

  /** What arrives before the screw is mostly as warm as the two last zones. */
  get meltC(): number {
    return 0.15 * this.temperature(1) + 0.45 * this.temperature(2) + 0.4 * this.temperature(3);
  }
}
