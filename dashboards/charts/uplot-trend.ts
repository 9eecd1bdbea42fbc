import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { withoutRepeats } from './axis-labels.ts';
import { drawBeginning } from './beginning.ts';
import type { ShownWindow } from './beginning.ts';
import { typeScale } from './palette.ts';
import type { Palette } from './palette.ts';
import type { TrendData, TrendHole } from './trend-data.ts';

export interface TrendChartOptions {
  readonly host: HTMLElement;
  readonly palette: () => Palette;
  /** EURange: the axis shows at least a twentieth of it, so that noise does not look like an event. */
  readonly range: { readonly low: number; readonly high: number } | undefined;
  /** `largest`: of all values on the axis, which share a unit. */
  readonly formatValue: (value: number, largest: number) => string;
  readonly formatTime: (timeMs: number, spanMs: number) => string;
  readonly holeText: (cause: string) => string;
  /** Since when there are data; without a time there are none. */
  readonly beginningText: (timeMs: number | undefined, spanMs: number) => string;
  /** Time and value under the cursor; nothing when it left. Charts of one page share the cursor's time. */
  readonly onCursor: (at: { readonly timeMs: number; readonly value: number | null } | undefined) => void;
}

const RANGE_SHARE = 0.05;
const LABEL_PX = 11;
const PADDING_RIGHT_PX = 4;
const FONT_FAMILY = "Inter, 'Noto Sans SC', sans-serif";

/** One signal over time: band from min to max, the value as a step, holes hatched. */
export class UplotTrend {
  readonly #options: TrendChartOptions;
  #plot: uPlot | undefined;
  #observer: ResizeObserver | undefined;
  #holes: readonly TrendHole[] = [];
  #window = { min: 0, max: 1 };
  #shown = { fromMs: 0, toMs: 1, knownFromMs: 0, isWhole: false };
  #scale = 1;

  constructor(options: TrendChartOptions) {
    this.#options = options;
  }

  start(): void {
    const { host } = this.#options;
    this.#scale = typeScale();
    this.#plot = new uPlot(
      this.#plotOptions(host.clientWidth || 300, host.clientHeight || 120),
      [[], [], [], []],
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

  /** Width of the drawing in CSS pixels: no more points are needed. */
  get width(): number {
    return this.#plot?.bbox ? this.#plot.bbox.width / devicePixelRatio : this.#options.host.clientWidth;
  }

  setData(data: TrendData, window: ShownWindow): void {
    this.#holes = data.holes;
    this.#shown = { ...window, knownFromMs: data.knownFromMs };
    this.#window = { min: window.fromMs / 1000, max: window.toMs / 1000 };
    this.#plot?.setData([data.time, data.value, data.lo, data.hi], true);
  }

  /** Moves the cursor by pixels: the keyboard's way of reading a trend. */
  moveCursor(byPx: number): void {
    const plot = this.#plot;
    if (!plot) return;
    const now = plot.cursor.left ?? -1;
    const from = now < 0 ? plot.over.clientWidth : now;
    plot.setCursor({
      left: Math.min(plot.over.clientWidth - 1, Math.max(0, from + byPx)),
      top: plot.over.clientHeight / 2,
    });
  }

  clearCursor(): void {
    this.#plot?.setCursor({ left: -10, top: -10 });
  }

  redraw(): void {
    this.#plot?.redraw(false);
  }

  #plotOptions(width: number, height: number): uPlot.Options {
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const colours = this.#options.palette;
    const path = stepped ? { paths: stepped } : {};
    const hidden = { points: { show: false }, stroke: 'transparent', width: 0, ...path };
    return {
      width,
      height,
      legend: { show: false },
      padding: [8, PADDING_RIGHT_PX, 0, 0],
      cursor: { sync: { key: 'trends' }, drag: { x: false, y: false }, points: { show: false }, y: false },
      scales: {
        x: { time: true, range: () => [this.#window.min, this.#window.max] },
        y: { range: (_plot, min, max) => this.#yRange(min, max) },
      },
      axes: [this.#timeAxis(), this.#valueAxis()],
      series: [
        {},
        { stroke: () => colours().line, width: 1.5 * this.#scale, points: { show: false }, ...path },
        hidden,
        hidden,
      ],
      bands: [{ series: [3, 2], fill: () => colours().band }],
      hooks: {
        draw: [(plot) => this.#drawHoles(plot), (plot) => this.#drawBeginning(plot)],
        setCursor: [(plot) => this.#tellCursor(plot)],
      },
    };
  }

  #timeAxis(): uPlot.Axis {
    const { palette, formatTime } = this.#options;
    return {
      stroke: () => palette().ink2,
      grid: { stroke: () => palette().grid, width: 1 },
      ticks: { show: false },
      font: this.#font(1),
      size: 22 * this.#scale,
      gap: 4,
      space: 90 * this.#scale,
      values: (plot, splits) => {
        const spanMs = (this.#window.max - this.#window.min) * 1000;
        return splits.map((seconds) => this.#timeText(plot, seconds, formatTime(seconds * 1000, spanMs)));
      },
    };
  }

  /** Nothing where the edge of the picture would cut it. */
  #timeText(plot: uPlot, seconds: number, text: string): string {
    plot.ctx.font = this.#font(1);
    const half = plot.ctx.measureText(text).width / 2;
    return plot.valToPos(seconds, 'x') + half > plot.over.clientWidth + PADDING_RIGHT_PX ? '' : text;
  }

  #valueAxis(): uPlot.Axis {
    const { palette, formatValue } = this.#options;
    return {
      stroke: () => palette().ink2,
      grid: { stroke: () => palette().grid, width: 1 },
      ticks: { show: false },
      font: this.#font(1),
      size: (_plot, values) => this.#axisWidth(values),
      gap: 6,
      space: 28 * this.#scale,
      values: (_plot, splits) => {
        const largest = Math.max(...splits.map(Math.abs));
        return withoutRepeats(splits.map((value) => formatValue(value, largest)));
      },
    };
  }

  /** Digits of large counters must not be cut; small ones leave the axes of a page one below the other. */
  #axisWidth(values: readonly string[] | null): number {
    const longest = Math.max(0, ...(values ?? []).map(({ length }) => length));
    return Math.max(58, longest * LABEL_PX * 0.6 + 12) * this.#scale;
  }

  #font(ratio: number): string {
    return `${LABEL_PX * this.#scale * ratio}px ${FONT_FAMILY}`;
  }

  #yRange(min: number | null, max: number | null): [number, number] {
    const { range } = this.#options;
    if (min === null || max === null) return range ? [range.low, range.high] : [0, 1];
    const least = range ? (range.high - range.low) * RANGE_SHARE : Math.abs(max) * 0.01 || 1;
    const span = Math.max(max - min, least) * 1.16;
    const bottom = (min + max - span) / 2;
    // No room below a range's end that nothing went beyond: a flow of zero stands on the axis.
    const low = range && min >= range.low ? Math.max(bottom, range.low - span * 0.04) : bottom;
    return [low, low + span];
  }

  #drawBeginning(plot: uPlot): void {
    const { palette, beginningText } = this.#options;
    drawBeginning(plot, this.#shown, {
      ink: palette().ink2,
      font: this.#font(devicePixelRatio),
      emPx: LABEL_PX * this.#scale * devicePixelRatio,
      textOf: beginningText,
    });
  }

  #drawHoles(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    let labelledTo = bbox.left;
    for (const hole of this.#holes) {
      const left = plot.valToPos(hole.fromMs / 1000, 'x', true);
      const right = Math.max(plot.valToPos(hole.toMs / 1000, 'x', true), left + 2 * ratio);
      this.#hatch(ctx, { left, right, top: bbox.top, bottom: bbox.top + bbox.height });
      labelledTo =
        this.#label(ctx, hole.cause, { left: Math.max(left, labelledTo), right, top: bbox.top }) ??
        labelledTo;
    }
    ctx.restore();
  }

  #hatch(
    ctx: CanvasRenderingContext2D,
    box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number },
  ): void {
    const height = box.bottom - box.top;
    const step = 7 * devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.left, box.top, box.right - box.left, height);
    ctx.clip();
    ctx.strokeStyle = this.#options.palette().ink2;
    ctx.globalAlpha = 0.55;
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    for (let x = Math.floor((box.left - height) / step) * step; x < box.right; x += step) {
      ctx.moveTo(x, box.bottom);
      ctx.lineTo(x + height, box.top);
    }
    ctx.stroke();
    ctx.restore();
  }

  /** Where the label ends; nothing where it has no room: labels never lie over each other. */
  #label(
    ctx: CanvasRenderingContext2D,
    cause: string,
    box: { readonly left: number; readonly right: number; readonly top: number },
  ): number | undefined {
    const { palette, holeText } = this.#options;
    const text = holeText(cause);
    ctx.font = this.#font(devicePixelRatio);
    const em = LABEL_PX * this.#scale * devicePixelRatio;
    const width = ctx.measureText(text).width + em;
    if (width > box.right - box.left) return undefined;
    ctx.fillStyle = palette().panel;
    ctx.fillRect(box.left + 2, box.top + 2, width, em * 1.5);
    ctx.fillStyle = palette().ink;
    ctx.textBaseline = 'top';
    ctx.textAlign = 'left';
    ctx.fillText(text, box.left + em / 2, box.top + em * 0.4);
    return box.left + width + em / 2;
  }

  #tellCursor(plot: uPlot): void {
    const index = plot.cursor.idx;
    const left = plot.cursor.left ?? -1;
    if (left < 0 || index === null || index === undefined) {
      this.#options.onCursor(undefined);
      return;
    }
    const value = plot.data[1]?.[index];
    this.#options.onCursor({ timeMs: plot.posToVal(left, 'x') * 1000, value: value ?? null });
  }
}
