import type { MachineView, SignalView } from '#contracts/api/machines.ts';

export type { AlarmView, EventView } from '#contracts/api/alarms.ts';
export type { MachineView } from '#contracts/api/machines.ts';
export type { DeadLetterView } from '#contracts/api/audit.ts';
export type { StreamAuditView } from '#contracts/api/audit.ts';
export type { Health } from '#contracts/api/health.ts';
export type { NotRead, PipelineView } from '#contracts/api/pipeline.ts';

/** A signal as the screens use it. */
export type SignalInfo = SignalView;
export type MachineInfo = MachineView;

const NUMERIC = /^(S?Byte|U?Int(16|32|64)|Float|Double)$/;

/** True for what can be drawn against an axis; the numbers of an enumeration are names. */
export const isNumeric = (signal: SignalInfo): boolean =>
  !signal.isArray && signal.enumNames === undefined && NUMERIC.test(signal.dataType);

/** True for what is measured: numeric, with a unit and a range. */
export const isMeasured = (signal: SignalInfo): boolean =>
  isNumeric(signal) && signal.range !== undefined && signal.unit !== undefined;
