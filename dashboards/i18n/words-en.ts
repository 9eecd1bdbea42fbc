/** English stands as sent, with spaces between the parts of a browse name; only what would read badly is here. */
export const stateWords: Readonly<Record<string, string>> = {
  NotExecuting: 'Idle',
  Executing: 'Running',
  OutOfService: 'Out of service',
  NotAvailable: 'Not available',
};
