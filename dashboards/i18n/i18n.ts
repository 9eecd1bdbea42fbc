import { computed, signal } from '@preact/signals';
import type { Language, LocalizedText } from '../../services/shared/domain/machine.ts';
import type { Catalogue, PluralKey, TextKey } from './messages.ts';
import { lookUp, lookUpPart, lookUpSignal } from './word-lookup.ts';
import type { Words } from './word-lookup.ts';

export const LANGUAGES: readonly Language[] = ['ru', 'be', 'en', 'zh'];
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  ru: 'Русский',
  be: 'Беларуская',
  en: 'English',
  zh: '中文',
};
/**
 * Intl's names: they decide separators, plural rules and the order of dates. Chromium carries no Belarusian data (it would
 * count and write in English); CLDR's rules for be and ru are the same in all that is used here.
 */
const LOCALES: Readonly<Record<Language, string>> = { ru: 'ru-BY', be: 'ru-BY', en: 'en-GB', zh: 'zh-CN' };

interface AnyCatalogue {
  readonly texts: Readonly<Record<TextKey, string>>;
  readonly plurals: Readonly<Record<PluralKey, Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>>>;
  readonly units: Readonly<Record<string, string>>;
  readonly words: Readonly<Record<string, string>>;
}

/** One chunk a language, loaded when it is chosen. */
const LOADERS: { readonly [L in Language]: () => Promise<{ readonly catalogue: Catalogue<L> }> } = {
  ru: () => import('./ru.ts'),
  be: () => import('./be.ts'),
  en: () => import('./en.ts'),
  zh: () => import('./zh.ts'),
};

interface Loaded {
  readonly language: Language;
  readonly catalogue: AnyCatalogue;
  readonly rules: Intl.PluralRules;
}

const loaded = signal<Loaded | undefined>(undefined);

export const language = computed<Language>(() => loaded.value?.language ?? 'en');
export const locale = computed(() => LOCALES[language.value]);

/** Loads a language and shows it; the page keeps the old one until the new one is here. */
export async function useLanguage(wanted: Language): Promise<void> {
  const { catalogue } = await LOADERS[wanted]();
  loaded.value = { language: wanted, catalogue, rules: new Intl.PluralRules(LOCALES[wanted]) };
  document.documentElement.lang = wanted;
}

/** The first of the browser's languages that we have; English otherwise. */
export function preferredLanguage(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const base = wish.toLowerCase().split('-')[0];
    const found = LANGUAGES.find((known) => known === base);
    if (found) return found;
  }
  return 'en';
}

export type Parameters = Readonly<Record<string, string | number>>;

export function fill(text: string, parameters: Parameters): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole));
}

export function t(key: TextKey, parameters?: Parameters): string {
  const text = loaded.value?.catalogue.texts[key] ?? '';
  return parameters ? fill(text, parameters) : text;
}

/** A text that depends on `n`; `shown` is how the number is written. */
export function plural(key: PluralKey, n: number, shown: string): string {
  const current = loaded.value;
  if (!current) return shown;
  const forms = current.catalogue.plurals[key];
  return fill(forms[current.rules.select(n)] ?? forms.other ?? shown, { n: shown });
}

export const isTextKey = (key: string): key is TextKey =>
  loaded.value !== undefined && Object.hasOwn(loaded.value.catalogue.texts, key);

export function localized(text: LocalizedText): string {
  return text[language.value] ?? text.en;
}

/** Symbol of a unit in the chosen language. */
export function unitSymbol(code: string, symbol: string): string {
  return loaded.value?.catalogue.units[code] ?? symbol;
}

/**
 * A name that a machine sent as data: a part of a browse path (`Spindle1`), a place, a cause. Known words are translated,
 * others are shown as sent with spaces between their parts.
 */
export const word = (raw: string): string => lookUpPart(words(), raw) ?? spaced(raw);

interface Said {
  readonly language: Language;
  readonly words: Words;
}
/** Texts of machines; their words are loaded when the first is shown. */
const said = signal<Said | undefined>(undefined);
let saidWanted: Language = 'en';
const SAID_PLACE = { ru: 0, be: 1, zh: 2 } as const;

async function loadSaid(wanted: keyof typeof SAID_PLACE): Promise<void> {
  saidWanted = wanted;
  const { SAID } = await import('./said-words.ts');
  const own = Object.entries(SAID).map(([text, all]) => [text, all[SAID_PLACE[wanted]]]);
  if (saidWanted === wanted) said.value = { language: wanted, words: Object.fromEntries(own) as Words };
}

/** What a machine tells people, its state or another text; in English until the words for it are here, or if they do not come. */
export function saidWord(raw: string): string {
  const now = language.value;
  const known = lookUp(words(), raw);
  if (known !== undefined || now === 'en') return known ?? spaced(raw);
  // A load that failed is not tried again: the text stays readable.
  if (saidWanted !== now) void loadSaid(now).catch(() => undefined);
  const own = said.value?.language === now ? said.value.words : {};
  return (Object.hasOwn(own, raw) ? own[raw] : undefined) ?? spaced(raw);
}

/** The same for what a machine says of its state. */
export const stateWord = (raw: string): string => lookUp(words(), raw) ?? spaced(raw);

/** The same for a signal of which nothing but path and unit (UNECE code) is known. */
export function signalWord(path: string, unit: string | undefined): string {
  const found = lookUpSignal(words(), path, unit);
  return found === undefined ? spaced(path.slice(path.lastIndexOf('/') + 1)) : capital(found);
}

const words = (): Words => loaded.value?.catalogue.words ?? {};

/** A state's word is written small, a name begins large. */
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `AxisXLoad` -> `Axis X load`, `AI_gear_oil` -> `AI gear oil`; what has spaces, other letters or is all upper case stays. */
export function spaced(raw: string): string {
  if (/[\s-]|[^\x20-\x7e]/.test(raw) || raw === raw.toUpperCase()) return raw;
  const parts = raw.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d_]+/g) ?? [raw];
  return parts.map((part, i) => (i > 0 && /^[A-Z][a-z]/.test(part) ? part.toLowerCase() : part)).join(' ');
}
