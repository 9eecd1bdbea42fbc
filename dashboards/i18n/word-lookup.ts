import { STATES_ONLY } from './state-words.ts';

export type Words = Readonly<Record<string, string>>;

/** A word by itself or with a number behind: `Axis_3` is `Axis` and a 3. */
export function lookUp(words: Words, raw: string): string | undefined {
  if (Object.hasOwn(words, raw)) return words[raw];
  const [, before, number] = /^(.*?\D)(\d+)$/.exec(raw) ?? [];
  const base = before?.replace(/[\s_]+$/, '') ?? '';
  return Object.hasOwn(words, base) ? `${words[base]} ${number}` : undefined;
}

/** The same for a part of a path, which is no state. */
export const lookUpPart = (words: Words, raw: string): string | undefined =>
  STATES_ONLY.has(raw) ? undefined : lookUp(words, raw);

/** One browse name for two quantities: which one it is, its unit says. */
const BY_UNIT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Speed: { RPM: 'RotationalSpeed' },
  VibrationSpectrum: { K40: 'AccelerationSpectrum' },
};

/** The name of a signal by the end of its path, its unit (UNECE code) and the place it stands at (`Dryer/On`). */
export function lookUpSignal(words: Words, path: string, unit: string | undefined): string | undefined {
  const parts = path.split('/');
  const own = parts.at(-1) ?? '';
  const sort = BY_UNIT[own]?.[unit ?? ''];
  return (
    (parts.length > 1 ? lookUp(words, parts.slice(-2).join('/')) : undefined) ??
    (sort === undefined ? undefined : lookUp(words, sort)) ??
    lookUpPart(words, own)
  );
}
