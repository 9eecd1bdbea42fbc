/**
 * OPC UA StatusCode, all 32 bits (OPC 10000-4, 7.39): the two highest bits are the severity, bits 16-27 the
 * sub-code, the low 16 bits structure and data-value info bits.
 */
export type StatusCode = number;

export const GOOD: StatusCode = 0;
export const BAD_NO_COMMUNICATION: StatusCode = 0x80310000;
export const BAD_WAITING_FOR_INITIAL_DATA: StatusCode = 0x80320000;
export const BAD_NODE_ID_UNKNOWN: StatusCode = 0x80340000;

export type Severity = 'good' | 'uncertain' | 'bad';

export function severityOf(statusCode: StatusCode): Severity {
  const bits = statusCode >>> 30;
  return bits === 0 ? 'good' : bits === 1 ? 'uncertain' : 'bad';
}

export const isGood = (statusCode: StatusCode): boolean => statusCode >>> 30 === 0;
export const isBad = (statusCode: StatusCode): boolean => statusCode >>> 30 >= 2;

/** DataValue info type (bits 10-11 = 01) with Overflow (bit 7): the server's queue lost values before this one. */
export const hasOverflow = (statusCode: StatusCode): boolean => (statusCode & 0x0c80) === 0x0480;

/** Sparkplug B quality of a metric: 192 good, 0 bad, 500 stale (used for uncertain). */
export function sparkplugQuality(statusCode: StatusCode): 0 | 192 | 500 {
  const severity = severityOf(statusCode);
  return severity === 'good' ? 192 : severity === 'bad' ? 0 : 500;
}

/** The worse of two codes: higher severity first, then the greater code. */
export function worstStatus(a: StatusCode, b: StatusCode): StatusCode {
  return a >>> 0 >= b >>> 0 ? a >>> 0 : b >>> 0;
}

/** `0x80310000` */
export const formatStatusCode = (statusCode: StatusCode): string =>
  `0x${(statusCode >>> 0).toString(16).padStart(8, '0').toUpperCase()}`;
