import { computed } from '@preact/signals';
import type { LiveValue } from '../../services/shared/contracts/live.ts';
import { localized, locale, saidWord, stateWord, t, unitSymbol } from './i18n.ts';
import type { SignalInfo } from '../api/model.ts';

export const NO_VALUE = '–';

const numberFormats = computed(() => {
  const name = locale.value;
  return Array.from(
    { length: 7 },
    (_, digits) =>
      new Intl.NumberFormat(name, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        // What rounds to zero has no sign.
        signDisplay: 'negative',
      }),
  );
});
const clockFormat = computed(
  () =>
    new Intl.DateTimeFormat(locale.value, {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hour12: false,
    }),
);
const momentFormat = computed(
  () =>
    new Intl.DateTimeFormat(locale.value, {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
      hour12: false,
    }),
);
const dateTimeFormat = computed(
  () => new Intl.DateTimeFormat(locale.value, { dateStyle: 'short', timeStyle: 'medium', hour12: false }),
);

export function formatNumber(value: number, digits: number): string {
  const text = numberFormats.value[Math.min(Math.max(digits, 0), 6)]?.format(value) ?? String(value);
  return text.replace('-', '\u2212');
}

export const formatCount = (value: number): string => formatNumber(value, 0);
export const formatClock = (timeMs: number): string => clockFormat.value.format(timeMs);
export const formatDateTime = (timeMs: number): string => dateTimeFormat.value.format(timeMs);

/** A part of 1 as `99.8 %`; only the whole is 100, only nothing is 0. */
export function formatPercent(part: number): string {
  const percent = part <= 0 ? 0 : part >= 1 ? 100 : Math.min(99.9, Math.max(0.1, part * 100));
  return `${formatNumber(percent, percent % 100 === 0 ? 0 : 1)}\u00a0${unitSymbol('P1', '%')}`;
}

/** `14:03:21.087`, of an ISO time. */
export const formatMoment = (iso: string): string => momentFormat.value.format(Date.parse(iso));

/** `0.4 ms`, `18 ms`. */
export const formatMs = (ms: number): string =>
  `${formatNumber(ms, Math.abs(ms) < 9.95 && ms % 1 !== 0 ? 1 : 0)}\u00a0${unitSymbol('C26', 'ms')}`;

/** `0.3 s`, `12 s`, `4 min`, `3 h`, `2 d`: how old something is, in as few characters as are true. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, ageMs) / 1000;
  const with_ = (n: number, digits: number, code: string): string =>
    `${formatNumber(n, digits)}\u00a0${unitSymbol(code, '')}`;
  if (seconds < 9.95) return with_(seconds, 1, 'SEC');
  if (seconds < 99.5) return with_(seconds, 0, 'SEC');
  if (seconds < 5_400) return with_(seconds / 60, 0, 'MIN');
  if (seconds < 129_600) return with_(seconds / 3_600, 0, 'HUR');
  return with_(seconds / 86_400, 0, 'DAY');
}

/** `8.3 MB`; powers of ten. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let n = bytes;
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i += 1;
  }
  return `${formatNumber(n, n < 10 && i > 0 ? 1 : 0)}\u00a0${unitSymbol(units[i] ?? '', units[i] ?? '')}`;
}

const INTEGER = /^(S?Byte|U?Int(16|32|64)|Enumeration)$/;

/**
 * Fraction digits of a signal, the same for all of its values so that digits do not jump: enough to tell a
 * thousandth of its range apart; without a range by the size of the value.
 */
export function digitsOf(signal: SignalInfo, value: number): number {
  if (INTEGER.test(signal.dataType)) return 0;
  const span = signal.range ? signal.range.high - signal.range.low : Math.abs(value) * 4;
  if (!(span > 0)) return 2;
  return Math.min(4, Math.max(0, 3 - Math.ceil(Math.log10(span))));
}

/** A value as people read it, without its unit. 64-bit integers come as decimal text. */
export function formatValue(signal: SignalInfo, value: LiveValue | undefined): string {
  if (value === undefined || value === null) return NO_VALUE;
  if (typeof value === 'boolean') return t(value ? 'value.yes' : 'value.no');
  if (typeof value === 'number') {
    const name = signal.enumNames?.[String(value)];
    if (name) {
      const own = localized(name);
      return own === name.en ? stateWord(own.replaceAll(/[\s_-]/g, '')) : own;
    }
    return signal.dataType === 'DateTime'
      ? formatDateTime(value)
      : formatNumber(value, digitsOf(signal, value));
  }
  if (signal.isArray) return summarizeArray(value);
  if (signal.dataType === 'Structure') return summarizeStructure(value);
  if (INTEGER.test(signal.dataType)) return groupDigits(value);
  if (signal.dataType === 'DateTime') {
    const timeMs = Date.parse(value);
    return Number.isNaN(timeMs) ? value : formatDateTime(timeMs);
  }
  if (signal.dataType === 'LocalizedText') return value === '' ? NO_VALUE : saidWord(value);
  return value === '' ? NO_VALUE : value;
}

const SHOWN_OF_STRUCTURE = 3;

/** `{"Serial":12,"Order":"WO-0001",...}` -> `12 · WO-0001 · ...`: its first scalar fields; what is no structure stays as it is. */
function summarizeStructure(json: string): string {
  try {
    const shown = scalarsOf(JSON.parse(json)).slice(0, SHOWN_OF_STRUCTURE);
    return shown.length === 0 ? NO_VALUE : shown.join(' · ');
  } catch {
    return json;
  }
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Scalars of a value in their order, however deep. */
function scalarsOf(value: unknown): readonly string[] {
  if (value === null || value === '') return [];
  if (typeof value === 'number') return [formatNumber(value, value % 1 === 0 ? 0 : 2)];
  if (typeof value === 'boolean') return [t(value ? 'value.yes' : 'value.no')];
  if (typeof value === 'string') return [ISO_TIME.test(value) ? formatDateTime(Date.parse(value)) : value];
  return typeof value === 'object' ? Object.values(value).flatMap(scalarsOf) : [];
}

/** An element of an array: a number, or of a structure the field that names it. */
function elementText(item: unknown): string {
  if (typeof item === 'number') return formatNumber(item, item % 1 === 0 ? 0 : 2);
  if (typeof item === 'string') return item;
  const scalars = scalarsOf(item);
  return scalars.find((each) => /\p{L}/u.test(each)) ?? scalars[0] ?? NO_VALUE;
}

/** `[0.1,2,3,...]` -> `0.1 · 2 · 3 … (16)` */
function summarizeArray(json: string): string {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    return json;
  }
  if (!Array.isArray(list)) return json;
  if (list.length === 0) return NO_VALUE;
  const shown = list.slice(0, 3).map(elementText);
  return `${shown.join(' · ')}${list.length > 3 ? ` … (${formatCount(list.length)})` : ''}`;
}

/** Digits beyond 2^53 must not pass through a number. */
function groupDigits(text: string): string {
  try {
    return numberFormats.value[0]?.format(BigInt(text)).replace('-', '\u2212') ?? text;
  } catch {
    return text;
  }
}

export function unitOf(signal: SignalInfo): string {
  return signal.unit ? unitSymbol(signal.unit.code, signal.unit.symbol) : '';
}

/** A larger unit for amounts that nobody reads in the small one, from `least` of the small one on. */
interface LargerUnit {
  readonly least: number;
  readonly factor: number;
  readonly code: string;
  readonly symbol: string;
  readonly digits: number;
}
const KWH = { code: 'KWH', symbol: 'kWh' } as const;
const MWH = { code: 'MWH', symbol: 'MWh' } as const;
const HOURS = { code: 'HUR', symbol: 'h' } as const;
const LARGER: Readonly<Record<string, readonly LargerUnit[]>> = {
  WHR: [
    { least: 1e6, factor: 1e-6, ...MWH, digits: 3 },
    { least: 1e3, factor: 1e-3, ...KWH, digits: 2 },
  ],
  KWH: [{ least: 1e4, factor: 1e-3, ...MWH, digits: 3 }],
  SEC: [{ least: 7_200, factor: 1 / 3_600, ...HOURS, digits: 1 }],
  MIN: [{ least: 600, factor: 1 / 60, ...HOURS, digits: 1 }],
};

/** The unit in which amounts of the size of `value` are shown; `undefined` = the signal's own. Measured ranges keep theirs. */
export function largerUnit(signal: SignalInfo, value: number): LargerUnit | undefined {
  if (signal.range || signal.isArray) return undefined;
  return LARGER[signal.unit?.code ?? '']?.find(({ least }) => Math.abs(value) >= least);
}

/** A value as people read it, and the unit to it: `412.118` `MWh`. */
export function formatReading(
  signal: SignalInfo,
  value: LiveValue | undefined,
): { readonly text: string; readonly unit: string } {
  const number =
    typeof value === 'string' && signal.unit && INTEGER.test(signal.dataType) ? Number(value) : value;
  const larger = typeof number === 'number' ? largerUnit(signal, number) : undefined;
  if (!larger || typeof number !== 'number')
    return { text: formatValue(signal, value), unit: unitOf(signal) };
  return {
    text: formatNumber(number * larger.factor, larger.digits),
    unit: unitSymbol(larger.code, larger.symbol),
  };
}
