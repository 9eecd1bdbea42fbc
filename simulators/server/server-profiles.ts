/** What a server's hardware lets its clients do. */
export interface ServerProfile {
  readonly maxSessions: number;
  readonly maxSubscriptions: number;
  readonly maxMonitoredItems: number;
  readonly maxOperations: number;
}

/**
 * `small-plc`: one session, 1,000 items, calls of at most 100 operations. Such figures stand in the data sheets of
 * compact controllers with a built-in server; taken as general knowledge, from no single one of them.
 */
export const SERVER_PROFILES: Readonly<Record<'full' | 'small-plc', ServerProfile>> = {
  full: { maxSessions: 50, maxSubscriptions: 200, maxMonitoredItems: 1_000_000, maxOperations: 1000 },
  'small-plc': { maxSessions: 1, maxSubscriptions: 5, maxMonitoredItems: 1000, maxOperations: 100 },
};
export type ServerProfileName = keyof typeof SERVER_PROFILES;
