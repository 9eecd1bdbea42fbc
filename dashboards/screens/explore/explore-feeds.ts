import { RANGE_MS } from '../../app/route.ts';
import type { Overlay, RangeName, TimeWindow } from '../../app/route.ts';
import { NO_TREND, buildTrend } from '../../charts/trend-data.ts';
import type { TrendData } from '../../charts/trend-data.ts';
import { TrendFeed, toHistory } from '../../charts/trend-feed.ts';
import type { HistoryState, TrendFeedOptions } from '../../charts/trend-feed.ts';
import type { TrendHistory } from '../../live-core/trend-series.ts';

const DAY_MS = 86_400_000;
/** An overlay of a moving window is loaded this much further than it is shown, and again when that is used up. */
const AHEAD_SHARE = 0.25;
const RETRY_MS = 3_000;

/** What is to be shown: a range that ends now, or a stretch that stands still, and another time under it. */
export interface ExploreView {
  readonly range: RangeName;
  readonly window: TimeWindow | undefined;
  readonly overlay: Overlay | undefined;
  /** About one a pixel. */
  readonly points: number;
}

export interface ExploredTrend {
  readonly data: TrendData;
  /** The overlay's, in its own time; `shiftMs` later it lies under `data`. */
  readonly overlay: TrendData | undefined;
}

export interface ExploreFeedsOptions extends Omit<TrendFeedOptions, 'signal'> {
  readonly signals: readonly string[];
  /** Since when nothing is known of the signal; undefined = its path is alive. */
  readonly deadSinceMs: (signal: string) => number | undefined;
}

/** Feeds several signals' common picture, live or of the past. What is drawn stays until its replacement is here. */
export class ExploreFeeds {
  readonly #options: ExploreFeedsOptions;
  readonly #live: readonly TrendFeed[];
  readonly #past: Stretch;
  readonly #overlay: Stretch;
  #view: ExploreView | undefined;
  #drawnWindow: TimeWindow | undefined;

  constructor(options: ExploreFeedsOptions) {
    this.#options = options;
    this.#live = options.signals.map((signal) => new TrendFeed({ ...options, signal }));
    this.#past = new Stretch(options);
    this.#overlay = new Stretch(options);
  }

  start(): void {
    for (const feed of this.#live) feed.start();
  }

  stop(): void {
    for (const feed of this.#live) feed.stop();
    this.#past.stop();
    this.#overlay.stop();
  }

  reconnect(): void {
    for (const feed of this.#live) feed.reconnect();
  }

  get state(): HistoryState {
    const states = this.#view?.window ? [this.#past.state] : this.#live.map((feed) => feed.state);
    if (this.#view?.overlay) states.push(this.#overlay.state);
    return (
      states.find((state) => state === 'failed') ?? states.find((state) => state === 'loading') ?? 'ready'
    );
  }

  /** ms by which the overlay lies in the past. */
  get shiftMs(): number {
    const { overlay, range, window } = this.#view ?? {};
    if (overlay === 'day') return DAY_MS;
    if (overlay === 'week') return 7 * DAY_MS;
    return window ? window.toMs - window.fromMs : RANGE_MS[range ?? '10m'];
  }

  show(view: ExploreView): void {
    const before = this.#view;
    this.#view = view;
    if (view.window) this.#past.load(view.window, view.points);
    else if (before?.window || before?.range !== view.range || before.points !== view.points)
      for (const feed of this.#live) feed.show(RANGE_MS[view.range], view.points);
    if (view.overlay) this.#loadOverlay(view);
    else this.#overlay.clear();
  }

  /** The stretch that {@link trends} draws now. */
  get window(): TimeWindow {
    const now = this.#options.store.serverClock.now();
    const { window, range } = this.#view ?? {};
    if (!window) return { fromMs: now - RANGE_MS[range ?? '10m'], toMs: now };
    if (this.#past.loaded && sameWindow(this.#past.loaded, window)) this.#drawnWindow = window;
    return this.#drawnWindow ?? window;
  }

  /** One for each signal, in their order. */
  trends(): readonly ExploredTrend[] {
    const { fromMs, toMs } = this.window;
    const shift = this.shiftMs;
    const view = this.#view;
    if (view?.overlay && !view.window) this.#keepAhead(view, toMs);
    return this.#options.signals.map((signal, i): ExploredTrend => {
      const overlay = view?.overlay
        ? this.#overlay.trend(i, { fromMs: fromMs - shift, toMs: toMs - shift })
        : undefined;
      const data = view?.window
        ? this.#past.trend(i, { fromMs, toMs })
        : this.#liveTrend(i, { fromMs, toMs, deadSinceMs: this.#options.deadSinceMs(signal) });
      return { data: data ?? NO_TREND, overlay };
    });
  }

  #liveTrend(i: number, window: TimeWindow & { deadSinceMs: number | undefined }): TrendData | undefined {
    const feed = this.#live[i];
    return feed && buildTrend(feed.series.columns(window.fromMs), feed.gaps, window);
  }

  #keepAhead(view: ExploreView, nowMs: number): void {
    const { loaded, state } = this.#overlay;
    if (state === 'ready' && loaded && loaded.toMs < nowMs - this.shiftMs) this.#loadOverlay(view);
  }

  #loadOverlay({ points }: ExploreView): void {
    const { fromMs, toMs } = this.#view?.window ?? this.window;
    const aheadMs = this.#view?.window ? 0 : (toMs - fromMs) * AHEAD_SHARE;
    const shift = this.shiftMs;
    const now = this.#options.store.serverClock.now();
    this.#overlay.load({ fromMs: fromMs - shift, toMs: Math.min(now, toMs - shift + aheadMs) }, points);
  }
}

const sameWindow = (a: TimeWindow, b: TimeWindow): boolean => a.fromMs === b.fromMs && a.toMs === b.toMs;

/** A stretch of the past of all signals, loaded at once. */
class Stretch {
  readonly #options: ExploreFeedsOptions;
  #histories: readonly TrendHistory[] = [];
  #abort: AbortController | undefined;
  #cancelTimer: () => void = () => {};
  #asked: TimeWindow | undefined;
  loaded: TimeWindow | undefined;
  state: HistoryState = 'ready';

  constructor(options: ExploreFeedsOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#cancelTimer();
    this.#abort?.abort();
  }

  clear(): void {
    this.stop();
    this.#histories = [];
    this.#asked = undefined;
    this.loaded = undefined;
    this.state = 'ready';
  }

  load(window: TimeWindow, points: number): void {
    if (this.#asked && sameWindow(this.#asked, window) && this.state !== 'failed') return;
    this.stop();
    this.#asked = window;
    this.state = 'loading';
    const abort = new AbortController();
    this.#abort = abort;
    const { api, signals, onChange, clock } = this.#options;
    api.samples({ signals, ...window, maxPoints: points }, abort.signal).then(
      ({ series, gaps }) => {
        if (abort.signal.aborted) return;
        this.#histories = series.map((each) => toHistory({ series: [each], gaps }, window.toMs));
        this.loaded = window;
        this.state = 'ready';
        onChange();
      },
      () => {
        if (abort.signal.aborted) return;
        this.state = 'failed';
        this.#cancelTimer = clock.after(RETRY_MS, () => this.load(window, points));
        onChange();
      },
    );
  }

  /** The past ends where it was loaded to: a value holds until then, not further. */
  trend(i: number, { fromMs, toMs }: TimeWindow): TrendData | undefined {
    const history = this.#histories[i];
    if (!history || !this.loaded) return undefined;
    const now = this.#options.store.serverClock.now();
    const untilMs = Math.min(toMs, this.loaded.toMs, now);
    const within = history.columns.time.findLastIndex((timeMs) => timeMs <= toMs) + 1;
    const columns = {
      time: history.columns.time.subarray(0, within),
      value: history.columns.value.subarray(0, within),
      lo: history.columns.lo.subarray(0, within),
      hi: history.columns.hi.subarray(0, within),
    };
    return buildTrend(columns, history.gaps, { fromMs, toMs: untilMs, deadSinceMs: undefined });
  }
}
