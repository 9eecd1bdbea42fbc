import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { withoutRepeats } from './axis-labels.ts';
import { drawBeginning } from './beginning.ts';
import type { ShownWindow } from './beginning.ts';
import { typeScale } from './palette.ts';
import type { Palette } from './palette.ts';
import { traceBand, traceSteps } from './step-lines.ts';
import type { PlotPlace } from './step-lines.ts';
import type { TrendData } from './trend-data.ts';

/** One signal of a picture of several. */
export interface MultiSeries {
  /** Signals of one unit share an axis. */
  readonly axis: string;
  /** `#rrggbb` */
  readonly colour: () => string;
  /** Lengths of dashes and spaces, CSS pixels; empty = a full line. Colour never tells alone. */
  readonly dash: readonly number[];
  readonly formatValue: (value: number) => string;
}

export interface MultiTrendOptions {
  readonly host: HTMLElement;
  readonly series: readonly MultiSeries[];
  readonly palette: () => Palette;
  readonly formatTime: (timeMs: number, spanMs: number) => string;
  /** Since when there are data; without a time there are none. */
  readonly beginningText: (timeMs: number | undefined, spanMs: number) => string;
  /** Time under the cursor; undefined when it left. */
  readonly onCursor: (timeMs: number | undefined) => void;
  readonly onSelect: (fromMs: number, toMs: number) => void;
}

export interface MultiTrendData {
  readonly data: TrendData;
  readonly overlay: TrendData | undefined;
}

/** Axes that find room; further units are drawn on scales of their own without one, and told in the legend. */
const MAX_AXES = 4;
const LEAST_SELECTION_PX = 6;
/** Two hex digits behind a colour. */
const BAND_ALPHA = '38';
const LINE_PX = 1.75;
const OVERLAY_DASH = [2, 4];
const OVERLAY_ALPHA = 0.7;
const LABEL_PX = 11;
const FONT_FAMILY = "Inter, 'Noto Sans SC', sans-serif";

/**
 * Several signals over one time: a band from min to max and a step for each, the overlay thin and dashed under it. uPlot gives axes,
 * cursor and selection; the lines are drawn here, each from its own times: joining them by time costs more than drawing them.
 */
export class MultiTrend {
  readonly #options: MultiTrendOptions;
  readonly #axes: readonly string[];
  #plot: uPlot | undefined;
  #observer: ResizeObserver | undefined;
  #window = { min: 0, max: 1 };
  #shown = { fromMs: 0, toMs: 1, knownFromMs: 0, isWhole: false };
  #scale = 1;
  #trends: readonly MultiTrendData[] = [];
  #shiftS = 0;

  constructor(options: MultiTrendOptions) {
    this.#options = options;
    this.#axes = [...new Set(options.series.map(({ axis }) => axis))];
  }

  start(): void {
    const { host } = this.#options;
    this.#scale = typeScale();
    this.#plot = new uPlot(
      this.#plotOptions(host.clientWidth || 300, host.clientHeight || 240),
      [[], ...this.#axes.map(() => [])],
      host,
    );
    this.#observer = new ResizeObserver(() => {
      if (host.clientWidth > 0 && host.clientHeight > 0)
        this.#plot?.setSize({ width: host.clientWidth, height: host.clientHeight });
    });
    this.#observer.observe(host);
  }

  stop(): void {
    this.#observer?.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  get canvas(): HTMLCanvasElement | undefined {
    return this.#plot?.ctx.canvas;
  }

  setData(trends: readonly MultiTrendData[], window: ShownWindow, shiftMs: number): void {
    this.#window = { min: window.fromMs / 1000, max: window.toMs / 1000 };
    this.#shown = { ...window, knownFromMs: Math.min(...trends.map(({ data }) => data.knownFromMs)) };
    this.#trends = trends;
    this.#shiftS = shiftMs / 1000;
    const reach = this.#axes.map((axis) =>
      reachOf(trends.filter((_, i) => this.#options.series[i]?.axis === axis)),
    );
    this.#plot?.setData([[this.#window.min, this.#window.max], ...reach], true);
  }

  /** Moves the cursor by pixels: the keyboard's way of reading. */
  moveCursor(byPx: number): void {
    const plot = this.#plot;
    if (!plot) return;
    const now = plot.cursor.left ?? -1;
    const from = now < 0 ? plot.over.clientWidth : now;
    const left = Math.min(plot.over.clientWidth - 1, Math.max(0, from + byPx));
    plot.setCursor({ left, top: plot.over.clientHeight / 2 });
  }

  clearCursor(): void {
    this.#plot?.setCursor({ left: -10, top: -10 });
  }

  redraw(): void {
    this.#plot?.redraw(false);
  }

  #plotOptions(width: number, height: number): uPlot.Options {
    return {
      width,
      height,
      legend: { show: false },
      padding: [8, 8, 0, 0],
      cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false }, y: false },
      scales: {
        x: { time: true, range: () => [this.#window.min, this.#window.max] },
        ...Object.fromEntries(this.#axes.map((axis) => [scaleOf(axis), { range: padded }])),
      },
      axes: [this.#timeAxis(), ...this.#axes.slice(0, MAX_AXES).map((axis, i) => this.#valueAxis(axis, i))],
      // One for each axis, never drawn: tells how far the axis has to reach.
      series: [
        {},
        ...this.#axes.map((axis) => ({ scale: scaleOf(axis), points: { show: false }, paths: () => null })),
      ],
      hooks: {
        draw: [(plot) => this.#drawLines(plot), (plot) => this.#drawBeginning(plot)],
        setCursor: [(plot) => this.#tellCursor(plot)],
        setSelect: [(plot) => this.#tellSelection(plot)],
      },
    };
  }

  #drawLines(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineJoin = 'miter';
    this.#options.series.forEach((series, i) => {
      const trend = this.#trends[i];
      const { min: low, max: high } = plot.scales[scaleOf(series.axis)] ?? {};
      if (!trend || typeof low !== 'number' || typeof high !== 'number') return;
      const { min: fromS, max: toS } = this.#window;
      this.#drawTrend(ctx, series, trend, { ...bbox, fromS, toS, low, high, shiftS: 0 });
    });
    ctx.restore();
  }

  #drawTrend(
    ctx: CanvasRenderingContext2D,
    series: MultiSeries,
    { data, overlay }: MultiTrendData,
    place: PlotPlace,
  ): void {
    const colour = series.colour();
    const ratio = devicePixelRatio;
    ctx.beginPath();
    traceBand(ctx, data, place);
    ctx.fillStyle = `${colour}${BAND_ALPHA}`;
    ctx.fill();
    ctx.strokeStyle = colour;
    if (overlay) {
      ctx.globalAlpha = OVERLAY_ALPHA;
      ctx.lineWidth = this.#scale * ratio;
      ctx.setLineDash(OVERLAY_DASH.map((px) => px * ratio));
      ctx.beginPath();
      traceSteps(ctx, overlay, { ...place, shiftS: this.#shiftS });
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
    ctx.lineWidth = LINE_PX * this.#scale * ratio;
    ctx.setLineDash(series.dash.map((px) => px * ratio));
    ctx.beginPath();
    traceSteps(ctx, data, place);
    ctx.stroke();
  }

  #timeAxis(): uPlot.Axis {
    const { formatTime } = this.#options;
    return {
      ...this.#axisLook(),
      size: 24 * this.#scale,
      space: 100 * this.#scale,
      values: (_plot, splits) => {
        const spanMs = (this.#window.max - this.#window.min) * 1000;
        return splits.map((seconds) => formatTime(seconds * 1000, spanMs));
      },
    };
  }

  #valueAxis(axis: string, i: number): uPlot.Axis {
    const { series, palette } = this.#options;
    const [first, ...others] = series.filter((each) => each.axis === axis);
    const format = first?.formatValue ?? String;
    // An axis of one line alone has its colour.
    const own = first && others.length === 0 ? { stroke: first.colour } : {};
    const isLeft = i % 2 === 0;
    return {
      ...this.#axisLook(),
      ...own,
      scale: scaleOf(axis),
      side: isLeft ? 3 : 1,
      grid: i === 0 ? { stroke: () => palette().grid, width: 1 } : { show: false },
      label: axis,
      labelSize: 16 * this.#scale,
      labelFont: this.#font(),
      size: 56 * this.#scale,
      space: 32 * this.#scale,
      values: (_plot, splits) => withoutRepeats(splits.map((value) => format(value))),
    };
  }

  #axisLook(): uPlot.Axis {
    const { palette } = this.#options;
    return {
      stroke: () => palette().ink2,
      grid: { stroke: () => palette().grid, width: 1 },
      ticks: { show: false },
      font: this.#font(),
      gap: 6,
    };
  }

  #font(): string {
    return `${LABEL_PX * this.#scale}px ${FONT_FAMILY}`;
  }

  #drawBeginning(plot: uPlot): void {
    const { palette, beginningText } = this.#options;
    drawBeginning(plot, this.#shown, {
      ink: palette().ink2,
      font: `${LABEL_PX * this.#scale * devicePixelRatio}px ${FONT_FAMILY}`,
      emPx: LABEL_PX * this.#scale * devicePixelRatio,
      textOf: beginningText,
    });
  }

  #tellCursor(plot: uPlot): void {
    const { left = -1 } = plot.cursor;
    this.#options.onCursor(left < 0 ? undefined : plot.posToVal(left, 'x') * 1000);
  }

  #tellSelection(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width === 0) return;
    const [fromMs, toMs] = [left, left + width].map((px) => plot.posToVal(px, 'x') * 1000);
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (width >= LEAST_SELECTION_PX && fromMs !== undefined && toMs !== undefined)
      this.#options.onSelect(Math.round(fromMs), Math.round(toMs));
  }
}

/** uPlot keeps `x` for time; a unit may have any name, none too. */
const scaleOf = (axis: string): string => `y ${axis}`;

function padded(_plot: uPlot, min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const span = Math.max(max - min, Math.abs(max) * 0.01, 1e-9);
  const middle = (min + max) / 2;
  return [middle - span * 0.58, middle + span * 0.58];
}

/** Least and greatest of all that is drawn on one axis, at both ends of the time; nulls where there is nothing. */
function reachOf(trends: readonly MultiTrendData[]): [number | null, number | null] {
  let [least, greatest] = [Infinity, -Infinity];
  const take = (values: readonly (number | null)[]): void => {
    for (const value of values) {
      if (value === null) continue;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
  };
  for (const { data, overlay } of trends) {
    take(data.lo);
    take(data.hi);
    if (overlay) take(overlay.value);
  }
  return least > greatest ? [null, null] : [least, greatest];
}
