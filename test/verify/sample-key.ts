/**
 * A sample as one text, the same for what was produced and what is stored: time in 100 ns (the two digits below are the
 * journal's, which keeps equal times apart), status, value. Numbers by their value, whatever column carried them.
 */
export const sampleKey = (timeNs: string, statusCode: number, value: string): string =>
  `${timeNs.slice(0, -2)} ${statusCode} ${value}`;

/** -0 is 0 in a ledger. */
export const numberText = (value: number): string => `n:${value === 0 ? 0 : value}`;

export const timeOfKey = (key: string): string => key.slice(0, key.indexOf(' '));

/** Status and value. */
export const contentOfKey = (key: string): string => key.slice(key.indexOf(' ') + 1);
