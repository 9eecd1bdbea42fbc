import type { BucketRing } from '../live-core/bucket-ring.ts';
import type { TrendGap } from '../live-core/trend-series.ts';
import type { Painter } from '../live-core/scheduler.ts';
import { typeScale } from './palette.ts';
import type { Palette } from './palette.ts';
import type { SmallCanvas } from './small-canvas.ts';

export interface SparklineOptions {
  readonly canvas: SmallCanvas;
  readonly ring: BucketRing;
  /** Server's time, ms. */
  readonly now: () => number;
  readonly palette: () => Palette;
  /** The value that holds now, for a signal that did not change within the window; `undefined` = none. */
  readonly held: () => number | undefined;
  /** Declared holes of the signal. */
  readonly gaps?: () => readonly TrendGap[];
  /** Since when nothing is known of the value; `undefined` = it holds until now. */
  readonly deadSince?: () => number | undefined;
  /** Smallest span of the vertical axis, in the signal's unit: noise must not look like an event. */
  readonly minimumSpan: number;
}

/** Ten minutes of one signal: the band from min to max of each bucket, and the last value as a line with a dot at its end. */
export class Sparkline implements Painter {
  readonly #options: SparklineOptions;
  #painted = '';

  constructor(options: SparklineOptions) {
    this.#options = options;
  }

  /** To be called often: repaints only when a new bucket began or one was filled. */
  paint(): void {
    const { ring, now } = this.#options;
    const bucket = Math.floor(now() / ring.widthMs);
    const dead = this.#options.deadSince?.() !== undefined;
    const gaps = this.#options.gaps?.().length ?? 0;
    const key = `${bucket} ${ring.newestBucket} ${ring.version} ${gaps} ${dead} ${ring.newestBucket < 0 ? this.#options.held() : ''}`;
    if (key === this.#painted) return;
    this.#painted = key;
    this.#draw(bucket);
  }

  repaint(): void {
    this.#painted = '';
    this.paint();
  }

  #draw(newest: number): void {
    const { canvas, ring, palette } = this.#options;
    const context = canvas.begin();
    const held = this.#options.held();
    const extent = ring.extent() ?? (held === undefined ? undefined : { lo: held, hi: held });
    if (!context || !extent) return;
    const scale = typeScale();
    const y = this.#scale(extent.lo, extent.hi);
    const step = (canvas.width - 3) / ring.count;
    const x = (bucket: number): number => (bucket - (newest - ring.count)) * step;
    const colours = palette();
    context.fillStyle = colours.band;
    context.strokeStyle = colours.line;
    context.lineWidth = 1.25 * scale;
    context.lineJoin = 'round';
    context.beginPath();
    let last = ring.newestBucket < newest - ring.count ? (held ?? NaN) : NaN;
    let resumed = NaN;
    let drawing = false;
    let lastX = 0;
    const isHole = this.#holes(newest);
    for (let bucket = newest - ring.count + 1; bucket <= newest; bucket += 1) {
      const point = ring.at(bucket);
      if (!Number.isNaN(point.last)) {
        const top = y(point.hi);
        context.fillRect(x(bucket) - step, top, step + 0.5, Math.max(y(point.lo) - top, 0));
        last = point.last;
      } else if (isHole(bucket)) {
        if (!Number.isNaN(last)) resumed = last;
        last = NaN;
      } else if (!Number.isNaN(resumed)) last = resumed;
      if (!isHole(bucket)) resumed = NaN;
      if (!Number.isNaN(last)) {
        if (drawing) context.lineTo(x(bucket), y(last));
        else context.moveTo(x(bucket), y(last));
        lastX = x(bucket);
      }
      if (ring.isBroken(bucket)) last = NaN;
      drawing = !Number.isNaN(last);
    }
    context.stroke();
    if (Number.isNaN(last)) return;
    context.fillStyle = colours.ink;
    context.beginPath();
    context.arc(lastX, y(last), 2 * scale, 0, Math.PI * 2);
    context.fill();
  }

  /** Says of a bucket whether a declared hole covers it, or whether the path was dead in it already. */
  #holes(newest: number): (bucket: number) => boolean {
    const { ring, gaps, deadSince } = this.#options;
    const first = (newest - ring.count) * ring.widthMs;
    const near = (gaps?.() ?? []).filter(({ toMs }) => toMs > first);
    const deadMs = deadSince?.() ?? Infinity;
    return (bucket) => {
      const middle = (bucket + 0.5) * ring.widthMs;
      return middle > deadMs || near.some(({ fromMs, toMs }) => middle >= fromMs && middle < toMs);
    };
  }

  #scale(lo: number, hi: number): (value: number) => number {
    const { canvas, minimumSpan } = this.#options;
    const span = Math.max(hi - lo, minimumSpan) || 1;
    const middle = (lo + hi) / 2;
    const height = canvas.height - 6;
    return (value) => 3 + height / 2 - ((value - middle) / span) * height;
  }
}
