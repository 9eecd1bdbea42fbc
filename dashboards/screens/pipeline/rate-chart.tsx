import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useCore } from '../../app/core-context.ts';
import { palette } from '../../charts/palette.ts';
import { SmallCanvas } from '../../charts/small-canvas.ts';
import { Sparkline } from '../../charts/sparkline.ts';
import type { PipelineView } from '../../api/model.ts';
import { formatCount } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { BucketRing } from '../../live-core/bucket-ring.ts';

/** Samples stored a second, as the server counted them in the last minutes: whether this page was open or not. */
export function RateChart({ rate }: { readonly rate: PipelineView['rate'] }): JSX.Element {
  const { store, scheduler } = useCore();
  const ref = useRef<HTMLCanvasElement>(null);
  const ring = useRef(new BucketRing(rate.stepMs, rate.values.length + 1));
  useEffect(() => fill(ring.current, rate), [rate]);
  useEffect(() => {
    if (!ref.current) return undefined;
    const canvas = new SmallCanvas(ref.current, () => painter.repaint());
    const painter = new Sparkline({
      canvas,
      ring: ring.current,
      now: () => store.serverClock.now(),
      palette: () => palette.peek(),
      held: () => undefined,
      minimumSpan: 20,
    });
    canvas.start();
    const stopTicks = scheduler.everyText(painter);
    const stopPalette = palette.subscribe(() => painter.repaint());
    return () => {
      stopPalette();
      stopTicks();
      canvas.stop();
    };
  }, [store, scheduler]);
  const newest = rate.values.at(-1);
  return (
    <section class="panel rate" aria-label={t('pipeline.storedRate')}>
      <header>
        <h2>{t('pipeline.storedRate')}</h2>
        <span class="value">
          <span class="number">
            {newest === undefined || newest === null ? '…' : formatCount(Math.round(newest))}
          </span>
        </span>
      </header>
      <canvas class="spark" ref={ref} aria-hidden="true" />
      <p class="note">{t('overview.lastMinutes')}</p>
    </section>
  );
}

function fill(ring: BucketRing, { to, stepMs, values }: PipelineView['rate']): void {
  const endMs = Date.parse(to);
  values.forEach((value, i) => {
    const timeMs = endMs - (values.length - i) * stepMs;
    if (ring.has(timeMs)) return;
    if (value === null) ring.break(timeMs);
    else ring.add(timeMs, value, value, value);
  });
}
