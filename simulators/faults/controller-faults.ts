/** A machine's controller that reports wrongly: seeded and in the ledger like everything that is produced. */
export const CONTROLLER_FAULTS = ['bad-period', 'uncertain-period', 'clock-offset', 'clock-1970'] as const;
export type ControllerFault = (typeof CONTROLLER_FAULTS)[number];

export const isControllerFault = (fault: string): fault is ControllerFault =>
  (CONTROLLER_FAULTS as readonly string[]).includes(fault);

/** Bad_DeviceFailure, Uncertain_SubNormal (OPC 10000-4, 7.39.2; OPC 10000-8, 6.3). */
const FORCED_STATUS = { 'bad-period': 0x808b0000, 'uncertain-period': 0x40950000 } as const;
const LARGEST_OFFSET_MS = 3_600_000;

export interface ControllerState {
  clockOffsetMs: number;
  forcedStatus: number;
}

/** Severity 0 ends it; a clock is wrong by up to an hour, or counts from 1970 as after a lost battery. */
export function applyControllerFault(
  state: ControllerState,
  fault: ControllerFault,
  { severity, timeMs }: { readonly severity: number; readonly timeMs: number },
): void {
  if (fault === 'bad-period' || fault === 'uncertain-period')
    state.forcedStatus = severity > 0 ? FORCED_STATUS[fault] : 0;
  else if (severity === 0) state.clockOffsetMs = 0;
  else state.clockOffsetMs = fault === 'clock-1970' ? -timeMs : Math.round(severity * LARGEST_OFFSET_MS);
}
