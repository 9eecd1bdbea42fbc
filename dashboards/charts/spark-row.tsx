import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { SignalInfo } from '../api/model.ts';
import { deadSince, useCore, useReading } from '../app/core-context.ts';
import type { LiveStore } from '../live-core/live-store.ts';
import { SmallCanvas } from './small-canvas.ts';
import { Sparkline } from './sparkline.ts';
import { palette } from './palette.ts';

const NOISE_SHARE = 0.02;

/** Sparkline of the last ten minutes. Decoration for the eye: the number beside it says the same in words. */
export function Spark({ signal }: { readonly signal: SignalInfo }): JSX.Element {
  const core = useCore();
  const { sparks, store, scheduler } = core;
  const ref = useRef<HTMLCanvasElement>(null);
  const span = signal.range ? (signal.range.high - signal.range.low) * NOISE_SHARE : 0;
  useEffect(() => {
    if (!ref.current) return undefined;
    const { ring, release } = sparks.use(signal.id);
    const releaseGaps = core.gaps.use(signal.id);
    const canvas = new SmallCanvas(ref.current, () => painter.repaint());
    const painter = new Sparkline({
      canvas,
      ring,
      now: () => store.serverClock.now(),
      palette: () => palette.peek(),
      held: () => heldNumber(store, signal.id),
      gaps: () => core.gaps.of(signal.id) ?? [],
      deadSince: () => deadSince(core, signal.machine),
      minimumSpan: span,
    });
    canvas.start();
    const stopTicks = scheduler.everyText(painter);
    const stopPalette = palette.subscribe(() => painter.repaint());
    return () => {
      stopPalette();
      stopTicks();
      canvas.stop();
      release();
      releaseGaps();
    };
  }, [core, sparks, store, scheduler, signal.id, signal.machine, span]);
  return <canvas class="spark" ref={ref} aria-hidden="true" />;
}

function heldNumber(store: LiveStore, signal: string): number | undefined {
  const value = store.values[store.slotOf(signal)];
  return typeof value === 'number' ? value : undefined;
}

/**
 * Analog indicator: where the value stands in its range, with the reach of the last ten minutes behind the pointer.
 * Positions are written as transforms: nothing else on the page moves.
 */
export function AnalogBar({ signal }: { readonly signal: SignalInfo }): JSX.Element {
  const { sparks } = useCore();
  const ring = useRef<ReturnType<typeof sparks.use>>(null);
  const range = signal.range;
  useEffect(() => {
    ring.current = sparks.use(signal.id);
    return () => ring.current?.release();
  }, [sparks, signal.id]);
  const ref = useReading<HTMLSpanElement>(range ? signal.id : undefined, (element, { value }) => {
    const [ghost, pointer] = element.children;
    if (!range || !(ghost instanceof HTMLElement) || !(pointer instanceof HTMLElement)) return;
    const share = (x: number): number => Math.min(1, Math.max(0, (x - range.low) / (range.high - range.low)));
    pointer.hidden = typeof value !== 'number';
    if (typeof value === 'number')
      pointer.style.transform = `translateX(${(share(value) * 100).toFixed(2)}%)`;
    const extent = ring.current?.ring.extent();
    if (!extent) return;
    const low = share(extent.lo);
    ghost.style.transform = `translateX(${(low * 100).toFixed(2)}%) scaleX(${(share(extent.hi) - low).toFixed(4)})`;
  });
  return (
    <span class="analog" ref={ref} aria-hidden="true" data-empty={range ? undefined : ''}>
      <span class="ghost" />
      <span class="pointer" />
    </span>
  );
}
