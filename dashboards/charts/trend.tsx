import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isNumeric } from '../api/model.ts';
import type { SignalInfo } from '../api/model.ts';
import { deadSince, useCore } from '../app/core-context.ts';
import { link } from '../app/core.ts';
import { RANGE_MS } from '../app/route.ts';
import type { RangeName } from '../app/route.ts';
import { rangeKey } from './range-key.ts';
import { Value } from '../frame/value.tsx';
import { digitsOf, formatClock, formatNumber, formatReading, largerUnit } from '../i18n/format.ts';
import { locale, t, word } from '../i18n/i18n.ts';
import { signalName } from '../i18n/signal-names.ts';
import type { Painter } from '../live-core/scheduler.ts';
import { palette } from './palette.ts';
import { beginningText, timeLabel } from './time-label.ts';
import { NO_TREND, buildTrend } from './trend-data.ts';
import type { TrendData } from './trend-data.ts';
import { TrendFeed } from './trend-feed.ts';
import { TrendTable } from './trend-table.tsx';
import type { UplotTrend } from './uplot-trend.ts';

const KEY_STEP_PX = 4;

export interface TrendProps {
  readonly signal: SignalInfo;
  readonly range: RangeName;
  readonly onClose: () => void;
}

/** A signal's trend with its live value, the reading under the cursor, and the same as a table. */
export function Trend({ signal, range, onClose }: TrendProps): JSX.Element {
  const readout = useRef<HTMLSpanElement>(null);
  const { host, chart, data, status } = useTrend(signal, range, readout);
  const name = signalName(signal);
  const move = (event: KeyboardEvent): void => {
    const direction = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (direction === 0) return;
    event.preventDefault();
    chart.current?.moveCursor(direction * KEY_STEP_PX * (event.shiftKey ? 10 : 1));
  };
  return (
    <section class="trend panel" aria-label={t('trend.of', { name, range: t(rangeKey(range)) })}>
      <header class="trend-head">
        <h3>{name}</h3>
        <span class="readout" ref={readout} aria-live="off" />
        <Value signal={signal} />
        <button
          type="button"
          class="quiet"
          aria-label={t('trend.hide', { name })}
          title={t('trend.hide', { name })}
          onClick={onClose}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true" class="cross">
            <path d="M4 4l8 8M12 4l-8 8" />
          </svg>
        </button>
      </header>
      <div
        class="trend-plot"
        ref={host}
        role="img"
        tabIndex={0}
        aria-label={`${t('trend.of', { name, range: t(rangeKey(range)) })}. ${t('trend.keys')}`}
        onKeyDown={move}
        onBlur={() => chart.current?.clearCursor()}
      />
      <TrendTable data={data} signal={signal} status={status} />
    </section>
  );
}

function useTrend(signal: SignalInfo, range: RangeName, readout: { readonly current: HTMLElement | null }) {
  const core = useCore();
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<UplotTrend | null>(null);
  const data = useRef<TrendData>(NO_TREND);
  const feed = useRef<TrendFeed | null>(null);
  const spanMs = useRef(RANGE_MS[range]);
  const [status, setStatus] = useState<TrendFeed['state']>('loading');
  const language = locale.value;
  spanMs.current = RANGE_MS[range];

  useEffect(() => {
    const painter: Painter = {
      paint() {
        const now = core.store.serverClock.now();
        const fromMs = now - spanMs.current;
        const source = feed.current;
        if (!source || !chart.current) return;
        const window = { fromMs, toMs: now, deadSinceMs: deadSince(core, signal.machine) };
        data.current = buildTrend(source.series.columns(fromMs), source.gaps, window);
        chart.current.setData(data.current, { fromMs, toMs: now, isWhole: source.state === 'ready' });
        setStatus(source.state);
      },
    };
    const made = new TrendFeed({ ...core, signal: signal.id, onChange: () => core.scheduler.trend(painter) });
    feed.current = made;
    made.start();
    const stopChart = mountChart({ host, chart, signal, readout, painter });
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
      stopChart();
      made.stop();
    };
  }, [core, signal.id, language]);

  useEffect(() => {
    feed.current?.show(RANGE_MS[range], Math.max(200, Math.min(2_000, host.current?.clientWidth ?? 700)));
  }, [range, signal.id, language]);
  return { host, chart, data, status };
}

interface MountOptions {
  readonly host: { readonly current: HTMLElement | null };
  readonly chart: { current: UplotTrend | null };
  readonly signal: SignalInfo;
  readonly readout: { readonly current: HTMLElement | null };
  readonly painter: Painter;
}

/** uPlot comes as a chunk of its own, with the first trend. */
function mountChart({ host, chart, signal, readout, painter }: MountOptions): () => void {
  let gone = false;
  void import('./uplot-trend.ts').then(({ UplotTrend: Chart }) => {
    if (gone || !host.current) return;
    const made = new Chart({
      host: host.current,
      palette: () => palette.peek(),
      range: signal.range,
      formatValue: (value, largest) => axisText(signal, value, largest),
      formatTime: timeLabel,
      beginningText,
      holeText: (cause) =>
        cause === 'bad'
          ? `? ${t('quality.bad')}`
          : cause === 'stale'
            ? t('link.silent')
            : t('trend.gap', { cause: word(cause) }),
      onCursor(at) {
        if (!readout.current) return;
        const reading = formatReading(signal, at?.value);
        const text =
          at && at.value !== null ? `${formatClock(at.timeMs)}  ${reading.text} ${reading.unit}` : '';
        if (readout.current.textContent !== text) readout.current.textContent = text;
      },
    });
    made.start();
    chart.current = made;
    painter.paint();
  });
  const stopPalette = palette.subscribe(() => chart.current?.redraw());
  return () => {
    gone = true;
    stopPalette();
    chart.current?.stop();
    chart.current = null;
  };
}

function axisText(signal: SignalInfo, value: number, largest: number): string {
  if (!isNumeric(signal)) return formatNumber(value, 0);
  const larger = largerUnit(signal, largest);
  return larger
    ? formatNumber(value * larger.factor, larger.digits)
    : formatNumber(value, Math.min(digitsOf(signal, value), 3));
}
