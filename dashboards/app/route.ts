import { PRIORITIES } from '../../services/shared/domain/alarm.ts';
import type { Priority } from '../../services/shared/domain/alarm.ts';
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

/** What the picture of another time is drawn under: the stretch just before, or the same hours of another day. */
export const OVERLAYS = ['before', 'day', 'week'] as const;
export type Overlay = (typeof OVERLAYS)[number];
export const MAX_EXPLORED = 8;

export interface Exploration {
  readonly screen: 'explore';
  /** `site/machine/path` */
  readonly signals: readonly string[];
  /** A stretch that stands still; without it the chosen range up to now. */
  readonly window?: TimeWindow | undefined;
  readonly overlay?: Overlay | undefined;
}
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface AlarmView {
  readonly screen: 'alarms';
  /** `site/machine`; absent = all. */
  readonly machine?: `${string}/${string}` | undefined;
  /** 1 to 4: this priority and what is more urgent; absent = all. */
  readonly priority?: Priority | undefined;
}

export type Screen =
  | { readonly screen: 'overview' }
  | { readonly screen: 'wall' }
  | { readonly screen: 'machine'; readonly machine: `${string}/${string}` }
  | Exploration
  | AlarmView
  | { readonly screen: 'pipeline' }
  | { readonly screen: 'quality' }
  | { readonly screen: 'login' }
  | { readonly screen: 'unknown' };

/** What stays the same from screen to screen. Absent = not chosen. */
export interface Choices {
  readonly lang?: Language | undefined;
  readonly theme?: Theme | undefined;
  readonly kiosk?: Kiosk | undefined;
  readonly range?: RangeName | undefined;
  /** On a wall: seconds until the next screen of {@link ROTATION}. */
  readonly rotateS?: number | undefined;
  /** Paths of the signals whose trends are shown; only on a machine's page. */
  readonly trends?: readonly string[] | undefined;
}

/** What a wall shows in turn. */
export const ROTATION = ['wall', 'overview', 'pipeline'] as const satisfies readonly Screen['screen'][];
export const MIN_ROTATE_S = 5;
export const MAX_ROTATE_S = 3_600;

export interface Place {
  readonly at: Screen;
  readonly choices: Choices;
}

const LANGUAGES = ['ru', 'be', 'en', 'zh'] as const satisfies readonly Language[];
const SEGMENT = /^[a-z0-9][a-z0-9-]{0,62}$/;

const oneOf = <T extends string>(known: readonly T[], text: string | null): T | undefined =>
  known.find((item) => item === text);

function secondsOf(text: string | null): number | undefined {
  const seconds = text !== null && /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  return seconds >= MIN_ROTATE_S && seconds <= MAX_ROTATE_S ? seconds : undefined;
}

/** Screens that are nothing but their name. */
const PLAIN_SCREENS = ['pipeline', 'quality', 'wall', 'login'] as const;

const SIGNAL = /^[a-z0-9-]+\/[a-z0-9-]+\/./s;

function explorationOf(query: URLSearchParams): Exploration {
  const signals = new Set(query.getAll('signal').filter((id) => SIGNAL.test(id)));
  const [fromMs, toMs] = ['from', 'to'].map((name) => Date.parse(query.get(name) ?? ''));
  const isWindow = fromMs !== undefined && toMs !== undefined && toMs > fromMs;
  return {
    screen: 'explore',
    signals: [...signals].slice(0, MAX_EXPLORED),
    window: isWindow ? { fromMs, toMs } : undefined,
    overlay: oneOf(OVERLAYS, query.get('overlay')),
  };
}

function alarmsOf(query: URLSearchParams): AlarmView {
  const [site = '', machine = '', ...rest] = (query.get('machine') ?? '').split('/');
  const isMachine = rest.length === 0 && SEGMENT.test(site) && SEGMENT.test(machine);
  return {
    screen: 'alarms',
    machine: isMachine ? `${site}/${machine}` : undefined,
    priority: PRIORITIES.find((priority) => String(priority) === query.get('priority')),
  };
}

function screenOf(pathname: string, query: URLSearchParams): Screen {
  const parts = pathname.split('/').filter((part) => part !== '');
  if (parts.length === 0) return { screen: 'overview' };
  const plain = parts.length === 1 ? oneOf(PLAIN_SCREENS, parts[0] ?? null) : undefined;
  if (plain) return { screen: plain };
  if (parts.length === 1 && parts[0] === 'explore') return explorationOf(query);
  if (parts.length === 1 && parts[0] === 'alarms') return alarmsOf(query);
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
    at: screenOf(pathname, query),
    choices: {
      lang: oneOf(LANGUAGES, query.get('lang')),
      theme: oneOf(THEMES, query.get('theme')),
      kiosk: oneOf(KIOSKS, query.get('kiosk')),
      range: oneOf(RANGES, query.get('range')),
      rotateS: secondsOf(query.get('rotate')),
      trends: query.has('trend') ? trends.filter((path) => path !== '') : undefined,
    },
  };
}

const pathOf = (at: Screen): string => {
  switch (at.screen) {
    case 'machine':
      return `/machine/${at.machine}`;
    case 'pipeline':
    case 'wall':
    case 'quality':
    case 'login':
    case 'explore':
    case 'alarms':
      return `/${at.screen}`;
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
  if (choices.rotateS !== undefined) query.set('rotate', String(choices.rotateS));
  if (at.screen === 'machine' && choices.trends) {
    if (choices.trends.length === 0) query.append('trend', '');
    for (const path of choices.trends) query.append('trend', path);
  }
  if (at.screen === 'explore') addExploration(query, at);
  if (at.screen === 'alarms' && at.machine !== undefined) query.set('machine', at.machine);
  if (at.screen === 'alarms' && at.priority !== undefined) query.set('priority', String(at.priority));
  const text = query.toString().replaceAll('%2F', '/').replaceAll('%3A', ':');
  return text === '' ? pathOf(at) : `${pathOf(at)}?${text}`;
}

function addExploration(query: URLSearchParams, { signals, window, overlay }: Exploration): void {
  for (const id of signals) query.append('signal', id);
  if (window) {
    query.set('from', new Date(window.fromMs).toISOString());
    query.set('to', new Date(window.toMs).toISOString());
  }
  if (overlay) query.set('overlay', overlay);
}
