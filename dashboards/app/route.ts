import type { Language } from '../../services/shared/domain/machine.ts';

export const RANGES = ['10m', '1h', '8h', '24h'] as const;
export type RangeName = (typeof RANGES)[number];
export const RANGE_MS: Readonly<Record<RangeName, number>> = {
  '10m': 600_000,
  '1h': 3_600_000,
  '8h': 28_800_000,
  '24h': 86_400_000,
};
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const KIOSKS = ['none', 'clock'] as const;
/** What is left of the frame on a wall: nothing, or the bar with the clock. */
export type Kiosk = (typeof KIOSKS)[number];

export type Screen =
  | { readonly screen: 'overview' }
  | { readonly screen: 'machine'; readonly machine: `${string}/${string}` }
  | { readonly screen: 'pipeline' }
  | { readonly screen: 'unknown' };

/** What stays the same from screen to screen. Absent = not chosen. */
export interface Choices {
  readonly lang?: Language | undefined;
  readonly theme?: Theme | undefined;
  readonly kiosk?: Kiosk | undefined;
  readonly range?: RangeName | undefined;
  /** Paths of the signals whose trends are shown; only on a machine's page. */
  readonly trends?: readonly string[] | undefined;
}

export interface Place {
  readonly at: Screen;
  readonly choices: Choices;
}

const LANGUAGES = ['ru', 'be', 'en', 'zh'] as const satisfies readonly Language[];
const SEGMENT = /^[a-z0-9][a-z0-9-]{0,62}$/;

const oneOf = <T extends string>(known: readonly T[], text: string | null): T | undefined =>
  known.find((item) => item === text);

function screenOf(pathname: string): Screen {
  const parts = pathname.split('/').filter((part) => part !== '');
  if (parts.length === 0) return { screen: 'overview' };
  if (parts.length === 1 && parts[0] === 'pipeline') return { screen: 'pipeline' };
  const [head, site = '', machine = ''] = parts;
  if (head === 'machine' && parts.length === 3 && SEGMENT.test(site) && SEGMENT.test(machine))
    return { screen: 'machine', machine: `${site}/${machine}` };
  return { screen: 'unknown' };
}

/** Reads an address; what it does not know it leaves out. */
export function parsePlace(pathname: string, search: string): Place {
  const query = new URLSearchParams(search);
  const trends = query.getAll('trend');
  return {
    at: screenOf(pathname),
    choices: {
      lang: oneOf(LANGUAGES, query.get('lang')),
      theme: oneOf(THEMES, query.get('theme')),
      kiosk: oneOf(KIOSKS, query.get('kiosk')),
      range: oneOf(RANGES, query.get('range')),
      trends: query.has('trend') ? trends.filter((path) => path !== '') : undefined,
    },
  };
}

const pathOf = (at: Screen): string => {
  switch (at.screen) {
    case 'machine':
      return `/machine/${at.machine}`;
    case 'pipeline':
      return '/pipeline';
    default:
      return '/';
  }
};

/** Inverse of {@link parsePlace}. */
export function hrefOf({ at, choices }: Place): string {
  const query = new URLSearchParams();
  for (const name of ['range', 'lang', 'theme', 'kiosk'] as const) {
    const value = choices[name];
    if (value !== undefined) query.set(name, value);
  }
  if (at.screen === 'machine' && choices.trends) {
    if (choices.trends.length === 0) query.append('trend', '');
    for (const path of choices.trends) query.append('trend', path);
  }
  const text = query.toString().replaceAll('%2F', '/');
  return text === '' ? pathOf(at) : `${pathOf(at)}?${text}`;
}
