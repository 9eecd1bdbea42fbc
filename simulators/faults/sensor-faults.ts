import type { Random } from '../model/random.ts';
import type { SignalDefinition, SignalValue } from '../model/signal.ts';

export type SensorFault = 'sensor-drift' | 'sensor-stuck' | 'sensor-noise';

interface SickSensor {
  drift: number;
  noise: number;
  stuck: number;
  held: number | undefined;
}

/** Sensors that lie with status Good: the hard case for whoever looks at the data. */
export class SensorFaults {
  private readonly sick = new Map<number, SickSensor>();
  private readonly signals: readonly SignalDefinition[];
  private readonly random: Random;

  constructor(signals: readonly SignalDefinition[], random: Random) {
    this.signals = signals;
    this.random = random;
  }

  /** @returns false where there is no such scalar sensor. */
  set(fault: SensorFault, path: string, severity: number): boolean {
    const i = this.signals.findIndex((signal) => signal.path === path);
    const signal = this.signals[i];
    if (!signal?.range || signal.sensor !== true || signal.arrayLength !== undefined) return false;
    const sensor = this.sick.get(i) ?? { drift: 0, noise: 0, stuck: 0, held: undefined };
    if (fault === 'sensor-drift') sensor.drift = severity;
    else if (fault === 'sensor-noise') sensor.noise = severity;
    else sensor.stuck = severity;
    if (sensor.stuck === 0) sensor.held = undefined;
    if (sensor.drift + sensor.noise + sensor.stuck > 0) this.sick.set(i, sensor);
    else this.sick.delete(i);
    return true;
  }

  clear(): void {
    this.sick.clear();
  }

  /** What the sensor says instead. Full severity: drift by 20 % of its range, noise of 5 %. */
  read(i: number, value: SignalValue): SignalValue {
    if (this.sick.size === 0) return value;
    const sensor = this.sick.get(i);
    const signal = this.signals[i];
    if (!sensor || !signal?.range || typeof value !== 'number') return value;
    if (sensor.stuck > 0) {
      sensor.held ??= value;
      return sensor.held;
    }
    const span = signal.range[1] - signal.range[0];
    const wrong = value + span * (0.2 * sensor.drift + 0.05 * sensor.noise * this.random.gaussian());
    const rounded = Math.round(wrong * 1000) / 1000 + 0;
    return signal.dataType === 'Float' ? Math.fround(rounded) : rounded;
  }
}
