/** What a machine does, in the classes that ISO 22400-2 counts time by (KPI.md). */
export type WorkState = 'producing' | 'setup' | 'starved' | 'blocked' | 'fault' | 'planned-stop' | 'idle';
