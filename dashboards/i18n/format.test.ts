import type { SignalInfo } from '../api/model.ts';
import { expect, test } from 'vitest';
import { formatNumber, formatValue } from './format.ts';

const structure = (isArray: boolean): SignalInfo =>
  ({ path: 'Jobs', name: { en: 'Jobs' }, dataType: 'Structure', isArray }) as unknown as SignalInfo;

test('a structure shows its first fields, an array of them what names each', () => {
  const job = (id: string) => ({ JobOrder: { JobOrderID: id, Description: [] }, State: [] });
  const list = JSON.stringify([job('WO-0001'), job('WO-0002')]);
  expect(formatValue(structure(true), list)).toBe('WO-0001 · WO-0002');
  const result = JSON.stringify({ Serial: 'S-7', Order: 'WO-0003', Defect: '', Camera: 'left', Recipe: 'x' });
  expect(formatValue(structure(false), result)).toBe('S-7 · WO-0003 · left');
  expect(formatValue(structure(false), 'no JSON')).toBe('no JSON');
  expect(formatValue(structure(true), '[]')).toBe('–');
});

test('what rounds to zero has no sign, what does not has a true minus', () => {
  expect([formatNumber(-0.04, 1), formatNumber(-0, 0), formatNumber(-0.06, 1)]).toEqual(['0.0', '0', '−0.1']);
});
