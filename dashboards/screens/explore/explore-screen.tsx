import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { isNumeric } from '../../api/model.ts';
import type { SignalInfo } from '../../api/model.ts';
import { useCore, useSubscription } from '../../app/core-context.ts';
import { MAX_EXPLORED } from '../../app/route.ts';
import type { Exploration } from '../../app/route.ts';
import { choices, goTo } from '../../app/router.ts';
import type { MultiTrend } from '../../charts/multi-trend.ts';
import { Finder } from '../../frame/finder.tsx';
import { t } from '../../i18n/i18n.ts';
import { ExploreTools } from './explore-tools.tsx';
import { Legend } from './legend.tsx';
import { useExploration } from './use-exploration.ts';
import './explore.css';

const KEY_STEP_PX = 4;

/** Level 4: any signals over any time, beside another time; what is shown can be taken along. */
export function ExploreScreen({ at }: { readonly at: Exploration }): JSX.Element {
  const known = useSignals(at.signals);
  const signals = known.filter((signal): signal is SignalInfo => signal !== undefined);
  const unknown = at.signals.filter((_, i) => known[i] === undefined);
  const ids = signals.map(({ id }) => id);
  useSubscription(ids.length > 0 ? { tags: ids, rate: 10, mode: 'minmax' } : undefined);
  const setSignals = (next: readonly string[]): void => goTo({ ...at, signals: next }, 'replace');
  const isFull = at.signals.length >= MAX_EXPLORED;
  return (
    <div class="explore">
      <section class="explore-side">
        <Finder
          label={t('explore.add')}
          only="signals"
          onPick={({ signal }) => {
            if (signal && !isFull && !at.signals.includes(signal.id)) setSignals([...at.signals, signal.id]);
          }}
        />
        {isFull && <p class="hint">{t('explore.full', { n: MAX_EXPLORED })}</p>}
        {unknown.map((id) => (
          <p class="hint panel" key={id}>
            {t('explore.unknown', { id })}{' '}
            <button
              type="button"
              class="link"
              onClick={() => setSignals(at.signals.filter((each) => each !== id))}
            >
              {t('explore.remove')}
            </button>
          </p>
        ))}
      </section>
      {signals.length === 0 ? (
        <div class="message panel explore-empty">
          <h2>{t('explore.empty')}</h2>
          <p>{t('explore.emptyText')}</p>
        </div>
      ) : (
        <Picture
          key={ids.join(' ')}
          at={at}
          signals={signals}
          onRemove={(id) => setSignals(at.signals.filter((each) => each !== id))}
        />
      )}
    </div>
  );
}

interface PictureProps {
  readonly at: Exploration;
  readonly signals: readonly SignalInfo[];
  readonly onRemove: (id: string) => void;
}

function Picture({ at, signals, onRemove }: PictureProps): JSX.Element {
  const chart = useRef<MultiTrend | null>(null);
  const range = choices.value.range ?? '10m';
  const { host, legend, status } = useExploration({ at, range, signals, chart });
  const onKeyDown = (event: KeyboardEvent): void => {
    const direction = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (direction === 0) return;
    event.preventDefault();
    chart.current?.moveCursor(direction * KEY_STEP_PX * (event.shiftKey ? 10 : 1));
  };
  return (
    <section class="picture panel" aria-label={t('screen.explore')}>
      <ExploreTools at={at} range={range} chart={chart} legend={legend} />
      <div
        class="trend-plot"
        ref={host}
        role="img"
        tabIndex={0}
        aria-label={`${t('screen.explore')}. ${t('trend.keys')}`}
        onKeyDown={onKeyDown}
        onBlur={() => chart.current?.clearCursor()}
      />
      <p class="note" role="status">
        {status === 'loading'
          ? t('trend.loading')
          : status === 'failed'
            ? t('trend.failed')
            : t('explore.drag')}
      </p>
      <Legend legend={legend} signals={signals} overlay={at.overlay} onRemove={onRemove} />
    </section>
  );
}

/** Drawable signals by id; undefined for what is not known. Nothing is judged unknown before its machine has answered. */
function useSignals(ids: readonly string[]): readonly (SignalInfo | undefined)[] {
  const { plant } = useCore();
  return ids.map((id) => {
    const signals = plant.signalsOf(id.split('/').slice(0, 2).join('/')).value;
    const found = signals.kind === 'ready' ? signals.value.find((signal) => signal.id === id) : undefined;
    return found && (isNumeric(found) || found.enumNames !== undefined || found.dataType === 'Boolean')
      ? found
      : undefined;
  });
}
