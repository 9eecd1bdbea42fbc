import type { MachineId } from '#domain/asset-path.ts';
import type { ConditionCommand, ConditionResult } from './condition.ts';

/** How the API reaches a machine: over whoever talks to the agents. */
export interface MachineCommands {
  /** Answers how it ended; `undefined`: no answer came in time, it may have been done all the same. */
  condition(
    machine: MachineId,
    command: Omit<ConditionCommand, 'id' | 'machine'>,
  ): Promise<Omit<ConditionResult, 'id'> | undefined>;
}
