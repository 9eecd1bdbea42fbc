/** Samples in each record of the crash test. */
export const ROWS_PER_RECORD = 20;
