import type { ShiftPhase } from '../model/machine-model.ts';
import type { Random } from '../model/random.ts';

export interface BaseLoadParameters {
  readonly lightKw: number;
  readonly ventilationKw: number;
  readonly officeKw: number;
}

/** What a building draws beside its machines: light by shift, ventilation, offices. Modelled, never a remainder. */
export class BaseLoad {
  powerKw = 0;
  energyKwh = 0;
  private readonly own: BaseLoadParameters;
  private readonly random: Random;
  private office = 1;

  constructor(own: BaseLoadParameters, random: Random) {
    this.own = own;
    this.random = random;
  }

  /** @param heaterKw electric heating of the hall. */
  step(dtS: number, shift: ShiftPhase, heaterKw: number): number {
    const { lightKw, ventilationKw, officeKw } = this.own;
    // Kettles and printers: a walk about 1, drawn back within about ten minutes.
    this.office += ((1 - this.office) * dtS) / 600 + 0.02 * Math.sqrt(dtS) * this.random.gaussian();
    this.office = Math.max(0.3, Math.min(2, this.office));
    const occupied = shift === 'off' ? 0.15 : 1;
    this.powerKw = heaterKw + occupied * (lightKw + ventilationKw) + this.office * officeKw * occupied;
    this.energyKwh += (this.powerKw * dtS) / 3600;
    return this.powerKw;
  }
}
