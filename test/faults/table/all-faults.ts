import type { Fault } from '../fault.ts';
import { CLOCKS } from './clocks.ts';
import { IDENTITIES } from './identities.ts';
import { INFLUXDB } from './influxdb.ts';
import { JOURNAL } from './journal.ts';
import { KILLS, KILLS_BY_DICE } from './kills.ts';
import { LOAD } from './load.ts';
import { NETWORK } from './network.ts';
import { PAUSES } from './pauses.ts';
import { RESTORED_STORE } from './restored-store.ts';
import { STORE } from './store.ts';

/** Every fault that the harness knows. */
export const FAULTS: readonly Fault[] = [
  ...KILLS,
  ...PAUSES,
  ...NETWORK,
  ...LOAD,
  ...STORE,
  ...RESTORED_STORE,
  ...JOURNAL,
  ...IDENTITIES,
  ...CLOCKS,
  ...KILLS_BY_DICE,
  ...INFLUXDB,
];
