import type uPlot from 'uplot';

/** What a chart's picture is of. */
export interface ShownWindow {
  readonly fromMs: number;
  readonly toMs: number;
  /** All that is known of it is here: what is empty is not still to come. */
  readonly isWhole: boolean;
}

export interface BeginningLook {
  readonly ink: string;
  readonly font: string;
  /** Of the font, in pixels of the canvas. */
  readonly emPx: number;
  /** Without a time: nothing is known of the window. */
  readonly textOf: (timeMs: number | undefined, spanMs: number) => string;
}

/** A stretch that is shorter than this is not spoken of. */
const NOTABLE_SHARE = 0.03;

/** Says in the empty part of a chart since when there are data; nothing where the words have no room. */
export function drawBeginning(
  plot: uPlot,
  { fromMs, toMs, isWhole, knownFromMs }: ShownWindow & { readonly knownFromMs: number },
  look: BeginningLook,
): void {
  if (!isWhole || knownFromMs - fromMs < (toMs - fromMs) * NOTABLE_SHARE) return;
  const { ctx, bbox } = plot;
  const isEmpty = knownFromMs >= toMs;
  const text = look.textOf(isEmpty ? undefined : knownFromMs, toMs - fromMs);
  const edge = isEmpty ? bbox.left + bbox.width / 2 : plot.valToPos(knownFromMs / 1000, 'x', true);
  ctx.save();
  ctx.font = look.font;
  ctx.fillStyle = look.ink;
  ctx.textBaseline = 'top';
  ctx.textAlign = isEmpty ? 'center' : 'right';
  if (isEmpty || ctx.measureText(text).width + look.emPx * 1.5 < edge - bbox.left)
    ctx.fillText(text, edge - (isEmpty ? 0 : look.emPx * 0.6), bbox.top + look.emPx * 0.4);
  if (!isEmpty) {
    ctx.strokeStyle = look.ink;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(edge, bbox.top);
    ctx.lineTo(edge, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
