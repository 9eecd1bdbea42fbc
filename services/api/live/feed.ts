import { createHash } from 'node:crypto';
import {
  clearExtremes,
  createExtremes,
  encodeColumns,
  type Extremes,
  type FrameColumns,
} from './frame-columns.ts';
import type { LiveValues } from './live-values.ts';

export type LiveMode = 'last' | 'minmax';

export interface FeedKey {
  readonly mode: LiveMode;
  readonly rateHz: number;
  readonly signals: Int32Array;
}

/**
 * One set of signals at one rate, whoever subscribes to it: encoded once per emission. Feeds of one rate are due in
 * the same turn, so that the subscriptions of a connection share a frame.
 */
export class Feed {
  readonly signals: Int32Array;
  readonly mode: LiveMode;
  readonly rateHz: number;
  readonly extremes: Extremes | undefined;
  readonly #periodMs: number;
  due = false;
  /** Tick of the emission before this one: who has seen it may take the shared columns. */
  emittedTick: number;
  #nextDueMs: number;
  #shared: FrameColumns | undefined;

  constructor(key: FeedKey, tick: number, monotonicMs: number) {
    this.signals = key.signals;
    this.mode = key.mode;
    this.rateHz = key.rateHz;
    this.extremes = key.mode === 'minmax' ? createExtremes(key.signals.length) : undefined;
    this.#periodMs = 1_000 / key.rateHz;
    this.emittedTick = tick - 1;
    this.#nextDueMs = this.#following(monotonicMs);
  }

  static keyText({ mode, rateHz, signals }: FeedKey): string {
    const bytes = new Uint8Array(signals.buffer, signals.byteOffset, signals.byteLength);
    return `${mode} ${rateHz} ${createHash('sha1').update(bytes).digest('base64')}`;
  }

  /** Due times are multiples of the period on the monotonic clock. */
  #following(monotonicMs: number): number {
    return (Math.floor(monotonicMs / this.#periodMs) + 1) * this.#periodMs;
  }

  /** Before a tick ends: takes its extremes. */
  collect(values: LiveValues): void {
    if (this.extremes && !Number.isNaN(values.tickBeganAt)) this.#collect(values, this.extremes);
  }

  /** First half of a turn: says whether the feed is due. */
  beginTurn(monotonicMs: number, toleranceMs: number): void {
    this.due = monotonicMs + toleranceMs >= this.#nextDueMs;
    this.#shared = undefined;
  }

  #collect(values: LiveValues, { lo, hi }: Extremes): void {
    const { tick, changed } = values;
    for (let slot = 0; slot < this.signals.length; slot += 1) {
      const no = this.signals[slot] ?? 0;
      if (changed[no] !== tick) continue;
      const low = values.lo[no] ?? Infinity;
      const high = values.hi[no] ?? -Infinity;
      if (low < (lo[slot] ?? Infinity)) lo[slot] = low;
      if (high > (hi[slot] ?? -Infinity)) hi[slot] = high;
    }
  }

  /** What changed since the last emission; the same text for everybody in this turn. */
  sharedColumns(values: LiveValues, serverMs: number): FrameColumns {
    this.#shared ??= encodeColumns(values, {
      signals: this.signals,
      sinceTick: this.emittedTick,
      serverMs,
      extremes: this.extremes,
    });
    return this.#shared;
  }

  /** Second half of a turn, when everybody has taken or missed the emission. */
  endTurn(tick: number, monotonicMs: number, toleranceMs: number): void {
    if (!this.due) return;
    this.due = false;
    this.emittedTick = tick;
    this.#nextDueMs = this.#following(monotonicMs + toleranceMs);
    if (this.extremes) clearExtremes(this.extremes);
  }
}
