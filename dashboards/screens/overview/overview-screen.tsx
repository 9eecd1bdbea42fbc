import type { JSX, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { typeScale } from '../../charts/palette.ts';
import { useCore, useSubscription } from '../../app/core-context.ts';
import { link } from '../../app/core.ts';
import { formatCount } from '../../i18n/format.ts';
import { localized, plural, t } from '../../i18n/i18n.ts';
import type { MachineInfo } from '../../api/model.ts';
import { findStateSignal } from '../../machines/machine-state.ts';
import { keySignals } from '../../machines/key-signals.ts';
import { LoadMessage } from '../../frame/load-message.tsx';
import { MachineTile, TILE_SIGNALS } from './machine-tile.tsx';

/** Level 1: every machine of the plant, each as one tile. Order and size never jump. */
export function OverviewScreen(): JSX.Element {
  const { plant } = useCore();
  const machines = plant.machines.value;
  if (machines.kind !== 'ready') return <LoadMessage state={machines} />;
  const inUse = machines.value.filter(({ retired }) => !retired);
  if (inUse.length === 0)
    return (
      <div class="message panel">
        <h2>{t('overview.empty')}</h2>
        <p>{t('overview.emptyText')}</p>
      </div>
    );
  return <Tiles machines={inUse} retired={machines.value.filter(({ retired }) => retired)} />;
}

interface TilesProps {
  readonly machines: readonly MachineInfo[];
  readonly retired: readonly MachineInfo[];
}

function Tiles({ machines, retired }: TilesProps): JSX.Element {
  const { plant } = useCore();
  const tiles = machines.map((machine) => {
    const loaded = plant.signalsOf(machine.id).value;
    const signals = loaded.kind === 'ready' ? loaded.value : [];
    return {
      machine,
      state: findStateSignal(signals),
      keys: keySignals(machine.kind, signals, TILE_SIGNALS),
    };
  });
  const tags = tiles.flatMap(({ state, keys }) => [
    ...(state ? [state.id] : []),
    ...keys.map(({ id }) => id),
  ]);
  useSubscription(tags.length > 0 ? { tags, rate: 4, mode: 'minmax' } : undefined);
  const connected =
    link.value === 'live' ? machines.filter((machine) => machine.connected && !machine.stale).length : 0;
  return (
    <>
      <p class="screen-summary">
        <span>{plural('count.machines', machines.length, formatCount(machines.length))}</span>
        <span>
          {t('overview.summary', { connected: formatCount(connected), total: formatCount(machines.length) })}
        </span>
        {retired.length > 0 && (
          <span class="retired">
            {t('overview.retired', { names: retired.map((machine) => localized(machine.name)).join(', ') })}
          </span>
        )}
        <span class="grow" />
        <span>{t('overview.lastMinutes')}</span>
      </p>
      <div class="tiles" ref={useBalancedTiles(machines.length)}>
        {tiles.map(({ machine, state, keys }) => (
          <MachineTile key={machine.id} machine={machine} state={state} keys={keys} />
        ))}
      </div>
    </>
  );
}

const TILE_REM = 23;
const GAP_REM = 0.75;
/** Heights of a tile as in screens.css: names on two lines; dense, names on one line, for which it must be wide. */
const ROOMY_REM = 22.5;
const DENSE_REM = 18.75;
const DENSE_WIDTH_REM = 26;

/**
 * As many columns as give full rows: four machines on a small screen are two and two, not three and one. Dense where that
 * spares a large screen its scroll bar.
 */
function useBalancedTiles(count: number): RefObject<HTMLDivElement> {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const lay = (): void => {
      const rem = 16 * typeScale();
      const width = element.clientWidth / rem + GAP_REM;
      const rows = Math.ceil(count / Math.max(1, Math.floor(width / (TILE_REM + GAP_REM))));
      const columns = Math.ceil(count / rows);
      element.style.setProperty('--columns', String(columns));
      const height = heightLeft(element) / rem + GAP_REM;
      const isDense =
        width / columns >= DENSE_WIDTH_REM + GAP_REM &&
        rows * (ROOMY_REM + GAP_REM) > height &&
        rows * (DENSE_REM + GAP_REM) <= height;
      element.toggleAttribute('data-dense', isDense);
    };
    const observer = new ResizeObserver(lay);
    observer.observe(element);
    addEventListener('resize', lay);
    return () => {
      observer.disconnect();
      removeEventListener('resize', lay);
    };
  }, [count]);
  return ref;
}

/** From the top of the tiles to the end of the window, in px. */
function heightLeft(element: HTMLElement): number {
  const main = element.closest('main');
  const below = main ? parseFloat(getComputedStyle(main).paddingBottom) : 0;
  return innerHeight - (element.getBoundingClientRect().top + scrollY) - below;
}
