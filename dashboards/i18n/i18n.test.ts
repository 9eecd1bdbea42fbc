import { beforeAll, describe, expect, it } from 'vitest';
import type { Language } from '../../services/shared/domain/machine.ts';
import { catalogue as be } from './be.ts';
import { catalogue as en } from './en.ts';
import { fill, preferredLanguage, spaced } from './i18n.ts';
import { TEXT_KEYS } from './messages.ts';
import { catalogue as ru } from './ru.ts';
import { catalogue as zh } from './zh.ts';
import { PART_KEYS } from './part-keys.ts';
import { parts as beParts } from './parts-be.ts';
import { parts as ruParts } from './parts-ru.ts';
import { PROBLEM_KEYS } from './problem-keys.ts';
import { problems as beProblems } from './problems-be.ts';
import { problems as enProblems } from './problems-en.ts';
import { problems as ruProblems } from './problems-ru.ts';
import { problems as zhProblems } from './problems-zh.ts';
import { WORD_KEYS } from './word-keys.ts';
import { words as beWords } from './words-be.ts';
import { words as ruWords } from './words-ru.ts';
import { SAID } from './said-words.ts';

const catalogues = { ru, be, en, zh };
const languages = Object.keys(catalogues) as Language[];
const problems = { ru: ruProblems, be: beProblems, en: enProblems, zh: zhProblems };
const parameters = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

/** Belarusian is not copied Russian: texts that are equal in both, each for the reason that it is the right word in both. */
const EQUAL_IN_RU_AND_BE: Readonly<Record<string, string>> = {
  'nav.label': 'the same word', 'nav.overview': 'the same word', 'trend.max': 'an abbreviation of the same word',
  'pipeline.agent': 'the same word', 'component.broker': 'the same word and a name',
  'alarm.p2': 'the same word', 'wall.job': 'the same word',
  'health.store-samples': 'figures alone', 'lamp.setup': 'the initial of the same word', 'lamp.down': 'the initial of the same word',
  'lamp.off': 'the initial of the same word', 'lamp.unknown': 'a sign', 'lamp.silent': 'a sign', 'health.agent-machines': 'names alone', 'pipeline.epoch': 'the same word', 'pipeline.api': 'a name', 'pipeline.broker': 'the same word and a name', 'session.password': 'the same word',
}; // prettier-ignore

describe('catalogues', () => {
  it.each(languages)('%s has every text, none empty, with the same parameters as English', (language) => {
    for (const key of TEXT_KEYS) {
      const text = catalogues[language].texts[key];
      expect(text.trim(), key).not.toBe('');
      expect(parameters(text), key).toEqual(parameters(en.texts[key]));
    }
  });

  it.each(languages)('%s says of every problem where it is, in words of its own', (language) => {
    for (const key of PROBLEM_KEYS) {
      expect(parameters(problems[language][key]), key).toEqual(['{endpoint}']);
      const others = languages.filter((other) => other !== language).map((other) => problems[other][key]);
      expect(others).not.toContain(problems[language][key]);
    }
  });

  it('keeps Belarusian apart from Russian, except where the word is the same', () => {
    const equal = TEXT_KEYS.filter((key) => ru.texts[key] === be.texts[key]);
    expect(equal.toSorted()).toEqual(Object.keys(EQUAL_IN_RU_AND_BE).toSorted());
  });

  it('writes Belarusian with Belarusian letters', () => {
    const texts = [
      ...Object.values(be.texts),
      ...Object.values(be.words),
      ...Object.values(SAID).map(([, text]) => text),
      ...Object.values(be.units),
      ...Object.values(beProblems),
    ];
    for (const text of texts) expect(text).not.toMatch(/[ищъИЩЪ]/);
  });

  it('writes Russian with Russian letters', () => {
    for (const text of [...Object.values(ru.texts), ...Object.values(ru.words), ...Object.values(ruProblems)])
      expect(text).not.toMatch(/[іўІЎ]/);
  });

  it('says different words in Russian and Belarusian for nine in ten words of machines', () => {
    const equal = [
      ...WORD_KEYS.filter((key) => ruWords[key] === beWords[key]),
      ...PART_KEYS.filter((key) => ruParts[key] === beParts[key]),
    ];
    expect(equal.length / (WORD_KEYS.length + PART_KEYS.length)).toBeLessThan(0.1);
  });

  it.each([
    [
      'ru',
      [0, 1, 2, 5, 11, 21, 22, 25, 1.5],
      ['many', 'one', 'few', 'many', 'many', 'one', 'few', 'many', 'other'],
    ],
    [
      'be',
      [0, 1, 2, 5, 11, 21, 22, 25, 1.5],
      ['many', 'one', 'few', 'many', 'many', 'one', 'few', 'many', 'other'],
    ],
    ['en', [0, 1, 2, 21], ['other', 'one', 'other', 'other']],
    ['zh', [0, 1, 2], ['other', 'other', 'other']],
  ] as const)('%s counts after its own rules', (language, numbers, expected) => {
    const rules = new Intl.PluralRules(language);
    expect(numbers.map((n) => rules.select(n))).toEqual(expected);
    for (const forms of Object.values(catalogues[language].plurals))
      for (const category of expected) expect(Object.keys(forms)).toContain(category);
  });
});

describe('texts', () => {
  it('are filled by name; an unknown name stays visible', () => {
    expect(fill('{a} of {b}, {c}', { a: 1, b: 'x' })).toBe('1 of x, {c}');
  });

  it.each([
    [['be-BY', 'ru'], 'be'],
    [['de', 'zh-Hans-CN'], 'zh'],
    [['fr'], 'en'],
    [[], 'en'],
  ] as const)('of a browser that wishes %s are shown in %s', (wishes, language) => {
    expect(preferredLanguage(wishes)).toBe(language);
  });

  it.each([
    ['AI_gear_oil_temp', 'AI gear oil temp'],
    ['VolumeFlowRate', 'Volume flow rate'],
    ['AxisXLoad', 'Axis X load'],
    ['Accelerometer1RMS', 'Accelerometer 1 RMS'],
    ['RPM', 'RPM'],
    ['Hall 1', 'Hall 1'],
    ['edge-1', 'edge-1'],
  ])('that a machine sends as %s read %s', (raw, read) => {
    expect(spaced(raw)).toBe(read);
  });
});

beforeAll(() => {
  expect(WORD_KEYS.length).toBeGreaterThan(150);
});
