import { useEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { SignalInfo } from '../../api/model.ts';
import { deadSince, useCore } from '../../app/core-context.ts';
import { link } from '../../app/core.ts';
import type { Exploration, RangeName } from '../../app/route.ts';
import { goTo } from '../../app/router.ts';
import type { MultiTrend } from '../../charts/multi-trend.ts';
import { palette } from '../../charts/palette.ts';
import { beginningText, timeLabel } from '../../charts/time-label.ts';
import type { HistoryState } from '../../charts/trend-feed.ts';
import { digitsOf, formatNumber, unitOf } from '../../i18n/format.ts';
import { locale } from '../../i18n/i18n.ts';
import type { Painter } from '../../live-core/scheduler.ts';
import { ExploreFeeds } from './explore-feeds.ts';
import { LegendModel } from './legend-model.ts';
import { dashOf } from './line-look.ts';

/** Several signals are dearer than one: twice a second is enough for the eye. All pictures of a page in the same rounds: each frame has its price. */
const REDRAW_EVERY_MS = 500;

interface ExplorationOptions {
  readonly at: Exploration;
  readonly range: RangeName;
  readonly signals: readonly SignalInfo[];
  readonly chart: { current: MultiTrend | null };
}

interface UsedExploration {
  readonly host: RefObject<HTMLDivElement>;
  readonly legend: LegendModel;
  readonly status: HistoryState;
}

/** Feeds, chart and legend of one set of signals, for as long as it is on the screen. */
export function useExploration(options: ExplorationOptions): UsedExploration {
  const { at, range, signals } = options;
  const host = useRef<HTMLDivElement>(null);
  const [legend] = useState(() => new LegendModel(signals));
  const { feeds, status } = useFeeds(options, legend);
  useChart(options, host, legend);
  const { window, overlay } = at;
  useEffect(() => {
    const points = Math.max(200, Math.min(2_000, host.current?.clientWidth ?? 1_000));
    feeds.current?.show({ range, window, overlay, points });
  }, [range, window?.fromMs, window?.toMs, overlay, keyOf(signals)]);
  return { host, legend, status };
}

const keyOf = (signals: readonly SignalInfo[]): string => signals.map(({ id }) => id).join(' ');

function useFeeds(
  { signals, chart }: ExplorationOptions,
  legend: LegendModel,
): { readonly feeds: { readonly current: ExploreFeeds | null }; readonly status: HistoryState } {
  const core = useCore();
  const feeds = useRef<ExploreFeeds | null>(null);
  const [status, setStatus] = useState<HistoryState>('loading');
  useEffect(() => {
    let paintedRound = -1;
    const painter: Painter = {
      paint() {
        const round = Math.floor(core.clock.monotonic() / REDRAW_EVERY_MS);
        if (!feeds.current || !chart.current || round === paintedRound) return;
        paintedRound = round;
        const trends = feeds.current.trends();
        const { window, state, shiftMs } = feeds.current;
        chart.current.setData(trends, { ...window, isWhole: state === 'ready' }, shiftMs);
        legend.show(trends, feeds.current.shiftMs);
        setStatus(feeds.current.state);
      },
    };
    const made = new ExploreFeeds({
      ...core,
      signals: signals.map(({ id }) => id),
      onChange: () => core.scheduler.trend(painter),
      deadSinceMs: (id) => deadSince(core, id.split('/').slice(0, 2).join('/')),
    });
    feeds.current = made;
    made.start();
    const stopTicks = core.scheduler.everyText({ paint: () => core.scheduler.trend(painter) });
    let wasLive = link.peek() === 'live';
    const stopLink = link.subscribe((state) => {
      if (state === 'live' && !wasLive) made.reconnect();
      wasLive = state === 'live';
    });
    return () => {
      stopLink();
      stopTicks();
      core.scheduler.forget(painter);
      made.stop();
    };
  }, [core, keyOf(signals)]);
  return { feeds, status };
}

/** uPlot comes as a chunk of its own, with the first picture. */
function useChart(
  { at, signals, chart }: ExplorationOptions,
  host: RefObject<HTMLDivElement>,
  legend: LegendModel,
): void {
  const language = locale.value;
  const place = useRef(at);
  place.current = at;
  useEffect(() => {
    let gone = false;
    const stopPalette = palette.subscribe(() => chart.current?.redraw());
    void import('../../charts/multi-trend.ts').then(({ MultiTrend: Chart }) => {
      if (gone || !host.current) return;
      const made = new Chart({
        host: host.current,
        palette: () => palette.peek(),
        series: signals.map((signal, i) => ({
          colour: () => palette.peek().lines[i] ?? '#000000',
          dash: dashOf(i),
          axis: unitOf(signal),
          formatValue: (value) => formatNumber(value, Math.min(digitsOf(signal, value), 3)),
        })),
        formatTime: timeLabel,
        beginningText,
        onCursor: (timeMs) => legend.point(timeMs),
        onSelect: (fromMs, toMs) => goTo({ ...place.current, window: { fromMs, toMs } }, 'push'),
      });
      made.start();
      chart.current = made;
    });
    return () => {
      gone = true;
      stopPalette();
      chart.current?.stop();
      chart.current = null;
    };
  }, [keyOf(signals), language]);
}
