import { expect, test } from 'vitest';
import type { SignalQuality } from '#contracts/api/quality.ts';
import { meanShares, sharesOf, worstFirst } from './machine-quality.ts';

const quality = (signal: string, goodMs: number, changes: Partial<SignalQuality> = {}): SignalQuality => ({
  signal,
  goodMs,
  uncertainMs: 0,
  badMs: 100 - goodMs,
  missingMs: 0,
  unknownMs: 0,
  samples: 9,
  statusCode: 0,
  lastSampleAt: null,
  gaps: 0,
  condition: 'ok',
  ...changes,
});

test('shares are parts of the whole, of nothing none', () => {
  expect(sharesOf(quality('a', 75))).toEqual({ good: 0.75, bad: 0.25, uncertain: 0, missing: 0, unknown: 0 });
  expect(meanShares([quality('a', 100), quality('b', 50)])).toMatchObject({ good: 0.75, bad: 0.25 });
  expect(meanShares([])).toMatchObject({ good: 0 });
});

test('suspects come first, then what was good for the least time', () => {
  const items = [quality('a', 90), quality('b', 100, { condition: 'stuck' }), quality('c', 10)];
  expect(worstFirst(items).map(({ signal }) => signal)).toEqual(['b', 'c', 'a']);
});
