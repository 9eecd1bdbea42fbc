/** What a machine does, in the classes that ISO 22400-2 counts time by (KPI.md). */
export const WORK_STATES = [
  'producing',
  'setup',
  'starved',
  'blocked',
  'fault',
  'planned-stop',
  'idle',
] as const;
export type WorkState = (typeof WORK_STATES)[number];
