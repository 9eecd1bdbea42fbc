import type { Language, LocalizedText } from '#domain/machine.ts';
import words from './machine-words.json' with { type: 'json' };

/** A name in the languages of the centre beside English, in which nodes are named by themselves. */
export type Translations = Readonly<Record<Exclude<Language, 'en'>, string>>;

type Table = Readonly<Record<string, Translations>>;
const { signals, places, states, texts }: Readonly<Record<'signals' | 'places' | 'states' | 'texts', Table>> =
  words;

const of = (table: Table, key: string): Translations | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** Of a variable, by its browse name and that of the node which holds it: `Dryer/On` is not any `On`. */
export const signalWords = (place: string, name: string): Translations | undefined =>
  of(signals, `${place}/${name}`) ?? of(signals, name);

/** Of an object on the way to variables: `TemperatureZone_3`. */
export const placeWords = (name: string): Translations | undefined => of(places, name);

/** Of a state, as state machines and enumerations name it: `NotExecuting`. */
export const stateWords = (name: string): Translations | undefined =>
  of(states, name.replaceAll(/[\s_-]/g, ''));

/** Of what a machine tells people: `Maximum flow`; states among it. */
export const textWords = (text: string): Translations | undefined => of(texts, text) ?? stateWords(text);

/** A name of the plant's data in the same form; what it lacks stays English. */
export const translationsOf = ({ en, ru, be, zh }: LocalizedText): Translations => ({
  ru: ru ?? en,
  be: be ?? en,
  zh: zh ?? en,
});
