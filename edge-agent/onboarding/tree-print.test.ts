import { expect, test } from 'vitest';
import { jsonLine, treeLines, type PrintedNode } from './tree-print.ts';

const node = (path: string, about?: PrintedNode['about']): PrintedNode => ({
  path,
  isVariable: about !== undefined,
  portable: `s=${path}`,
  about,
});
/** As they are found: level by level. */
const NODES = [
  node('Pump'),
  node('Serial', { dataType: 'String', isArray: false }),
  node('Pump/Inlet'),
  node('Pump/Speed', { dataType: 'Double', isArray: false, unit: { code: 'RPM', symbol: 'r/min' }, range: { low: 0, high: 3600 } }),
  node('Pump/Inlet/Spectrum', { dataType: 'Float', isArray: true }),
]; // prettier-ignore

test('a tree names every folder once, its contents below it, with types and units', () => {
  expect(treeLines(NODES).map((line) => line.replace(/(\S) +/g, '$1 '))).toEqual([
    'Pump/ s=Pump',
    '  Inlet/ s=Pump/Inlet',
    '    Spectrum Float[] s=Pump/Inlet/Spectrum',
    '  Speed Double 0 .. 3600 r/min s=Pump/Speed',
    'Serial String s=Serial',
  ]);
});

test('a node is one line of JSON for programs', () => {
  expect(NODES.map((each) => JSON.parse(jsonLine(each)) as object).at(3)).toEqual({
    path: 'Pump/Speed',
    nodeId: 's=Pump/Speed',
    nodeClass: 'Variable',
    dataType: 'Double',
    isArray: false,
    unit: { code: 'RPM', symbol: 'r/min' },
    range: { low: 0, high: 3600 },
  });
});
