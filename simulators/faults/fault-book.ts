import type { TruthSink } from '../runtime/plant-truth.ts';
import type { ControllerState } from './controller-faults.ts';
import type { SensorFault } from './sensor-faults.ts';
import { applyControllerFault, isControllerFault } from './controller-faults.ts';

/** One thing that goes wrong with one machine. */
export interface FaultOrder {
  /** Position of the machine in the plant's list of physical machines. */
  readonly machine: number;
  readonly fault: string;
  /** 0 < severity <= 1. */
  readonly severity: number;
  /** Signal path, of a sensor fault. */
  readonly signal?: string | undefined;
  /** Time over which it grows from nothing to its severity, s. */
  readonly rampS: number;
  /** Until it goes by itself, s from its beginning; absent: until it is cleared. */
  readonly durationS?: number | undefined;
}

/** Where faults act. */
export interface FaultTarget {
  readonly faults: Map<string, number>;
  readonly controller: ControllerState;
  setSensorFault(fault: SensorFault, signal: string, severity: number): boolean;
  clearSensorFaults(): void;
}

interface Active {
  readonly order: FaultOrder;
  readonly fromMs: number;
  severity: number;
}

export const SENSOR_FAULTS = ['sensor-drift', 'sensor-stuck', 'sensor-noise'] as const;
export const isSensorFault = (fault: string): fault is SensorFault =>
  (SENSOR_FAULTS as readonly string[]).includes(fault);

/** What is wrong now, and how it grows: on the virtual clock, so that the same script does the same again. */
export class FaultBook {
  private active: Active[] = [];
  private readonly targets: readonly FaultTarget[];

  constructor(targets: readonly FaultTarget[]) {
    this.targets = targets;
  }

  get orders(): readonly FaultOrder[] {
    return this.active.map(({ order }) => order);
  }

  /** The same fault of the same machine and signal is replaced. @returns false where machine or signal is unknown */
  inject(order: FaultOrder, timeMs: number): boolean {
    const target = this.targets[order.machine];
    if (!target) return false;
    if (isSensorFault(order.fault) && !target.setSensorFault(order.fault, order.signal ?? '', 0))
      return false;
    this.active = this.active.filter((each) => !isSame(each.order, order));
    this.active.push({ order, fromMs: timeMs, severity: -1 });
    return true;
  }

  /** Without a name: everything of the machine; without a machine: everything. */
  clear(sink: Partial<TruthSink>, timeMs: number, which: { machine?: number; fault?: string } = {}): void {
    const goes = ({ order }: Active): boolean =>
      (which.machine === undefined || which.machine === order.machine) &&
      (which.fault === undefined || which.fault === order.fault);
    for (const each of this.active.filter(goes)) this.apply(each, 0, sink, timeMs);
    this.active = this.active.filter((each) => !goes(each));
  }

  step(timeMs: number, sink: Partial<TruthSink>): void {
    if (this.active.length === 0) return;
    let isOver = false;
    for (const each of this.active) {
      const { rampS, severity, durationS } = each.order;
      const forS = (timeMs - each.fromMs) / 1000;
      const over = durationS !== undefined && forS >= durationS;
      isOver ||= over;
      const grown = rampS > 0 ? Math.min(1, forS / rampS) : 1;
      this.apply(each, over ? 0 : severity * grown, sink, timeMs);
    }
    if (isOver) this.active = this.active.filter(({ severity }) => severity > 0);
  }

  private apply(each: Active, severity: number, sink: Partial<TruthSink>, timeMs: number): void {
    const { machine, fault, signal } = each.order;
    const target = this.targets[machine];
    if (!target || severity === each.severity) return;
    // The ledger has the beginning, each full severity and the end, not every step of a ramp.
    const isEdge = each.severity <= 0 || severity === 0 || severity === each.order.severity;
    each.severity = severity;
    if (isSensorFault(fault)) target.setSensorFault(fault, signal ?? '', severity);
    else if (isControllerFault(fault)) applyControllerFault(target.controller, fault, { severity, timeMs });
    else if (severity > 0) target.faults.set(fault, severity);
    else target.faults.delete(fault);
    if (isEdge) sink.observe?.({ type: 'fault', timeMs, machine, fault, severity });
  }
}

const isSame = (a: FaultOrder, b: FaultOrder): boolean =>
  a.machine === b.machine && a.fault === b.fault && a.signal === b.signal;
