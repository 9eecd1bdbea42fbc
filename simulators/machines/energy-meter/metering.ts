import type { Random } from '../../model/random.ts';
import { EnergyMeter } from '../../model/energy-meter.ts';

export interface PhaseReading {
  readonly voltageV: number;
  readonly currentA: number;
  readonly activeKw: number;
}

/** What a meter works with: three phases' voltages and currents; its class is a gain that it keeps. */
export class MeteredFeeder {
  readonly register: EnergyMeter;
  phases: readonly PhaseReading[] = [];
  activeKw = 0;
  reactiveKvar = 0;
  powerFactor = 0.9;
  maximumDemandKw = 0;
  private readonly unbalance: readonly number[];
  private readonly gain: number;
  private demandKws = 0;
  private demandS = 0;

  /** @param gainError class 0.2: at most 0.2 %; drawn once, as of an instrument. */
  constructor(random: Random, initialWh: bigint, gainError: number) {
    this.register = new EnergyMeter(initialWh);
    const skew = 0.04 * (random.next() - 0.5);
    this.unbalance = [1 / 3 + skew, 1 / 3 - skew / 2, 1 / 3 - skew / 2];
    this.gain = 1 + gainError * (2 * random.next() - 1);
  }

  /** @param loadKw active power behind the meter; the power factor follows the load. */
  step(dtS: number, loadKw: number, supplyVoltageV: number, ratedKw: number): void {
    const share = Math.min(1, loadKw / ratedKw);
    this.powerFactor = 0.62 + 0.3 * share;
    this.phases = this.unbalance.map((part, i) => {
      const voltageV = supplyVoltageV * (1 + 0.002 * (i - 1));
      const currentA = (loadKw * part * 1000) / (voltageV * this.powerFactor);
      return { voltageV, currentA, activeKw: (voltageV * currentA * this.powerFactor) / 1000 };
    });
    this.activeKw = this.phases.reduce((sum, phase) => sum + phase.activeKw, 0) * this.gain;
    this.reactiveKvar = this.activeKw * Math.tan(Math.acos(this.powerFactor));
    this.register.step(this.activeKw, dtS);
    this.demandKws += this.activeKw * dtS;
    this.demandS += dtS;
    if (this.demandS < 900) return;
    // Quarter-hour demand, as a supplier bills it.
    this.maximumDemandKw = Math.max(this.maximumDemandKw, this.demandKws / this.demandS);
    this.demandKws = 0;
    this.demandS = 0;
  }
}
