import type { Random } from '../model/random.ts';

const NOMINAL_V = 231;

/** Mains voltage and frequency: they wander and are drawn back; load pulls the voltage down through the feeder. */
export class PowerGrid {
  voltageV = NOMINAL_V;
  frequencyHz = 50;
  /** Loss in the feeder between the main meter and the sub-distribution, kW and kWh. */
  lossKw = 0;
  lossKwh = 0;
  private openV = NOMINAL_V;
  private readonly random: Random;
  private readonly feederOhm: number;

  constructor(random: Random, feederOhm: number) {
    this.random = random;
    this.feederOhm = feederOhm;
  }

  /** @param loadKw three-phase active power behind the feeder; power factor 0.9. */
  step(dtS: number, loadKw: number): void {
    const kick = Math.sqrt(dtS);
    this.openV += 0.004 * (NOMINAL_V - this.openV) * dtS + 0.12 * kick * this.random.gaussian();
    this.frequencyHz += 0.02 * (50 - this.frequencyHz) * dtS + 0.003 * kick * this.random.gaussian();
    const currentA = (loadKw * 1000) / (3 * this.voltageV * 0.9);
    this.voltageV = this.openV - currentA * this.feederOhm;
    this.lossKw = (3 * currentA * currentA * this.feederOhm) / 1000;
    this.lossKwh += (this.lossKw * dtS) / 3600;
  }
}
