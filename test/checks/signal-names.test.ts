import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { catalogue as be } from '../../dashboards/i18n/be.ts';
import { catalogue as ru } from '../../dashboards/i18n/ru.ts';
import { SAID } from '../../dashboards/i18n/said-words.ts';
import { STATES_ONLY } from '../../dashboards/i18n/state-words.ts';
import { lookUp, lookUpPart, lookUpSignal } from '../../dashboards/i18n/word-lookup.ts';
import { parts as zhParts } from '../../dashboards/i18n/parts-zh.ts';
import { words as zhWords } from '../../dashboards/i18n/words-zh.ts';
import type { SignalDefinition } from '../../simulators/model/signal.ts';
import { loadPlant } from '../../simulators/plants/load-plant.ts';
import { createSimulation } from '../../simulators/runtime/create-simulation.ts';
import { KINDS } from '../../edge-agent/onboarding/kinds.ts';
import { MACHINE_KINDS } from '../../simulators/machines/registry.ts';

const LANGUAGES = [
  ['ru', ru.words],
  ['be', be.words],
  ['zh', { ...zhWords, ...zhParts }],
] as const;
/** Units of one quantity; any other has one unit in the shipped plants. */
const QUANTITY: Readonly<Record<string, string>> = { L2: 'volume flow', G53: 'volume flow' };
const PLANTS = ['brest', 'mogilev', 'vitebsk'];

const shipped = await Promise.all(
  PLANTS.map(async (name) => {
    const { plant, machines } = await loadPlant(`simulators/plants/${name}.yaml`);
    const simulation = createSimulation({ plant, machines }, plant.seed, 0);
    return {
      ids: plant.machines.map(({ id }) => id),
      signals: simulation.machines.flatMap(({ signals }) => signals),
    };
  }),
);
const signals: readonly SignalDefinition[] = shipped.flatMap((each) => each.signals);
/** Outgoing lines of a meter are called as the machines that they feed. */
const machineIds = new Set(shipped.flatMap(({ ids }) => ids));

it.each(LANGUAGES)('%s has a name for every place in the paths of the shipped plants', (_language, words) => {
  const places = new Set(signals.flatMap(({ path }) => path.split('/').slice(0, -1)));
  expect(places.size).toBeGreaterThan(50);
  const nameless = [...places].filter(
    (place) => !machineIds.has(place) && lookUpPart(words, place) === undefined,
  );
  expect(nameless).toEqual([]);
});

it.each(LANGUAGES)('%s has a name for every signal of the shipped plants', (_language, words) => {
  expect(signals.length).toBeGreaterThan(400);
  const nameless = signals.filter(({ path, unit }) => lookUpSignal(words, path, unit) === undefined);
  expect(nameless.map(({ path }) => path)).toEqual([]);
});

it.each(LANGUAGES)('%s has a word for every value of an enumeration', (_language, words) => {
  const values = new Set(signals.flatMap(({ enumeration }) => enumeration ?? []));
  expect(values.size).toBeGreaterThan(20);
  const wordless = [...values].filter(
    (value) => lookUp(words, value.replaceAll(/[\s_-]/g, '')) === undefined,
  );
  expect(wordless).toEqual([]);
});

it('there are words for every text that a machine may tell people, and no others', () => {
  const texts = new Set(signals.flatMap((signal) => signal.texts ?? []));
  expect(texts.size).toBeGreaterThan(50);
  expect(Object.keys(SAID).toSorted()).toEqual([...texts].toSorted());
  // A word of a state or a place would be shown instead.
  for (const [, words] of LANGUAGES)
    expect(Object.keys(SAID).filter((text) => lookUp(words, text) !== undefined)).toEqual([]);
});

it.each(LANGUAGES)('%s does not call two quantities by one name', (_language, words) => {
  const units = new Map<string, Set<string>>();
  for (const { path, unit } of signals) {
    const name = lookUpSignal(words, path, unit) ?? path;
    if (unit !== undefined) units.set(name, (units.get(name) ?? new Set()).add(QUANTITY[unit] ?? unit));
  }
  const doubtful = [...units]
    .filter(([, of]) => of.size > 1)
    .map(([name, of]) => `${name}: ${[...of].join(', ')}`);
  expect(doubtful).toEqual([]);
});

type Named = Readonly<Record<string, string | undefined>>;
const inAll = (name: (words: (typeof LANGUAGES)[number][1]) => string | undefined): Named =>
  Object.fromEntries(LANGUAGES.map(([language, words]) => [language, name(words)]));
const sorted = (table: ReadonlyMap<string, Named>): Record<string, Named> =>
  Object.fromEntries([...table].toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** By a signal's own name; where two signals of that name are called otherwise, by that and the place it stands at. */
function signalTable(): ReadonlyMap<string, Named> {
  const table = new Map<string, Named>();
  const called = signals.map(({ path, unit }) => {
    const [own = '', place = ''] = path.split('/').toReversed();
    return { own, place, named: inAll((words) => lookUpSignal(words, path, unit)) };
  });
  const same = (a: Named | undefined, b: Named): boolean => JSON.stringify(a) === JSON.stringify(b);
  for (const { own, place, named } of called) {
    const isAlone = called.every((other) => other.own !== own || same(other.named, named));
    const key = isAlone ? own : `${place}/${own}`;
    expect(table.has(key) && !same(table.get(key), named), `${key} is called two things`).toBe(false);
    table.set(key, named);
  }
  return table;
}

it('the simulated machines say the same names over OPC UA; `npx vitest run test/checks/signal-names.test.ts -u` renews them', async () => {
  const places = new Set(signals.flatMap(({ path }) => path.split('/').slice(0, -1)));
  const states = new Set([...STATES_ONLY, ...signals.flatMap(({ enumeration }) => enumeration ?? [])]);
  const words = {
    signals: sorted(signalTable()),
    places: sorted(
      new Map(
        [...places]
          .filter((place) => !machineIds.has(place))
          .map((place) => [place, inAll((of) => lookUpPart(of, place))]),
      ),
    ),
    states: sorted(
      new Map(
        [...states]
          .map((state) => state.replaceAll(/[\s_-]/g, ''))
          .map((state) => [state, inAll((of) => lookUp(of, state))]),
      ),
    ),
    texts: sorted(new Map(Object.entries(SAID).map(([text, [ru, be, zh]]) => [text, { ru, be, zh }]))),
  };
  const file = 'simulators/names/machine-words.json';
  const text = await format(JSON.stringify(words), { ...(await resolveConfig(file)), filepath: file });
  await expect(text).toMatchFileSnapshot(`../../${file}`);
});

it('every kind of machine that can be simulated can be plugged in by its name', () => {
  expect(Object.keys(MACHINE_KINDS).filter((kind) => !(KINDS as readonly string[]).includes(kind))).toEqual(
    [],
  );
});
