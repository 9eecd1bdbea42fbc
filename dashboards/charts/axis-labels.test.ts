import { expect, test } from 'vitest';
import { withoutRepeats } from './axis-labels.ts';

test('an axis tells each label once', () => {
  expect(withoutRepeats(['11.3', '11.3', '11.4', '11.4', '11.5'])).toEqual(['11.3', '', '11.4', '', '11.5']);
});
