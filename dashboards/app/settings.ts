import { computed, effect, signal } from '@preact/signals';
import type { Language } from '../../services/shared/domain/machine.ts';
import { LANGUAGES, preferredLanguage, useLanguage } from '../i18n/i18n.ts';
import { readPalette } from '../charts/palette.ts';
import { choices, choose } from './router.ts';
import { THEMES } from './route.ts';
import type { Theme } from './route.ts';

/** The address decides; then what was chosen on this device before; then the browser. */
const stored = (name: string): string | null => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};
const keep = (name: string, value: string): void => {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing asks the address and its own settings.
  }
};

const storedTheme = signal(THEMES.find((theme) => theme === stored('theme')) ?? 'auto');
const storedLanguage = signal(
  LANGUAGES.find((known) => known === stored('lang')) ?? preferredLanguage(navigator.languages),
);

export const theme = computed<Theme>(() => choices.value.theme ?? storedTheme.value);
export const wantedLanguage = computed<Language>(() => choices.value.lang ?? storedLanguage.value);

export function chooseTheme(next: Theme): void {
  keep('theme', next);
  storedTheme.value = next;
  choose({ theme: next });
}

export function chooseLanguage(next: Language): void {
  keep('lang', next);
  storedLanguage.value = next;
  choose({ lang: next });
}

/** Keeps the page's theme and language as chosen; resolves when the first language is there. */
export async function startSettings(): Promise<void> {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
    readPalette();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', readPalette);
  await useLanguage(wantedLanguage.peek());
  effect(() => {
    void useLanguage(wantedLanguage.value);
  });
}
