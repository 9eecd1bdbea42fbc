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
  #lastLiveMs = -Infinity;
  #foldMs = 0;
  #isSealed = true;

  /**
   * Samples of one such stretch of time are kept as one with the least and greatest of them: what a column of pixels shows of them.
   * 0 = each by itself. What is held already stays as it is.
   */
  foldTo(widthMs: number): void {
    this.#foldMs = widthMs;
  }

  /** History will be loaded through what is here now: what comes later is kept apart from it. */
  seal(): void {
    this.#isSealed = true;
  }

  /** Time of the first live sample since the beginning or {@link reconnect}; NaN while there is none. */
  get cutMs(): number {
    return this.#firstLiveMs;
  }

  get gaps(): readonly TrendGap[] {
    return this.#history.gaps;
  }

  get lastMs(): number {
    return this.#live.length > 0 ? this.#lastLiveMs : lastOf(this.#history.columns.time);
  }

  /** True when live samples will soon push out what history does not hold yet: load it again. */
  get wantsHistory(): boolean {
    return this.#live.length > (LIVE_CAPACITY * 3) / 4;
  }

  pushLive(timeMs: number, value: number, lo = value, hi = value): boolean {
    if (Number.isNaN(this.#firstLiveMs)) this.#firstLiveMs = timeMs;
    if (timeMs <= this.#history.throughMs || timeMs <= this.#lastLiveMs) return false;
    this.#lastLiveMs = timeMs;
    if (this.#folds(timeMs, value)) this.#live.fold(value, lo, hi);
    else this.#live.push(timeMs, value, lo, hi);
    // History comes through the first sample: nothing later may hide behind its time.
    this.#isSealed = timeMs === this.#firstLiveMs;
    return true;
  }

  #folds(timeMs: number, value: number): boolean {
    if (this.#isSealed || this.#foldMs === 0 || Number.isNaN(value) || Number.isNaN(this.#live.lastValue))
      return false;
    return Math.floor(timeMs / this.#foldMs) === Math.floor(this.#live.lastTime / this.#foldMs);
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
