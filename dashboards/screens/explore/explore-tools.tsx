import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useCore } from '../../app/core-context.ts';
import { OVERLAYS, RANGE_MS } from '../../app/route.ts';
import type { Exploration, RangeName, TimeWindow } from '../../app/route.ts';
import { goTo } from '../../app/router.ts';
import { savePicture } from '../../charts/save-picture.ts';
import type { MultiTrend } from '../../charts/multi-trend.ts';
import { RangeChoice } from '../../frame/range-choice.tsx';
import { formatDateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import type { LegendModel } from './legend-model.ts';
import { pictureTexts } from './picture-texts.ts';

const COPIED_FOR_MS = 2_500;

export interface ExploreToolsProps {
  readonly at: Exploration;
  readonly range: RangeName;
  readonly chart: { readonly current: MultiTrend | null };
  readonly legend: LegendModel;
}

/** Which time is shown, what lies under it, and the ways to take it along. */
export function ExploreTools({ at, range, chart, legend }: ExploreToolsProps): JSX.Element {
  const { window } = at;
  return (
    <div class="explore-tools">
      <RangeChoice
        range={window ? undefined : range}
        onChoose={() => {
          if (window) goTo({ ...at, window: undefined }, 'push');
        }}
      />
      {window && <StandingStill at={at} window={window} />}
      <OverlayChoice at={at} />
      <span class="grow" />
      <TakeAlong at={at} range={range} chart={chart} legend={legend} />
    </div>
  );
}

function StandingStill({
  at,
  window,
}: {
  readonly at: Exploration;
  readonly window: TimeWindow;
}): JSX.Element {
  const { store } = useCore();
  const widen = (): void => {
    const half = (window.toMs - window.fromMs) / 2;
    const toMs = Math.min(window.toMs + half, store.serverClock.now());
    goTo({ ...at, window: { fromMs: Math.round(window.fromMs - half), toMs: Math.round(toMs) } }, 'push');
  };
  return (
    <span class="standing">
      <span class="span">
        {formatDateTime(window.fromMs)} – {formatDateTime(window.toMs)}
      </span>
      <button type="button" class="plain" onClick={widen}>
        {t('explore.zoomOut')}
      </button>
      <button type="button" class="plain" onClick={() => goTo({ ...at, window: undefined }, 'push')}>
        {t('explore.live')}
      </button>
    </span>
  );
}

function OverlayChoice({ at }: { readonly at: Exploration }): JSX.Element {
  return (
    <label class="overlay-choice">
      {t('explore.overlay')}
      <select
        class="plain"
        value={at.overlay ?? ''}
        onChange={(event) =>
          goTo({ ...at, overlay: OVERLAYS.find((each) => each === event.currentTarget.value) }, 'replace')
        }
      >
        <option value="">{t('explore.overlay.none')}</option>
        {OVERLAYS.map((each) => (
          <option key={each} value={each} selected={each === at.overlay}>
            {t(`explore.overlay.${each}`)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The shown stretch as files, and as a link that shows the same picture to whoever opens it. */
function TakeAlong({ at, range, chart, legend }: ExploreToolsProps): JSX.Element {
  const core = useCore();
  const [copied, setCopied] = useState(false);
  const shown = (): TimeWindow => {
    const now = Math.round(core.store.serverClock.now());
    return at.window ?? { fromMs: now - RANGE_MS[range], toMs: now };
  };
  const download = (format: 'csv' | 'parquet'): void => {
    location.assign(core.api.exportUrl({ signals: at.signals, ...shown(), format }));
  };
  const picture = async (): Promise<void> => {
    const canvas = chart.current?.canvas;
    if (canvas)
      await savePicture(canvas, pictureTexts(legend.rows.peek(), shown(), core.plant.machines.peek()));
  };
  const copyLink = async (): Promise<void> => {
    // A link shows the same picture later too: what moves is made to stand still.
    const link = new URL(location.href);
    const { fromMs, toMs } = shown();
    link.searchParams.set('from', new Date(fromMs).toISOString());
    link.searchParams.set('to', new Date(toMs).toISOString());
    await navigator.clipboard.writeText(link.href);
    setCopied(true);
    core.clock.after(COPIED_FOR_MS, () => setCopied(false));
  };
  return (
    <span class="take-along" role="group" aria-label={t('explore.take')}>
      <button type="button" class="plain" onClick={() => download('csv')}>
        CSV
      </button>
      <button type="button" class="plain" onClick={() => download('parquet')}>
        Parquet
      </button>
      <button type="button" class="plain" onClick={() => void picture()}>
        PNG
      </button>
      {/* Without TLS a browser gives pages of other hosts no clipboard; the address bar has the link all the same. */}
      {navigator.clipboard !== undefined && (
        <button type="button" class="plain" onClick={() => void copyLink()}>
          {t(copied ? 'explore.copied' : 'explore.link')}
        </button>
      )}
    </span>
  );
}
