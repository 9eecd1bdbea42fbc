/** What an alarm is to an operator: ISA-18.2 states and priorities out of OPC 10000-9 conditions. */

export const SHELVINGS = ['unshelved', 'timed', 'one-shot'] as const;
export type Shelving = (typeof SHELVINGS)[number];

/** Of a condition as its server tells them; absent = the condition does not have that state. */
export interface ConditionStates {
  readonly active?: boolean | undefined;
  readonly acked?: boolean | undefined;
  readonly confirmed?: boolean | undefined;
  readonly shelving?: Shelving | undefined;
  readonly suppressed?: boolean | undefined;
  /** Still of interest to an operator (OPC 10000-9, 5.5.2). */
  readonly retain: boolean;
}

/**
 * `active`: nobody has acknowledged it; `acknowledged`; `returned`: over, and still to be acknowledged or confirmed; `shelved`: set
 * aside by somebody for a time; `suppressed`: by the machine's own logic; `over`.
 */
export const ALARM_STATES = ['active', 'acknowledged', 'returned', 'shelved', 'suppressed', 'over'] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

export function alarmStateOf({
  active,
  acked,
  shelving = 'unshelved',
  suppressed,
  retain,
}: ConditionStates): AlarmState {
  if (!retain) return 'over';
  if (shelving !== 'unshelved') return 'shelved';
  if (suppressed === true) return 'suppressed';
  // A condition without ActiveState is of interest as long as it is retained.
  if (active === false) return 'returned';
  return acked === false ? 'active' : 'acknowledged';
}

export const PRIORITIES = [1, 2, 3, 4] as const;
/** 1 critical, 2 high, 3 medium, 4 low. */
export type Priority = (typeof PRIORITIES)[number];

/** Of an OPC UA severity, 1 to 1000 (OPC 10000-5, 6.4.2: five bands; the two lowest are one here). */
export function priorityOf(severity: number): Priority {
  if (severity > 800) return 1;
  if (severity > 550) return 2;
  return severity > 400 ? 3 : 4;
}
