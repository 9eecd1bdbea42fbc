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
      <div class="tiles" ref={useBalancedColumns(machines.length)}>
        {tiles.map(({ machine, state, keys }) => (
          <MachineTile key={machine.id} machine={machine} state={state} keys={keys} />
        ))}
      </div>
    </>
  );
}

const TILE_REM = 23;
const GAP_REM = 0.75;

/** As many columns as give full rows: four machines on a small screen are two and two, not three and one. */
function useBalancedColumns(count: number): RefObject<HTMLDivElement> {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => {
      const rem = 16 * typeScale();
      const fit = Math.max(
        1,
        Math.floor((element.clientWidth + GAP_REM * rem) / ((TILE_REM + GAP_REM) * rem)),
      );
      const rows = Math.ceil(count / fit);
      element.style.setProperty('--columns', String(Math.ceil(count / rows)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [count]);
  return ref;
}
