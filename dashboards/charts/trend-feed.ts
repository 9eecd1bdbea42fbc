import type { ApiClient } from '../api/client.ts';
import type { ColumnsAnswer, SeriesColumns } from '../api/columns.ts';
import type { CoreClock } from '../live-core/clock.ts';
import type { LiveStore, Slot, SlotListener } from '../live-core/live-store.ts';
import type { GapBook } from '../app/gap-book.ts';
import { TrendSeries } from '../live-core/trend-series.ts';
import type { TrendGap, TrendHistory } from '../live-core/trend-series.ts';
import type { SampleColumns } from '../live-core/sample-ring.ts';

const RETRY_MS = 3_000;
/** Without a first live sample (a signal that never spoke) history is asked for all the same. */
const WAIT_FOR_LIVE_MS = 1_500;
const BAD = 0x8000_0000;

export interface TrendFeedOptions {
  readonly api: ApiClient;
  readonly store: LiveStore;
  readonly clock: CoreClock;
  /** `site/machine/path` */
  readonly signal: string;
  readonly gaps: Pick<GapBook, 'of' | 'use' | 'listen'>;
  readonly onBackfill: (listener: (machine: string | undefined) => void) => () => void;
  /** Something new is to be drawn. */
  readonly onChange: () => void;
}

/** `loading`: history of the chosen range is on its way; what is drawn meanwhile is what there was. */
export type HistoryState = 'loading' | 'ready' | 'failed';

/** Feeds one trend: live samples at once, history as soon as the join is known, again after every reconnect. */
export class TrendFeed implements SlotListener {
  readonly series = new TrendSeries();
  readonly #options: TrendFeedOptions;
  readonly #slot: Slot;
  #range: { readonly spanMs: number; readonly points: number } | undefined;
  #unlisten: () => void = () => {};
  #cancelTimer: () => void = () => {};
  #abort: AbortController | undefined;
  #waiting = false;
  #again = false;
  readonly #undo: (() => void)[] = [];
  state: HistoryState = 'loading';

  constructor(options: TrendFeedOptions) {
    this.#options = options;
    this.#slot = options.store.slotOf(options.signal);
  }

  start(): void {
    const { store, signal, gaps, onBackfill, onChange } = this.#options;
    this.#unlisten = store.listen(this.#slot, this);
    this.#undo.push(
      gaps.use(signal),
      gaps.listen(onChange),
      onBackfill((machine) => {
        if (machine === undefined || signal.startsWith(`${machine}/`)) this.#reload();
      }),
    );
  }

  stop(): void {
    this.#unlisten();
    for (const undo of this.#undo.splice(0)) undo();
    this.#cancelTimer();
    this.#abort?.abort();
  }

  /** Another range, or the first. `points`: about one a pixel. */
  show(spanMs: number, points: number): void {
    const before = this.#range;
    this.#range = { spanMs, points };
    this.series.foldTo(spanMs / points);
    // What was kept for wider columns is too coarse now: history holds it finer.
    if (before && spanMs / points < before.spanMs / before.points) this.#again = true;
    this.#whenLive();
  }

  /** Declared holes: those of the whole day as they are now, else what came with the history. */
  get gaps(): readonly TrendGap[] {
    return this.#options.gaps.of(this.#options.signal) ?? this.series.gaps;
  }

  /** Samples of the past arrived: what is drawn stays until all of it is read again. */
  #reload(): void {
    if (this.state !== 'ready') return;
    this.#again = true;
    void this.#load();
  }

  /** The live connection came back. */
  reconnect(): void {
    this.series.reconnect();
    this.#whenLive();
  }

  onValue(slot: Slot): void {
    const { store } = this.#options;
    const value = store.values[slot];
    const good = (store.status[slot] ?? 0) < BAD;
    const number = typeof value === 'boolean' ? Number(value) : value;
    const shown = good && typeof number === 'number' ? number : NaN;
    this.series.pushLive(
      store.times[slot] ?? NaN,
      shown,
      good ? store.lo[slot] : NaN,
      good ? store.hi[slot] : NaN,
    );
    if (this.#waiting) void this.#load();
    else if (this.series.wantsHistory && this.state === 'ready') void this.#load();
    this.#options.onChange();
  }

  #whenLive(): void {
    this.state = 'loading';
    this.#cancelTimer();
    if (!Number.isNaN(this.series.cutMs)) {
      void this.#load();
      return;
    }
    this.#waiting = true;
    this.#cancelTimer = this.#options.clock.after(WAIT_FOR_LIVE_MS, () => void this.#load());
  }

  async #load(): Promise<void> {
    const range = this.#range;
    this.#waiting = false;
    this.#cancelTimer();
    this.#abort?.abort();
    if (!range) return;
    this.state = 'loading';
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const history = await this.#fetch(range, abort.signal);
      if (abort.signal.aborted) return;
      this.series.setHistory(history);
      this.state = 'ready';
    } catch {
      if (abort.signal.aborted) return;
      this.state = 'failed';
      this.#cancelTimer = this.#options.clock.after(RETRY_MS, () => void this.#load());
    }
    this.#options.onChange();
  }

  async #fetch(
    range: { readonly spanMs: number; readonly points: number },
    signal: AbortSignal,
  ): Promise<TrendHistory> {
    const { api, store } = this.#options;
    const nowMs = store.serverClock.now();
    const fromMs = nowMs - range.spanMs;
    const lastLiveMs = this.series.wantsHistory || this.#again ? this.series.lastMs : this.series.cutMs;
    this.#again = false;
    this.series.seal();
    const cutMs = Number.isNaN(lastLiveMs) ? nowMs : lastLiveMs;
    // A constant signal's last sample may be older than the range: then history holds none of it, the ring keeps it.
    const inRange = cutMs > fromMs;
    const toMs = inRange ? cutMs + 1 : nowMs;
    const answer = await api.samples(
      { signals: [this.#options.signal], fromMs, toMs, maxPoints: range.points },
      signal,
    );
    return toHistory(answer, inRange ? cutMs : cutMs - 1);
  }
}

export function toHistory(answer: ColumnsAnswer, throughMs: number): TrendHistory {
  const series = answer.series[0];
  return {
    columns: series ? toColumns(series) : toColumns({ signal: '', mode: 'raw', count: 0, columns: {} }),
    gaps: answer.gaps.map((gap) => ({
      fromMs: Date.parse(gap.from),
      toMs: Date.parse(gap.to),
      cause: gap.cause,
    })),
    throughMs,
  };
}

function toColumns({ mode, count, columns }: SeriesColumns): SampleColumns {
  const column = (name: string): Float64Array => columns[name] ?? new Float64Array(count).fill(NaN);
  const time = column('t');
  if (mode === 'buckets') return { time, value: column('mean'), lo: column('min'), hi: column('max') };
  const status = columns['statusCode'];
  const value = column('value').map((number, i) => ((status?.[i] ?? 0) < BAD ? number : NaN));
  return { time, value, lo: value, hi: value };
}
