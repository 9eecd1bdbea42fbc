import { describe, expect, it } from 'vitest';
import {
  formatStatusCode,
  hasOverflow,
  isBad,
  isGood,
  severityOf,
  sparkplugQuality,
  worstStatus,
} from './status-code.ts';

describe('status codes', () => {
  it.each([
    [0x00000000, 'good', 192],
    [0x00960000, 'good', 192],
    [0x40900000, 'uncertain', 500],
    [0x80310000, 'bad', 0],
    [0xc0000000, 'bad', 0],
  ] as const)('%i is %s', (code, severity, quality) => {
    expect(severityOf(code)).toBe(severity);
    expect(sparkplugQuality(code)).toBe(quality);
    expect(isGood(code)).toBe(severity === 'good');
    expect(isBad(code)).toBe(severity === 'bad');
  });

  it('finds the overflow bit only among data-value info bits (OPC 10000-4, 7.39.1)', () => {
    expect(hasOverflow(0x00000480)).toBe(true);
    expect(hasOverflow(0x00000080)).toBe(false);
    expect(hasOverflow(0x00000400)).toBe(false);
  });

  it('ranks and prints', () => {
    expect(worstStatus(0, 0x40900000)).toBe(0x40900000);
    expect(worstStatus(0x80310000, 0x40900000)).toBe(0x80310000);
    expect(formatStatusCode(0x80310000)).toBe('0x80310000');
    expect(formatStatusCode(-2144272384)).toBe('0x80310000');
  });
});
