import type { LocalizedText } from '#domain/machine.ts';

/** When an alarm is active: beyond a limit (with a hysteresis), or while a flag or a code stands. */
export type AlarmTrigger =
  | { readonly above: number; readonly hysteresis: number }
  | { readonly below: number; readonly hysteresis: number }
  | 'set';

/** An alarm condition (OPC 10000-9) that a machine has. */
export interface AlarmDefinition {
  /** Browse name and ConditionName. */
  readonly name: string;
  /** Path of the signal that decides. */
  readonly signal: string;
  readonly when: AlarmTrigger;
  /** 1 to 1000 (OPC 10000-9, 5.5.2; ISA-18.2 priorities: 300 low, 500 medium, 700 high). */
  readonly severity: number;
  readonly message: LocalizedText;
}

/** Whether the alarm is active now, given whether it was. */
export function isActive(when: AlarmTrigger, value: unknown, was: boolean): boolean {
  if (when === 'set') return typeof value === 'number' ? value !== 0 : value === true;
  if (typeof value !== 'number') return was;
  if ('above' in when) return value > when.above - (was ? when.hysteresis : 0);
  return value < when.below + (was ? when.hysteresis : 0);
}
