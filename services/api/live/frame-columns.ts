import type { LiveValue } from '#contracts/live.ts';
import type { LiveValues } from './live-values.ts';

/** Part of a frame: the columns of some signals as the inside of JSON arrays. */
export interface FrameColumns {
  readonly count: number;
  readonly i: string;
  readonly v: string;
  readonly d: string;
  /** Only where one is not Good. */
  readonly q: string | undefined;
  /** Only in mode `minmax`. */
  readonly lo: string | undefined;
  readonly hi: string | undefined;
}

/** Least and greatest number per slot of a signal list; Infinity / -Infinity = none. */
export interface Extremes {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

export function createExtremes(length: number): Extremes {
  const extremes = { lo: new Float64Array(length), hi: new Float64Array(length) };
  clearExtremes(extremes);
  return extremes;
}

export function clearExtremes(extremes: Extremes): void {
  extremes.lo.fill(Infinity);
  extremes.hi.fill(-Infinity);
}

export function mergeExtremes(into: Extremes, from: Extremes): void {
  for (let slot = 0; slot < into.lo.length; slot += 1) {
    const lo = from.lo[slot] ?? Infinity;
    const hi = from.hi[slot] ?? -Infinity;
    if (lo < (into.lo[slot] ?? Infinity)) into.lo[slot] = lo;
    if (hi > (into.hi[slot] ?? -Infinity)) into.hi[slot] = hi;
  }
}

export interface ColumnsRequest {
  readonly signals: Int32Array;
  /** Signals that changed after this tick; 0 = all that have a value. */
  readonly sinceTick: number;
  /** The frame's `t`. */
  readonly serverMs: number;
  readonly extremes: Extremes | undefined;
}

export function encodeColumns(values: LiveValues, request: ColumnsRequest): FrameColumns {
  const { signals, sinceTick, serverMs, extremes } = request;
  const ids: number[] = [];
  const current: LiveValue[] = [];
  const ages: number[] = [];
  const codes: number[] = [];
  const lows: number[] = [];
  const highs: number[] = [];
  let worst = 0;
  for (let slot = 0; slot < signals.length; slot += 1) {
    const no = signals[slot] ?? 0;
    if ((values.changed[no] ?? 0) <= sinceTick) continue;
    ids.push(no);
    current.push(values.value(no));
    ages.push(values.timeMs(no) - serverMs);
    const statusCode = values.statusCode[no] ?? 0;
    if (statusCode > worst) worst = statusCode;
    codes.push(statusCode);
    if (!extremes) continue;
    const value = values.numberAt(no);
    const low = extremes.lo[slot] ?? Infinity;
    const high = extremes.hi[slot] ?? -Infinity;
    lows.push(value < low ? value : low);
    highs.push(value > high ? value : high);
  }
  return {
    count: ids.length,
    i: inside(ids),
    v: inside(current),
    d: inside(ages),
    q: worst === 0 ? undefined : inside(codes),
    lo: extremes && inside(lows),
    hi: extremes && inside(highs),
  };
}

/** The inside of a JSON array; no number (an infinity) becomes null. One call a column is twice as fast as a text a number. */
const inside = (column: readonly LiveValue[]): string => JSON.stringify(column).slice(1, -1);

/** The members `"i":[...],"v":[...],...` of a frame from its parts. */
export function joinColumns(parts: readonly FrameColumns[]): string {
  const filled = parts.filter(({ count }) => count > 0);
  const column = (name: 'i' | 'v' | 'd'): string =>
    `"${name}":[${filled.map((part) => part[name]).join(',')}]`;
  const optional = (name: 'q' | 'lo' | 'hi', filler: string): string => {
    if (filled.every((part) => part[name] === undefined)) return '';
    const texts = filled.map((part) => part[name] ?? repeated(filler, part.count));
    return `,"${name}":[${texts.join(',')}]`;
  };
  const extremes = `${optional('lo', 'null')}${optional('hi', 'null')}`;
  return `${column('i')},${column('v')},${column('d')}${optional('q', '0')}${extremes}`;
}

const repeated = (text: string, times: number): string => `${`${text},`.repeat(times - 1)}${text}`;
