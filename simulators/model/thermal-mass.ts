/**
 * A body that is heated and loses heat to its surroundings: C dT/dt = P - G (T - Tambient). Exact for a power
 * and a surrounding temperature held constant over the step.
 */
export class ThermalMass {
  temperatureC: number;
  /** Heat given to the surroundings since the start, kJ. */
  givenKj = 0;
  private readonly capacityKjPerK: number;
  private readonly conductanceKwPerK: number;

  constructor(initialC: number, capacityKjPerK: number, conductanceKwPerK: number) {
    this.temperatureC = initialC;
    this.capacityKjPerK = capacityKjPerK;
    this.conductanceKwPerK = conductanceKwPerK;
  }

  step(heatKw: number, ambientC: number, dtS: number, cooling = 1): number {
    const conductance = this.conductanceKwPerK * cooling;
    const before = this.temperatureC;
    const target = ambientC + heatKw / conductance;
    const share = 1 - Math.exp((-dtS * conductance) / this.capacityKjPerK);
    this.temperatureC += (target - before) * share;
    this.givenKj += heatKw * dtS - this.capacityKjPerK * (this.temperatureC - before);
    return this.temperatureC;
  }
}
