import { signal } from '@preact/signals';
import type { Language } from '../../services/shared/domain/machine.ts';
import { fill, language } from './i18n.ts';
import type { ProblemKey } from './problem-keys.ts';

type Problems = Readonly<Record<ProblemKey, string>>;

/** Chunks of their own: nobody needs them while all machines are read. */
const LOADERS: { readonly [L in Language]: () => Promise<{ readonly problems: Problems }> } = {
  ru: () => import('./problems-ru.ts'),
  be: () => import('./problems-be.ts'),
  en: () => import('./problems-en.ts'),
  zh: () => import('./problems-zh.ts'),
};

const loaded = signal<{ readonly language: Language; readonly problems: Problems } | undefined>(undefined);
let asked: Language | undefined;

/** A sentence in the page's language; `undefined` until its words are here. */
export function problemText(key: ProblemKey, endpoint: string): string | undefined {
  const wanted = language.value;
  const known = loaded.value;
  if (known?.language === wanted) return fill(known.problems[key], { endpoint });
  if (asked !== wanted) void load(wanted);
  return undefined;
}

async function load(wanted: Language): Promise<void> {
  asked = wanted;
  try {
    const { problems } = await LOADERS[wanted]();
    if (asked === wanted) loaded.value = { language: wanted, problems };
  } catch {
    // The agent's own sentence stands; the next one asks again.
    asked = undefined;
  }
}
