import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { SignalInfo } from '../../../api/model.ts';
import { useCore, useReading } from '../../../app/core-context.ts';
import { setAttribute } from '../../../live-core/binders.ts';
import { Trail, placesOf } from './trail.ts';

/** Of the past, loaded with the page. */
const PAST_MS = 600_000;
const POINTS = 400;
const MARGIN = 14;

interface TrackProps {
  readonly east: SignalInfo | undefined;
  readonly north: SignalInfo | undefined;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Seen from above: the way of the last minutes and where it stands now, as large as the box allows. */
export function Track({ east, north, x, y, w, h }: TrackProps): JSX.Element {
  const { api, store } = useCore();
  const trail = useRef(new Trail());
  const line = useRef<SVGPolylineElement>(null);
  const draw = (): void => {
    const { points, now } = trail.current.within({
      x: x + MARGIN,
      y: y + MARGIN,
      w: w - 2 * MARGIN,
      h: h - 2 * MARGIN,
    });
    if (line.current) setAttribute(line.current, 'points', points);
    const dot = mark.current;
    if (dot && now) {
      setAttribute(dot, 'cx', now.x.toFixed(1));
      setAttribute(dot, 'cy', now.y.toFixed(1));
      setAttribute(dot, 'visibility', undefined);
    }
  };
  const readNow = (): void => {
    const [e, n] = [east, north].map((signal) => signal && store.values[store.slotOf(signal.id)]);
    if (typeof e === 'number' && typeof n === 'number') trail.current.add({ x: e, y: n });
    draw();
  };
  const mark = useReading<SVGCircleElement>(east?.id, readNow);
  const label = useReading<SVGGElement>(north?.id, readNow);
  const ids = [east?.id, north?.id].filter((id) => id !== undefined);
  useEffect(() => {
    if (ids.length < 2) return undefined;
    const abort = new AbortController();
    const toMs = store.serverClock.now();
    api.samples({ signals: ids, fromMs: toMs - PAST_MS, toMs, maxPoints: POINTS }, abort.signal).then(
      (answer) => {
        trail.current.before(placesOf(answer));
        draw();
      },
      // The way is drawn from now on.
      () => {},
    );
    return () => abort.abort();
  }, [api, store, ids.join(' ')]);
  return (
    <g ref={label}>
      <rect class="vessel" x={x} y={y} width={w} height={h} rx={4} />
      <polyline class="trail" ref={line} />
      <circle class="pointer-mark" ref={mark} r={7} visibility="hidden" />
    </g>
  );
}
