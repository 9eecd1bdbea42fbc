import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useCore } from '../../app/core-context.ts';
import { SPARK_BUCKETS, SPARK_BUCKET_MS } from '../../app/sparks.ts';
import { palette } from '../../charts/palette.ts';
import { SmallCanvas } from '../../charts/small-canvas.ts';
import { Sparkline } from '../../charts/sparkline.ts';
import { formatCount } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { BucketRing } from '../../live-core/bucket-ring.ts';

/** Outlives the screen: who comes back finds what was seen before. */
const ring = new BucketRing(SPARK_BUCKET_MS, SPARK_BUCKETS);

/** Samples stored a second, since this page looked first, ten minutes at most. */
export function RateChart({ rate }: { readonly rate: number | undefined }): JSX.Element {
  const { store, scheduler } = useCore();
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (rate !== undefined && store.serverClock.measured) ring.add(store.serverClock.now(), rate, rate, rate);
  }, [store, rate]);
  useEffect(() => {
    if (!ref.current) return undefined;
    const canvas = new SmallCanvas(ref.current, () => painter.repaint());
    const painter = new Sparkline({
      canvas,
      ring,
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
  return (
    <section class="panel rate" aria-label={t('pipeline.storedRate')}>
      <header>
        <h2>{t('pipeline.storedRate')}</h2>
        <span class="value">
          <span class="number">{rate === undefined ? '…' : formatCount(Math.round(rate))}</span>
        </span>
      </header>
      <canvas class="spark" ref={ref} aria-hidden="true" />
      <p class="note">{t('overview.lastMinutes')}</p>
    </section>
  );
}
