/** What a server calls its variables and their states in the other languages of the centre. */
import { AttributeIds, coerceNodeId, type DataValue, type ReadValueIdOptions } from 'node-opcua-client';
import { LANGUAGES, type Language, type LocalizedText } from '#domain/machine.ts';
import type { SourceSignal } from '../../pipeline/source.ts';
import type { BrowseContext } from './browse.ts';
import { UaFailure } from './failure.ts';
import { enumerationNames, readAll } from './describe.ts';
import type { SelectedSignal } from './signal-selection.ts';

/** ServerCapabilities.LocaleIdArray (OPC 10000-5, 6.3.3). */
const LOCALE_ID_ARRAY = coerceNodeId('i=2271');
const ENGLISH = 'en';
type OtherLanguage = Exclude<Language, typeof ENGLISH>;
const OTHERS = LANGUAGES.filter((language) => language !== ENGLISH);

/** Changes the language of a session's texts. Answers whether the server did. Never throws. */
export type Speak = (localeIds: readonly string[]) => Promise<boolean>;

interface Text {
  readonly locale?: string | null;
  readonly text?: string | null;
}
const languageOf = (localeId: string | null | undefined): string =>
  (localeId ?? '').toLowerCase().split('-')[0] ?? '';

/** In the language, not what the server had instead: it tells the locale that it found (OPC 10000-4, 5.4). */
const isIn = (language: Language, text: Text | null | undefined): text is Text & { readonly text: string } =>
  languageOf(text?.locale) === language && Boolean(text?.text);

/**
 * Signals with the names that their server has in other languages. What the configuration names keeps its name. Names that are
 * remembered of the same signals are not asked for again: a session speaks one language at a time, and while it speaks another, a
 * subscription that it took along would record states in it.
 */
export async function translated(
  context: BrowseContext,
  signals: readonly SelectedSignal[],
  options: {
    readonly readLimit: number;
    readonly remembered: readonly SourceSignal[];
    /** Absent: only what is remembered. */
    readonly speak: Speak | undefined;
  },
): Promise<readonly SelectedSignal[]> {
  const known = new Map(options.remembered.map((signal) => [signal.path, signal]));
  const isKnown = ({ signal, config }: SelectedSignal): boolean =>
    config?.name !== undefined || known.get(signal.path)?.name.en === signal.name.en;
  const hasNames = options.remembered.some(({ name }) => OTHERS.some((language) => name[language]));
  const { speak } = options;
  if (!speak || (hasNames && signals.every(isKnown))) return signals.map((each) => recalled(each, known));
  const languages = await spoken(context, options.readLimit);
  let named = signals;
  for (const language of languages) {
    await context.pace();
    if (!(await speak([language, ENGLISH]))) break;
    named = await inLanguage(context, options.readLimit, { signals: named, language });
  }
  // Else states would be recorded in the last of them.
  if (languages.length > 0 && !(await speak([ENGLISH])))
    throw new UaFailure(
      'retry',
      'LANGUAGE_KEPT',
      'the server does not go back to English names',
      'Nothing to do: the session is opened again, for English names only',
    );
  return named;
}

/** The other languages that a server has. */
async function spoken(context: BrowseContext, readLimit: number): Promise<readonly OtherLanguage[]> {
  const [value] = await readAll(context, readLimit, [{ nodeId: LOCALE_ID_ARRAY }]);
  const localeIds: unknown = value?.statusCode.isGoodish() ? value.value.value : undefined;
  const served = new Set(Array.isArray(localeIds) ? localeIds.map((id) => languageOf(String(id))) : []);
  return OTHERS.filter((language) => served.has(language));
}

async function inLanguage(
  context: BrowseContext,
  readLimit: number,
  { signals, language }: { readonly signals: readonly SelectedSignal[]; readonly language: OtherLanguage },
): Promise<readonly SelectedSignal[]> {
  const nodes = signals.flatMap(({ nodeId, enumNamesId }): ReadValueIdOptions[] => [
    { nodeId, attributeId: AttributeIds.DisplayName },
    ...(enumNamesId ? [{ nodeId: enumNamesId }] : []),
  ]);
  const answers = await readAll(context, readLimit, nodes);
  let at = 0;
  return signals.map((selected) => {
    const name = answers[at++];
    const states = selected.enumNamesId ? answers[at++] : undefined;
    const { signal, config } = selected;
    const text = good(name) as Text | undefined;
    const enumNames = signal.enumNames && withStates(signal.enumNames, good(states), language);
    return {
      ...selected,
      signal: {
        ...signal,
        ...(config?.name === undefined &&
          isIn(language, text) && { name: { ...signal.name, [language]: text.text.slice(0, 500) } }),
        ...(enumNames && { enumNames }),
      },
    };
  });
}

const good = (value: DataValue | undefined): unknown =>
  value?.statusCode.isGoodish() ? value.value.value : undefined;

function withStates(
  names: Readonly<Record<string, LocalizedText>>,
  value: unknown,
  language: OtherLanguage,
): Readonly<Record<string, LocalizedText>> {
  const theirs = enumerationNames(value, (text: Text | undefined) => (isIn(language, text) ? text.text : ''));
  return Object.fromEntries(
    Object.entries(names).map(([state, name]) => {
      const text = theirs.get(state);
      return [state, text ? { ...name, [language]: text } : name];
    }),
  );
}

function recalled(selected: SelectedSignal, known: ReadonlyMap<string, SourceSignal>): SelectedSignal {
  const { signal, config } = selected;
  const before = known.get(signal.path);
  if (!before || config?.name !== undefined || before.name.en !== signal.name.en) return selected;
  const enumNames =
    signal.enumNames &&
    Object.fromEntries(
      Object.entries(signal.enumNames).map(([state, name]) => {
        const then = before.enumNames?.[state];
        return [state, then?.en === name.en ? then : name];
      }),
    );
  return { ...selected, signal: { ...signal, name: before.name, ...(enumNames && { enumNames }) } };
}
