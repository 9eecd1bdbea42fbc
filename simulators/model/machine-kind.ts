import type { z } from 'zod';
import type { AlarmDefinition } from './alarm.ts';
import type { CompanionPlan } from './companion.ts';
import type { MachineModel, ModelContext } from './machine-model.ts';
import type { SignalDefinition } from './signal.ts';

/**
 * A kind of machine: one folder under `machines/` and one line in `machines/registry.ts`.
 * `parameters` validates the plant file's `parameters` of a machine and fills in the defaults.
 */
export interface MachineKind<Parameters = unknown> {
  readonly kind: string;
  readonly parameters: z.ZodType<Parameters>;
  readonly companion: CompanionPlan;
  /** Faults that `step` understands, for the interface that injects them. */
  readonly faults: readonly string[];
  /** Alarm conditions; absent: the machine has none. */
  readonly alarms?: readonly AlarmDefinition[];
  /** Paths of signals whose last half hour can be read by HistoryRead. */
  readonly history?: readonly string[];
  create(parameters: Parameters, context: ModelContext): MachineModel;
}

/** Keeps the keys of a signal table as a type, so that a model cannot write a reading that has no signal. */
export function defineSignals<Key extends string>(
  table: Record<Key, SignalDefinition>,
): Readonly<Record<Key, SignalDefinition>> {
  return table;
}
