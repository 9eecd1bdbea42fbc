import type { LiveValue } from '#contracts/live.ts';
import type { SignalInfo } from '../api/model.ts';
import { localized, stateWord } from '../i18n/i18n.ts';

/** What a machine does, in the few classes that a lamp distinguishes by shape. */
export type StateClass = 'run' | 'idle' | 'setup' | 'down' | 'off' | 'unknown';

/** Where kinds keep their state; the first that a machine has is used. Companion specifications first. */
const STATE_PATHS: readonly RegExp[] = [
  /MachineryItemState\/CurrentState$/,
  /(^|\/)PackTags\/Status\/StateCurrent$/,
  /PackMLBaseState.*CurrentState$|BaseStateMachine\/CurrentState$/,
  /(^|\/)\w*State\/CurrentState$/,
  /(^|\/)DriveState$/,
  /(^|\/)MachineMode$/,
  /(^|\/)(Machine|Pump|Compressor|Robot|Plant)?State$/,
];

/** Words of OPC 40001-1, PackML (OPC 30050), and common controllers. */
const CLASSES: readonly (readonly [StateClass, RegExp])[] = [
  ['down', /^(OutOfService|Tripped|Abort(ed|ing)|Fault(ed)?|Error|Alarm|Emergency\w*|Held|Blocked)$/i],
  ['off', /^(NotAvailable|Offline|Off|PowerOff|Undefined)$/i],
  [
    'setup',
    /^(Setup|Maintenance|Resetting|Clearing|Starting|Stopping|Unholding|Holding|Suspending|Unsuspending|WarmUp|Preoperational)$/i,
  ],
  [
    'run',
    /^(Executing|Execute|Running|Run|Loaded|Processing|Active|On|Automatic|SemiAutomatic|Completing|Driving\w*|Loading|Unloading|\w*Execution)$/i,
  ],
  [
    'idle',
    /^(NotExecuting|Idle|Stopped|Ready|Standby|Unloaded|Suspended|Complete|Paused|Interrupted|None|Charging|Sleep)$/i,
  ],
];

export function findStateSignal(signals: readonly SignalInfo[]): SignalInfo | undefined {
  for (const pattern of STATE_PATHS) {
    const found = signals.find((signal) => pattern.test(signal.path) && !signal.isArray);
    if (found) return found;
  }
  return undefined;
}

export interface MachineState {
  readonly class: StateClass;
  readonly text: string;
}

/** `undefined` while there is no state to be shown. */
export function readState(signal: SignalInfo, value: LiveValue | undefined): MachineState | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const name = signal.enumNames?.[String(value)];
  const raw = name?.en ?? String(value);
  const compact = raw.replaceAll(/[\s_-]/g, '');
  const found = CLASSES.find(([, pattern]) => pattern.test(compact));
  const own = name ? localized(name) : raw;
  return { class: found?.[0] ?? 'unknown', text: own === raw ? stateWord(compact) : own };
}
