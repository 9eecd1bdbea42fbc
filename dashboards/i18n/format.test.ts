import type { SignalInfo } from '../api/model.ts';
import { expect, test, vi } from 'vitest';
import { formatNumber, formatValue } from './format.ts';
import { useLanguage } from './i18n.ts';

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

test('what a machine tells people is shown in the language of the page, what is unknown as it was told', async () => {
  vi.stubGlobal('document', { documentElement: {} });
  const step = (dataType: string): SignalInfo =>
    ({ path: 'TestStep', name: { en: 'Step' }, dataType, isArray: false }) as unknown as SignalInfo;
  const shown = (text: string): string => formatValue(step('LocalizedText'), text);
  for (const [language, flow, passed] of [
    ['ru', 'Наибольший расход', 'Годен'],
    ['zh', '最大流量', '合格'],
  ] as const) {
    await useLanguage(language);
    await vi.waitUntil(() => shown('Maximum flow') === flow);
    expect([shown('Passed'), shown('Spülen'), shown('')]).toEqual([passed, 'Spülen', '–']);
    expect(formatValue(step('String'), 'Passed')).toBe('Passed');
  }
  await useLanguage('en');
  expect(shown('Maximum flow')).toBe('Maximum flow');
  vi.unstubAllGlobals();
});
