import {
  clearExtremes,
  createExtremes,
  encodeColumns,
  mergeExtremes,
  type Extremes,
  type FrameColumns,
} from './frame-columns.ts';
import type { Feed } from './feed.ts';
import type { LiveValues } from './live-values.ts';

export interface Turn {
  readonly values: LiveValues;
  readonly serverMs: number;
  readonly monotonicMs: number;
  /** Half the time between two turns. */
  readonly toleranceMs: number;
  /** All changes up to this tick are complete. */
  readonly completeTick: number;
}

/**
 * A connection's part in a feed. While the connection has no credit the feed's emissions are conflated here to the
 * last value and the extremes: memory is bounded by the number of its signals.
 */
export class Subscription {
  readonly number: number;
  readonly tags: readonly string[];
  readonly feed: Feed;
  readonly unknown: readonly string[];
  #seenTick = 0;
  #snapshotDue = true;
  #behind = false;
  #missed: Extremes | undefined;

  constructor(number: number, tags: readonly string[], feed: Feed, unknown: readonly string[]) {
    this.number = number;
    this.tags = tags;
    this.feed = feed;
    this.unknown = unknown;
  }

  get snapshotDue(): boolean {
    return this.#snapshotDue;
  }

  /** Whether something waits for a credit. */
  get waiting(): boolean {
    return this.#snapshotDue || this.#behind;
  }

  /** The feed is due and there is no credit: keeps what would be lost. */
  miss(): void {
    if (this.#snapshotDue) return;
    this.#behind = true;
    if (!this.feed.extremes) return;
    this.#missed ??= createExtremes(this.feed.signals.length);
    mergeExtremes(this.#missed, this.feed.extremes);
  }

  /** What is to be sent now; `undefined` when nothing is. */
  take(turn: Turn): FrameColumns | undefined {
    if (this.#snapshotDue) return this.#snapshot(turn);
    if (this.#behind) return this.#catchUp(turn);
    if (!this.feed.due) return undefined;
    if (this.#seenTick !== this.feed.emittedTick) return this.#catchUp(turn);
    this.#seenTick = turn.completeTick;
    return this.feed.sharedColumns(turn.values, turn.serverMs);
  }

  #snapshot({ values, serverMs, completeTick }: Turn): FrameColumns {
    this.#snapshotDue = false;
    this.#behind = false;
    this.#seenTick = completeTick;
    return encodeColumns(values, { signals: this.feed.signals, sinceTick: 0, serverMs, extremes: undefined });
  }

  #catchUp({ values, serverMs, completeTick }: Turn): FrameColumns {
    const { feed } = this;
    if (feed.extremes) {
      this.#missed ??= createExtremes(feed.signals.length);
      if (feed.due) mergeExtremes(this.#missed, feed.extremes);
    }
    const columns = encodeColumns(values, {
      signals: feed.signals,
      sinceTick: this.#seenTick,
      serverMs,
      extremes: this.#missed,
    });
    if (this.#missed) clearExtremes(this.#missed);
    this.#behind = false;
    this.#seenTick = completeTick;
    return columns;
  }
}
