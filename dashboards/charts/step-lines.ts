/** Where times and values lie on a canvas; lengths in its own pixels. */
export interface PlotPlace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly fromS: number;
  readonly toS: number;
  readonly low: number;
  readonly high: number;
  /** Added to each time. */
  readonly shiftS: number;
}

type Column = readonly (number | null)[];

/**
 * Draws a value that holds until the next one, with at most the way down, up and to the last value in each column of pixels:
 * what falls into one column looks the same whatever the number of its points, no extreme is left out.
 */
export function traceSteps(
  path: Pick<CanvasPath, 'moveTo' | 'lineTo'>,
  steps: { readonly time: readonly number[]; readonly value: Column },
  place: PlotPlace,
): void {
  const { toX, toY } = scalesOf(place);
  let isDrawing = false;
  let [x, y] = [NaN, NaN];
  let [top, bottom, first] = [NaN, NaN, NaN];
  const finishColumn = (): void => {
    if (!isDrawing) return;
    if (top < Math.min(first, y)) path.lineTo(x, top);
    if (bottom > Math.max(first, y)) path.lineTo(x, bottom);
    if (y !== first || top !== bottom) path.lineTo(x, y);
  };
  let heldToX = NaN;
  const hold = (): void => {
    if (heldToX > x) path.lineTo(heldToX, y);
  };
  for (let i = 0; i < steps.time.length; i += 1) {
    const value = steps.value[i];
    const nextX = toX(steps.time[i] ?? NaN);
    if (value === null || value === undefined) {
      finishColumn();
      hold();
      isDrawing = false;
      heldToX = NaN;
      continue;
    }
    const nextY = toY(value);
    if (isDrawing && nextX - x < 1) {
      y = nextY;
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      continue;
    }
    if (isDrawing && nextY === y) {
      heldToX = nextX;
      continue;
    }
    finishColumn();
    if (isDrawing) {
      path.lineTo(nextX, y);
      path.lineTo(nextX, nextY);
    } else path.moveTo(nextX, nextY);
    isDrawing = true;
    x = nextX;
    y = top = bottom = first = nextY;
    heldToX = NaN;
  }
  finishColumn();
  hold();
}

/** Fills from the least to the greatest value of each step, where that is more than the line itself covers. */
export function traceBand(
  path: Pick<CanvasPath, 'rect'>,
  steps: { readonly time: readonly number[]; readonly lo: Column; readonly hi: Column },
  place: PlotPlace,
): void {
  const { toX, toY } = scalesOf(place);
  const { time, lo, hi } = steps;
  for (let i = 0; i + 1 < time.length; i += 1) {
    const [least, greatest] = [lo[i], hi[i]];
    if (typeof least !== 'number' || typeof greatest !== 'number' || !(greatest > least)) continue;
    const top = toY(greatest);
    const height = toY(least) - top;
    const x = toX(time[i] ?? NaN);
    if (height > 1) path.rect(x, top, toX(time[i + 1] ?? NaN) - x, height);
  }
}

function scalesOf(place: PlotPlace): { toX: (timeS: number) => number; toY: (value: number) => number } {
  const perS = place.width / (place.toS - place.fromS);
  const perUnit = place.height / (place.high - place.low);
  const leftS = place.fromS - place.shiftS;
  const bottom = place.top + place.height;
  return {
    toX: (timeS) => place.left + (timeS - leftS) * perS,
    toY: (value) => bottom - (value - place.low) * perUnit,
  };
}
