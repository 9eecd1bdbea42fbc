import type { PlantMachine } from '#contracts/config/plant.ts';

/** What a server's hardware lets its clients do. */
export interface ServerProfile {
  readonly maxSessions: number;
  readonly maxSubscriptions: number;
  readonly maxMonitoredItems: number;
  readonly maxOperations: number;
  /** Where the figures are from; what it does not name is as in `full`. */
  readonly source: string;
}
export type ServerProfileName = PlantMachine['serverProfile'];

const FULL = { maxSessions: 50, maxSubscriptions: 200, maxMonitoredItems: 1_000_000, maxOperations: 1000 };

export const SERVER_PROFILES: Readonly<Record<ServerProfileName, ServerProfile>> = {
  full: { ...FULL, source: 'our own' },
  'small-plc': {
    maxSessions: 1,
    maxSubscriptions: 5,
    maxMonitoredItems: 1000,
    maxOperations: 100,
    source: 'general knowledge of compact controllers with a built-in server, from no single data sheet',
  },
  'axc-f-1152': {
    ...FULL,
    maxSessions: 3,
    source:
      'Phoenix Contact, PLCnext Technology: "Device-specific OPC UA settings and limitations", up to firmware 2023.3',
  },
  bmenua0100: {
    ...FULL,
    maxSessions: 10,
    maxSubscriptions: 40,
    maxMonitoredItems: 50_000,
    source:
      'Schneider Electric, Modicon M580 BMENUA0100: "Limitations" of its OPC UA server, without fast sampling',
  },
};
