import type { MaterialPorts } from './part.ts';
import type { Random } from './random.ts';
import type { SignalDefinition, SignalValue } from './signal.ts';
import type { WorkState } from './work-state.ts';

/** What the plant's people do: a break is short and planned, off is between shifts. */
export type ShiftPhase = 'working' | 'break' | 'off';

/** What truly happened, for the ledger: never disturbed, never rounded. Counts since the start. */
export interface WorkTruth {
  readonly state: WorkState;
  readonly reason: string;
  readonly good: number;
  readonly scrap: number;
  /** Planned run time of all pieces produced, s. */
  readonly plannedS: number;
  /** Pieces inside the machine. */
  readonly holding: number;
}

/** What a machine takes from the plant during a step; the plant adds these up. */
export interface Draw {
  readonly powerKw: number;
  /** Compressed air at atmospheric conditions. */
  readonly airM3PerMin: number;
  /** Of a compressor: what it offers to the others, and where its air went. */
  readonly air?: AirSupply;
  readonly work: WorkTruth;
}

/** Compressed air of one step, volumes at atmospheric conditions. */
export interface AirSupply {
  /** Gauge pressure of the receiver. */
  readonly pressureBar: number;
  readonly deliveredM3PerMin: number;
  readonly leakM3PerMin: number;
  /** Users that are no machines of the plant. */
  readonly otherM3PerMin: number;
  /** In the receiver, above atmospheric pressure. */
  readonly storedM3: number;
}

/** What the other consumers drew in the step before, kW; what the meters see. */
export interface Loads {
  machineKw(id: string): number;
  readonly baseKw: number;
  readonly feederLossKw: number;
}

/** What the plant offers a machine during a step (of the previous step, so that the order is free). */
export interface Surroundings {
  /** Milliseconds since 1970 on the plant's virtual clock, at the end of the step. */
  readonly timeMs: number;
  readonly ambientC: number;
  readonly supplyVoltageV: number;
  readonly frequencyHz: number;
  readonly airPressureBar: number;
  /** Demand of all machines but the compressors. */
  readonly airDemandM3PerMin: number;
  readonly shift: ShiftPhase;
  readonly material: MaterialPorts;
  readonly loads: Loads;
}

/** Injected faults by name: severity in (0, 1]; a name that is absent is healthy. */
export type Faults = ReadonlyMap<string, number>;

/**
 * A machine's physics: deterministic, without clock, input or output. `step` advances the state and leaves the
 * new readings in `values`, keyed like `signals`. State stands in ordinary fields, so that the plant's state
 * hash covers all of it.
 */
export interface MachineModel<Key extends string = string> {
  readonly signals: Readonly<Record<Key, SignalDefinition>>;
  readonly values: Record<Key, SignalValue>;
  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw;
}

export interface ModelContext {
  readonly machineId: string;
  /** All physical machines of the plant, in its order. */
  readonly machineIds: readonly string[];
  /** A random stream of its own for each named purpose. */
  random(purpose: string): Random;
}
