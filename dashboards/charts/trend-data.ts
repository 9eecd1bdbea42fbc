import type { SampleColumns } from '../live-core/sample-ring.ts';
import type { TrendGap } from '../live-core/trend-series.ts';

/** What a trend draws: seconds and values, null where the line is broken; stretches to be hatched. */
export interface TrendData {
  readonly time: number[];
  readonly value: (number | null)[];
  readonly lo: (number | null)[];
  readonly hi: (number | null)[];
  readonly holes: readonly TrendHole[];
  /** Nothing is known before: the window's beginning, or later; the window's end where nothing is known at all. */
  readonly knownFromMs: number;
}

export const NO_TREND: TrendData = { time: [], value: [], lo: [], hi: [], holes: [], knownFromMs: 0 };

export interface TrendHole {
  readonly fromMs: number;
  readonly toMs: number;
  /** `bad`: samples came, without a good value. Else the cause of a declared gap, or `stale`. */
  readonly cause: string;
}

export interface TrendWindow {
  readonly fromMs: number;
  /** Now, on the server's clock. */
  readonly toMs: number;
  /** Since when the path of the value is dead; `undefined` = it is alive, and the last value holds until now. */
  readonly deadSinceMs: number | undefined;
}

/** Values hold until the next sample (they are reported on change): the line is a step, to now if the path is alive. */
export function buildTrend(
  columns: SampleColumns,
  gaps: readonly TrendGap[],
  window: TrendWindow,
): TrendData {
  const holes: TrendHole[] = gapsWithin(gaps, window);
  const out = {
    time: [] as number[],
    value: [] as (number | null)[],
    lo: [] as (number | null)[],
    hi: [] as (number | null)[],
  };
  const push = (timeMs: number, value: number, lo: number, hi: number): void => {
    const good = !Number.isNaN(value);
    out.time.push(timeMs / 1000);
    out.value.push(good ? value : null);
    out.lo.push(good ? lo : null);
    out.hi.push(good ? hi : null);
  };
  let badSinceMs = NaN;
  const declared = [...holes];
  for (let i = 0; i < columns.time.length; i += 1) {
    const timeMs = columns.time[i] ?? NaN;
    const value = columns.value[i] ?? NaN;
    const hole = holeBetween(declared, columns.time[i - 1] ?? -Infinity, timeMs);
    const breakMs = hole && Math.max(columns.time[i - 1] ?? -Infinity, hole.fromMs);
    const heldUntilMs = breakMs ?? (Number.isNaN(value) ? timeMs : undefined);
    const held = columns.value[i - 1] ?? NaN;
    if (heldUntilMs !== undefined && !Number.isNaN(held) && heldUntilMs > window.fromMs)
      push(heldUntilMs, held, held, held);
    if (hole && breakMs !== undefined) {
      push(Math.max(breakMs, window.fromMs), NaN, NaN, NaN);
      if (!Number.isNaN(held) && hole.toMs + HOLE_STEP_MS < timeMs) push(hole.toMs, held, held, held);
    }
    push(Math.max(timeMs, window.fromMs), value, columns.lo[i] ?? value, columns.hi[i] ?? value);
    if (Number.isNaN(value) && Number.isNaN(badSinceMs)) badSinceMs = timeMs;
    else if (!Number.isNaN(value) && !Number.isNaN(badSinceMs)) {
      holes.push({ fromMs: badSinceMs, toMs: timeMs, cause: 'bad' });
      badSinceMs = NaN;
    }
  }
  closeAtNow(columns, { ...window, declared }, push);
  // Of a dead path nothing more is said: that the agent marks its values as bad is the same news.
  const badUntilMs = Math.min(window.toMs, window.deadSinceMs ?? Infinity);
  if (badSinceMs < badUntilMs) holes.push({ fromMs: badSinceMs, toMs: badUntilMs, cause: 'bad' });
  if (window.deadSinceMs !== undefined && window.deadSinceMs < window.toMs)
    holes.push({ fromMs: window.deadSinceMs, toMs: window.toMs, cause: 'stale' });
  const firstMs = Math.min(columns.time[0] ?? Infinity, ...holes.map(({ fromMs }) => fromMs));
  return { ...out, holes, knownFromMs: Math.min(window.toMs, Math.max(window.fromMs, firstMs)) };
}

function closeAtNow(
  columns: SampleColumns,
  window: TrendWindow & { readonly declared: readonly TrendHole[] },
  push: (timeMs: number, value: number, lo: number, hi: number) => void,
): void {
  const last = columns.value[columns.value.length - 1];
  if (last === undefined || Number.isNaN(last)) return;
  const lastMs = columns.time[columns.time.length - 1] ?? NaN;
  const aliveUntilMs = window.deadSinceMs ?? window.toMs;
  const hole = holeBetween(window.declared, lastMs, aliveUntilMs);
  const untilMs = hole ? Math.max(lastMs, hole.fromMs) : aliveUntilMs;
  if (untilMs > lastMs && untilMs > window.fromMs) push(untilMs, last, last, last);
  if (!hole || hole.toMs >= aliveUntilMs) return;
  push(Math.max(untilMs, window.fromMs), NaN, NaN, NaN);
  push(hole.toMs, last, last, last);
  push(aliveUntilMs, last, last, last);
}

/** What is longer than this without a sample, within a declared hole, was not read. */
const HOLE_STEP_MS = 5_000;

/**
 * The last declared hole that breaks the line between two neighbouring samples: nothing holds inside it. Where samples lie close
 * inside, the hole was filled there. A while after it the value holds again: reading a machine begins with all its values, and
 * one that had changed would have a sample of its own.
 */
function holeBetween(holes: readonly TrendHole[], fromMs: number, toMs: number): TrendHole | undefined {
  let found: TrendHole | undefined;
  for (const hole of holes) {
    const overlapMs = Math.min(toMs, hole.toMs) - Math.max(fromMs, hole.fromMs);
    const isOpen = overlapMs > 0 && overlapMs >= Math.min(HOLE_STEP_MS, (hole.toMs - hole.fromMs) / 2);
    if (isOpen) found = found ? { ...hole, fromMs: found.fromMs } : hole;
  }
  return found;
}

function gapsWithin(gaps: readonly TrendGap[], window: TrendWindow): TrendHole[] {
  return gaps
    .filter((gap) => gap.toMs > window.fromMs && gap.fromMs < window.toMs)
    .map(({ fromMs, toMs, cause }) => ({
      fromMs: Math.max(fromMs, window.fromMs),
      toMs: Math.min(toMs, window.toMs),
      cause,
    }))
    .sort((a, b) => a.fromMs - b.fromMs);
}
