import { SampleRing, emptyColumns } from './sample-ring.ts';
import type { SampleColumns } from './sample-ring.ts';

/** A declared hole, ms since 1970. */
export interface TrendGap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cause: string;
}

/** A stretch of history as the API gave it: `value` NaN where no good sample was. */
export interface TrendHistory {
  readonly columns: SampleColumns;
  readonly gaps: readonly TrendGap[];
  /** Everything up to and including this time is in `columns`, as far as it exists. */
  readonly throughMs: number;
}

const LIVE_CAPACITY = 8_192;

/**
 * One signal's trend: history and live samples joined without hole or double. The order of things makes it so:
 * first subscribe and collect live samples here, then load history through the time of the first live one
 * (`cutMs`); what history holds is taken from history, what is newer from the ring. Replacing the history (another
 * range, a refresh) keeps the old picture until the new one is here.
 */
export class TrendSeries {
  readonly #live = new SampleRing(LIVE_CAPACITY);
  #history: TrendHistory = { columns: emptyColumns(0), gaps: [], throughMs: -Infinity };
  #firstLiveMs = NaN;

  /** Time of the first live sample since the beginning or {@link reconnect}; NaN while there is none. */
  get cutMs(): number {
    return this.#firstLiveMs;
  }

  get gaps(): readonly TrendGap[] {
    return this.#history.gaps;
  }

  get lastMs(): number {
    return this.#live.length > 0 ? this.#live.lastTime : lastOf(this.#history.columns.time);
  }

  /** True when live samples will soon push out what history does not hold yet: load it again. */
  get wantsHistory(): boolean {
    return this.#live.length > (LIVE_CAPACITY * 3) / 4;
  }

  pushLive(timeMs: number, value: number, lo = value, hi = value): boolean {
    if (Number.isNaN(this.#firstLiveMs)) this.#firstLiveMs = timeMs;
    if (timeMs <= this.#history.throughMs) return false;
    return this.#live.push(timeMs, value, lo, hi);
  }

  /** The connection was away: what came before stays drawn, and history has to be loaded through the new cut. */
  reconnect(): void {
    this.#firstLiveMs = NaN;
  }

  setHistory(history: TrendHistory): void {
    this.#history = history;
    this.#live.dropThrough(history.throughMs);
  }

  /** All of it from `fromMs` on (with the one sample before, whose value holds at the edge), oldest first. */
  columns(fromMs: number): SampleColumns {
    const past = this.#history.columns;
    let first = 0;
    while (first + 1 < past.time.length && (past.time[first + 1] ?? 0) <= fromMs) first += 1;
    const kept = past.time.length - first;
    const out = emptyColumns(kept + this.#live.length);
    for (const column of ['time', 'value', 'lo', 'hi'] as const)
      out[column].set(past[column].subarray(first));
    let at = kept;
    this.#live.forEach((timeMs, value, lo, hi) => {
      out.time[at] = timeMs;
      out.value[at] = value;
      out.lo[at] = lo;
      out.hi[at] = hi;
      at += 1;
    });
    return out;
  }
}

const lastOf = (column: Float64Array): number => column[column.length - 1] ?? NaN;
