import type { Random } from './random.ts';
import { quantize } from './lag.ts';

/** Readings with a sensor's noise and last digit. */
export class SensorNoise {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  read(value: number, deviation: number, resolution: number): number {
    return quantize(value + deviation * this.random.gaussian(), resolution);
  }

  /** Of quantities that cannot be negative. */
  positive(value: number, deviation: number, resolution: number): number {
    return Math.max(0, this.read(value, deviation, resolution));
  }
}
