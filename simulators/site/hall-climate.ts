/** A hall's air and fabric as one thermal mass: what goes in as heat warms it, the envelope lets it out. */
export interface HallParameters {
  /** kWh per kelvin. */
  readonly capacityKwhPerK: number;
  /** Envelope and ventilation, kW per kelvin. */
  readonly lossKwPerK: number;
  readonly heaterKw: number;
  readonly setpointC: number;
}

/** Heat balance of the hall: C dT/dt = gains + heater - UA (T - Toutside). The heater follows a thermostat. */
export class HallClimate {
  temperatureC: number;
  heaterKw = 0;
  /** Since the start, kWh: what went in and what went out; their difference is what C holds. */
  gainedKwh = 0;
  lostKwh = 0;
  private readonly own: HallParameters;

  constructor(own: HallParameters, initialC: number) {
    this.own = own;
    this.temperatureC = initialC;
  }

  /** @param gainsKw heat of machines, light and people. */
  step(dtS: number, gainsKw: number, outdoorC: number): void {
    const { capacityKwhPerK, lossKwPerK, heaterKw, setpointC } = this.own;
    // Proportional over 1.5 K, as a heating register with a valve.
    const demand = Math.max(0, Math.min(1, (setpointC - this.temperatureC) / 1.5 + 0.2));
    this.heaterKw = heaterKw * demand;
    const lossKw = lossKwPerK * (this.temperatureC - outdoorC);
    const hours = dtS / 3600;
    this.gainedKwh += (gainsKw + this.heaterKw) * hours;
    this.lostKwh += lossKw * hours;
    this.temperatureC += ((gainsKw + this.heaterKw - lossKw) * hours) / capacityKwhPerK;
  }

  /** Heat that the hall holds above a temperature, kWh. */
  storedKwh(aboveC: number): number {
    return this.own.capacityKwhPerK * (this.temperatureC - aboveC);
  }
}
