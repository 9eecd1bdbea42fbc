import { expect, test } from 'vitest';
import { ConfigError } from '#platform/errors.ts';
import { loadPlant, parsePlant } from './load-plant.ts';

const HEAD = 'site: brest\nenterprise: E\nname: { en: N }\n';

test.each(['brest', 'load'])('plants/%s.yaml is right', async (name) => {
  const { machines } = await loadPlant(`simulators/plants/${name}.yaml`);
  expect(machines.length).toBeGreaterThan(0);
});

test('a count spells out as many machines with ids of their own', () => {
  const { machines } = parsePlant(`${HEAD}machines: [{ id: l, kind: load, count: 3, name: { en: L } }]`, 'x');
  expect(machines.map(({ machine }) => machine.id)).toEqual(['l-1', 'l-2', 'l-3']);
});

test.each([
  [
    'a bomb of aliases',
    `a: &a [x, x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key, i) => `${key}: &${key} [${`*${'abcdefg'[i]}, `.repeat(9)}]\n`).join('')}`,
    /aliases/,
  ],
  ['UTF-16', Buffer.from(HEAD, 'utf16le').toString('utf8'), /UTF-8/],
  [
    'a kind of every object',
    `${HEAD}machines: [{ id: a, kind: __proto__, name: { en: A } }]`,
    /is not a kind of machine/,
  ],
])('%s is refused in a sentence that names the file', (_what, text, sentence) => {
  expect(() => parsePlant(text, 'plant.yaml')).toThrow(ConfigError);
  expect(() => parsePlant(text, 'plant.yaml')).toThrow(sentence);
});

test('everything that is wrong is said at once, with its path and what to do', () => {
  const text = `site: Brest!
enterprise: E
name: { ru: Только по-русски }
machines:
  - { id: a, kind: cnc, name: { en: A }, parameters: { alarmsPerHour: -1, unknown: 1 } }
  - { id: a, kind: teapot, name: { en: B } }
  - { id: b, kind: compressor, name: { en: C }, portOffset: 1, parameters: { loadPressureBar: 8 } }
  - { id: c, kind: load, name: { en: D }, parameters: { rateHz: 3 } }
`;
  try {
    parsePlant(text, 'plant.yaml');
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { issues } = error as ConfigError;
    expect(issues.map(({ path }) => path).toSorted()).toEqual(
      [
        'site',
        'name.en',
        'machines[0].parameters.alarmsPerHour',
        'machines[0].parameters',
        'machines[1].id',
        'machines[1].kind',
        'machines[2].portOffset',
        'machines[2].parameters.unloadPressureBar',
        'machines[3].parameters.rateHz',
      ].toSorted(),
    );
    expect((error as Error).message).toContain('use one of: agv, cnc, compressor, ');
  }
});

test('a file that is no YAML, or not there, is one plain sentence', async () => {
  expect(() => parsePlant('site: [', 'x.yaml')).toThrow(/not YAML/);
  await expect(loadPlant('nowhere.yaml')).rejects.toThrow(/does not exist/);
});

test('material comes from a place that is there, and each buffer has one who gives and one who takes', () => {
  const text = `site: brest
enterprise: E
name: { en: P }
material: { buffers: [{ id: a, capacity: 2 }], sources: [{ id: s, lots: [{ article: X, quantity: 1 }] }] }
machines:
  - { id: m1, kind: old-mill, name: { en: A }, inputs: [s], outputs: [a] }
  - { id: m2, kind: cnc, name: { en: B }, inputs: [nowhere], outputs: [a] }
`;
  expect(() => parsePlant(text, 'plant.yaml')).toThrow(/machines\[1\]\.inputs.*"nowhere"/);
  expect(() => parsePlant(text, 'plant.yaml')).toThrow(/machines\[1\]\.outputs.*"a".*m1/);
});
