import type { Random } from './random.ts';
import type { SignalDefinition, SignalValue } from './signal.ts';

/** What a machine takes from the plant during a step; the plant adds these up. */
export interface Draw {
  readonly powerKw: number;
  /** Compressed air at atmospheric conditions. */
  readonly airM3PerMin: number;
  /** Of a compressor: the gauge pressure that it offers to the others. */
  readonly airPressureBar?: number;
}

/** What the plant offers a machine during a step (of the previous step, so that the order is free). */
export interface Surroundings {
  /** Milliseconds since 1970 on the plant's virtual clock, at the end of the step. */
  readonly timeMs: number;
  readonly ambientC: number;
  readonly supplyVoltageV: number;
  readonly airPressureBar: number;
  /** Demand of all machines but the compressors. */
  readonly airDemandM3PerMin: number;
}

/** Injected faults by name: severity in (0, 1]; a name that is absent is healthy. */
export type Faults = ReadonlyMap<string, number>;

/**
 * A machine's physics: pure and deterministic. `step` advances the state and leaves the new readings in
 * `values`, keyed like `signals`. No clock, no input, no output.
 */
export interface MachineModel<Key extends string = string> {
  readonly signals: Readonly<Record<Key, SignalDefinition>>;
  readonly values: Record<Key, SignalValue>;
  step(dtS: number, surroundings: Surroundings, faults: Faults): Draw;
}

export interface ModelContext {
  readonly machineId: string;
  /** A random stream of its own for each named purpose. */
  random(purpose: string): Random;
}
