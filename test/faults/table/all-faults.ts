import type { Fault } from '../fault.ts';
import { KILLS } from './kills.ts';
import { NETWORK } from './network.ts';

/** Every fault that the harness knows. */
export const FAULTS: readonly Fault[] = [...KILLS, ...NETWORK];
