import type { Disturbances } from '#contracts/config/plant.ts';
import type { Draw, Faults, MachineModel, Surroundings, WorkTruth } from '../model/machine-model.ts';
import type { ProducedTick } from '../model/produced-tick.ts';
import type { ControllerState } from '../faults/controller-faults.ts';
import type { FaultTarget } from '../faults/fault-book.ts';
import type { SensorFault } from '../faults/sensor-faults.ts';
import type { Random } from '../model/random.ts';
import type { SignalDefinition, SignalValue } from '../model/signal.ts';
import { isBad } from '#domain/status-code.ts';
import { clearTick, createTick, TICKS_PER_MS } from '../model/produced-tick.ts';
import { sameValue } from '../model/signal.ts';
import { SensorFaults } from '../faults/sensor-faults.ts';
import { SensorDisturbances, UNCERTAIN_LAST_USABLE_VALUE } from './sensor-disturbances.ts';

export interface RunnerOptions {
  readonly model: MachineModel;
  readonly disturbances: Disturbances;
  random(purpose: string): Random;
}

/** Steps one model and decides what it produces: by cadence, by change, and with which status. */
export class MachineRunner implements FaultTarget {
  readonly signals: readonly SignalDefinition[];
  /** Injected faults; whoever injects one writes here. */
  readonly faults = new Map<string, number>();
  readonly tick: ProducedTick = createTick();
  /** What the machine truly did, of the last step. */
  work: WorkTruth | undefined;
  readonly model: MachineModel;
  private readonly keys: readonly string[];
  private readonly periodMs: readonly number[];
  /** What its controller gets wrong: its clock, the status of its sensors. */
  readonly controller: ControllerState = { clockOffsetMs: 0, forcedStatus: 0 };
  private readonly sensorFaults: SensorFaults;
  private readonly disturbances: SensorDisturbances;
  private readonly lastValues: (SignalValue | null)[];
  private readonly lastStatuses: Uint32Array;
  private isFirst = true;

  constructor(options: RunnerOptions) {
    this.model = options.model;
    this.keys = Object.keys(options.model.signals);
    this.signals = Object.values(options.model.signals);
    this.periodMs = this.signals.map(({ cadence }) => (cadence === 'on-change' ? 0 : cadence.everyMs));
    this.disturbances = new SensorDisturbances(
      this.signals,
      options.disturbances,
      options.random('disturbances'),
    );
    this.sensorFaults = new SensorFaults(this.signals, options.random('sensor faults'));
    this.lastValues = this.signals.map(() => null);
    this.lastStatuses = new Uint32Array(this.signals.length);
    // The controller's clock is some way between two milliseconds, always the same way.
    this.tick.below = options.random('clock').integer(0, TICKS_PER_MS - 1);
  }

  /** Advances to `surroundings.timeMs`; what was produced is in `tick` until the next call. */
  step(dtS: number, surroundings: Surroundings): Draw {
    const faults: Faults = this.faults;
    const draw = this.model.step(dtS, surroundings, faults);
    this.work = draw.work;
    this.disturbances.step(dtS);
    clearTick(this.tick);
    this.tick.timeMs = surroundings.timeMs + this.controller.clockOffsetMs;
    for (let i = 0; i < this.keys.length; i += 1) this.produce(i, surroundings.timeMs);
    this.isFirst = false;
    return draw;
  }

  /** The next step produces every signal, as the first one does. */
  startOver(): void {
    this.isFirst = true;
  }

  /** What the sensor says now, whether or not it is due. */
  reading(i: number): SignalValue | null {
    const raw = this.model.values[this.keys[i] ?? ''] ?? null;
    return raw === null ? null : this.sensorFaults.read(i, raw);
  }

  setSensorFault(fault: SensorFault, signal: string, severity: number): boolean {
    return this.sensorFaults.set(fault, signal, severity);
  }

  clearSensorFaults(): void {
    this.sensorFaults.clear();
  }

  private produce(i: number, timeMs: number): void {
    const own = this.disturbances.statuses[i] ?? 0;
    const { forcedStatus } = this.controller;
    const status = forcedStatus !== 0 && this.signals[i]?.sensor === true ? forcedStatus : own;
    const raw = this.model.values[this.keys[i] ?? ''] ?? null;
    const current = raw === null ? null : this.sensorFaults.read(i, raw);
    const held = status === UNCERTAIN_LAST_USABLE_VALUE && this.lastValues[i] !== null;
    const value = isBad(status) ? null : held ? (this.lastValues[i] ?? null) : current;
    const period = this.periodMs[i] ?? 0;
    const statusChanged = status !== this.lastStatuses[i];
    const due = this.isFirst || statusChanged || (period > 0 && timeMs % period === 0);
    if (!due && (period > 0 || sameValue(value, this.lastValues[i] ?? null))) return;
    this.lastValues[i] = value;
    this.lastStatuses[i] = status;
    this.tick.signals.push(i);
    this.tick.values.push(value);
    this.tick.statuses.push(status);
  }
}
