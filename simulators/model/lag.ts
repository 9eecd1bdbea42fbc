/**
 * First-order lag: temperatures, pressures, flows that follow what drives them with inertia.
 * Exact for an input held constant over the step, so the result does not depend on the step's length.
 */
export class FirstOrderLag {
  value: number;
  private readonly timeConstantS: number;

  constructor(initial: number, timeConstantS: number) {
    this.value = initial;
    this.timeConstantS = timeConstantS;
  }

  step(target: number, dtS: number): number {
    this.value += (target - this.value) * (1 - Math.exp(-dtS / this.timeConstantS));
    return this.value;
  }
}

/** Moves `value` towards `target` by at most `ratePerS * dtS`: drives that ramp. */
export function ramp(value: number, target: number, maxChange: number): number {
  return value + Math.max(-maxChange, Math.min(maxChange, target - value));
}

export const clamp = (value: number, low: number, high: number): number =>
  Math.max(low, Math.min(high, value));

/** A sensor's last digit: measured values come in steps of the sensor's resolution. */
export function quantize(value: number, resolution: number): number {
  const perUnit = Math.round(1 / resolution);
  // + 0: a reading is never -0, which text formats cannot say.
  return Math.round(value * perUnit) / perUnit + 0;
}
