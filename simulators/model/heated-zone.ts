import { clamp } from './lag.ts';
import { ThermalMass } from './thermal-mass.ts';

export interface HeatedZoneParameters {
  readonly initialC: number;
  readonly capacityKjPerK: number;
  readonly lossKwPerK: number;
  readonly maximumKw: number;
}

/** A heated body under PI control: what its heater gives, what is taken from it and what it loses decide how warm it is. */
export class HeatedZone {
  powerKw = 0;
  private integral: number;
  private readonly mass: ThermalMass;
  private readonly maximumKw: number;

  constructor({ initialC, capacityKjPerK, lossKwPerK, maximumKw }: HeatedZoneParameters) {
    this.mass = new ThermalMass(initialC, capacityKjPerK, lossKwPerK);
    this.maximumKw = maximumKw;
    this.integral = 0.2;
  }

  get temperatureC(): number {
    return this.mass.temperatureC;
  }

  /** Heat given to the surroundings since the start, kJ; what was taken on purpose is not in it. */
  get givenKj(): number {
    return this.mass.givenKj;
  }

  /** @param now `takenKw` what the material carries off, `lost` the share of the heater that is gone. */
  step(
    now: {
      readonly setpointC: number;
      readonly ambientC: number;
      readonly takenKw: number;
      readonly lost: number;
    },
    dtS: number,
  ): void {
    const error = now.setpointC - this.mass.temperatureC;
    this.integral = clamp(this.integral + error * 0.0006 * dtS, 0, 1);
    const demand = clamp(0.12 * error + this.integral, 0, 1);
    this.powerKw = demand * this.maximumKw * (1 - now.lost);
    this.mass.step(this.powerKw - now.takenKw, now.ambientC, dtS);
  }
}
