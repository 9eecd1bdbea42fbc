import { describe, expect, it } from 'vitest';
import { isIdSegment, isSignalPath, parseSignalId, signalId } from './asset-path.ts';

describe('ids', () => {
  it.each(['brest', 'cnc-01', '7', 'a'.repeat(63)])('%s is an id', (text) =>
    expect(isIdSegment(text)).toBe(true),
  );
  it.each(['', '-a', 'Brest', 'a_b', 'a/b', 'a+', 'a'.repeat(64), 'брест'])('%s is none', (text) =>
    expect(isIdSegment(text)).toBe(false),
  );
  it.each(['Load', 'Spindle/Load', 'Ток/фаза 1'])('%s is a signal path', (text) =>
    expect(isSignalPath(text)).toBe(true),
  );
  it.each(['', '/a', 'a//b', 'a/', 'a+b', '#', ' a', 'a\u0000', 'x'.repeat(256)])('%s is none', (text) =>
    expect(isSignalPath(text)).toBe(false),
  );

  it('takes a signal id apart as it was put together', () => {
    expect(parseSignalId(signalId('brest', 'cnc-01', 'Spindle/Load'))).toEqual({
      site: 'brest',
      machine: 'cnc-01',
      path: 'Spindle/Load',
    });
    expect(parseSignalId('brest/cnc-01')).toBeUndefined();
    expect(parseSignalId('Brest/cnc-01/a')).toBeUndefined();
  });
});
