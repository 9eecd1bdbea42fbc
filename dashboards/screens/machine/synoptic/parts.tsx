import type { ComponentChildren, JSX } from 'preact';
import type { LiveValue } from '#contracts/live.ts';
import { severityOf } from '../../../../services/shared/domain/status-code.ts';
import type { SignalInfo } from '../../../api/model.ts';
import { useReading } from '../../../app/core-context.ts';
import { Value } from '../../../frame/value.tsx';
import { ownName, placeWord } from '../../../i18n/signal-names.ts';
import { setAttribute } from '../../../live-core/binders.ts';
import type { Reading } from '../../../live-core/binders.ts';

/** Width and height of every drawing, in its own units. */
export const DRAWING = { w: 800, h: 300 } as const;

/** A drawing of a kind: finds the signal whose path ends as told; draws what it has signals for. */
export interface Drawing {
  readonly find: (end: string) => SignalInfo | undefined;
  /** All of the machine's. */
  readonly signals: readonly SignalInfo[];
}

/** One figure beside the part it belongs to, at the drawing's units; below the drawing where that is narrow. */
export interface Tag {
  /** End of the signal's path. */
  readonly end: string;
  /** Called by a place of its path, counted from its end, where many signals have one name: 1 = the folder that it lies in. */
  readonly place?: number;
  readonly x: number;
  readonly y: number;
  /** Room for its name, where that is not the ordinary one. */
  readonly w?: number;
}

const percent = (part: number, whole: number): string => `${((part / whole) * 100).toFixed(2)}%`;

export function TagMark({
  signal,
  place,
  x,
  y,
  w,
}: Omit<Tag, 'end'> & { readonly signal: SignalInfo }): JSX.Element {
  const folder = place === undefined ? undefined : signal.path.split('/').at(-1 - place);
  const name = folder === undefined ? ownName(signal) : placeWord(folder);
  return (
    <span
      class="synoptic-tag"
      style={`--x:${percent(x, DRAWING.w)};--y:${percent(y, DRAWING.h)}${w === undefined ? '' : `;--w:${percent(w, DRAWING.w)}`}`}
    >
      <span class="synoptic-name" title={name}>
        {name}
      </span>
      <Value signal={signal} />
    </span>
  );
}

interface BoundProps {
  readonly signal: SignalInfo | undefined;
}

/** The value where it is good; what is not known is drawn as nothing. */
const goodValue = ({ value, statusCode }: Reading): LiveValue | undefined =>
  severityOf(statusCode) === 'bad' ? undefined : value;

type Range = NonNullable<SignalInfo['range']>;

/** Where a number stands in a range, 0 to 1; `undefined` where that is not known. */
export function shareOf(range: Range | undefined, value: LiveValue | undefined): number | undefined {
  if (typeof value !== 'number' || !range || !(range.high > range.low)) return undefined;
  return Math.min(1, Math.max(0, (value - range.low) / (range.high - range.low)));
}

interface BoxProps extends BoundProps {
  /** Where the signal has none of its own. */
  readonly range?: Range;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** What is in a vessel: filled from below by the signal's place in its range. */
export function Level({ signal, range, x, y, w, h }: BoxProps): JSX.Element {
  const ref = useReading<SVGRectElement>(signal?.id, (rect, reading) => {
    const share = shareOf(signal?.range ?? range, goodValue(reading)) ?? 0;
    setAttribute(rect, 'y', (y + h * (1 - share)).toFixed(1));
    setAttribute(rect, 'height', (h * share).toFixed(1));
  });
  return (
    <>
      <rect class="vessel" x={x} y={y} width={w} height={h} rx={4} />
      <rect class="content" ref={ref} x={x + 2} y={y + h} width={w - 4} height={0} />
    </>
  );
}

interface OnProps extends BoundProps {
  readonly children: ComponentChildren;
}

/** A part that is on or off: drawn full when on, as an outline when not. */
export function Running({ signal, children }: OnProps): JSX.Element {
  const ref = useReading<SVGGElement>(signal?.id, (group, reading) => {
    const value = goodValue(reading);
    const on = typeof value === 'number' ? Math.abs(value) > 0 : value === true;
    setAttribute(group, 'data-on', on ? '' : undefined);
  });
  return (
    <g class="part" ref={ref}>
      {children}
    </g>
  );
}

interface MovedProps extends OnProps {
  /** Units of the drawing from the least to the greatest value of the signal's range. */
  readonly dx?: number;
  readonly dy?: number;
}

/** A part that stands where its signal says: the children are drawn at the place of the least value. */
export function Moved({ signal, dx = 0, dy = 0, children }: MovedProps): JSX.Element {
  const ref = useReading<SVGGElement>(signal?.id, (group, reading) => {
    const share = shareOf(signal?.range, goodValue(reading));
    setAttribute(group, 'visibility', share === undefined ? 'hidden' : undefined);
    if (share !== undefined)
      setAttribute(group, 'transform', `translate(${(dx * share).toFixed(1)} ${(dy * share).toFixed(1)})`);
  });
  return (
    <g ref={ref} visibility="hidden">
      {children}
    </g>
  );
}

interface FlowProps extends BoundProps {
  /** The value at which the line has its full width. */
  readonly full: number;
  readonly d: string;
}

const FULL_WIDTH = 18;

/** A line that is wider the more flows through it; by the root, so that a small machine is seen beside a large one. */
export function Flow({ signal, full, d }: FlowProps): JSX.Element {
  const ref = useReading<SVGPathElement>(signal?.id, (path, reading) => {
    const share = shareOf({ low: 0, high: full }, goodValue(reading)) ?? 0;
    setAttribute(path, 'stroke-width', Math.max(1, FULL_WIDTH * Math.sqrt(share)).toFixed(1));
  });
  return <path class="flow" ref={ref} d={d} stroke-width={1} />;
}

interface TurnedProps extends BoundProps {
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

/** An angle as a pointer, 0 degrees upwards. */
export function Dial({ signal, x, y, r }: TurnedProps): JSX.Element {
  const ref = useReading<SVGPathElement>(signal?.id, (path, reading) => {
    const value = goodValue(reading);
    setAttribute(path, 'visibility', typeof value === 'number' ? undefined : 'hidden');
    if (typeof value === 'number') setAttribute(path, 'transform', `rotate(${value.toFixed(1)} ${x} ${y})`);
  });
  return (
    <>
      <circle class="vessel" cx={x} cy={y} r={r} />
      <path class="tick" d={`M${x} ${y - r}v8`} />
      <path class="pointer" ref={ref} d={`M${x} ${y}v${6 - r}`} visibility="hidden" />
    </>
  );
}
