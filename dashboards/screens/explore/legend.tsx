import type { JSX } from 'preact';
import type { SignalInfo } from '../../api/model.ts';
import { useCore } from '../../app/core-context.ts';
import type { Overlay } from '../../app/route.ts';
import { palette } from '../../charts/palette.ts';
import { openPassport } from '../../frame/passport-state.ts';
import { formatDateTime, formatValue, unitOf } from '../../i18n/format.ts';
import { signalName } from '../../i18n/signal-names.ts';
import { localized, t } from '../../i18n/i18n.ts';
import type { LegendModel, LegendRow } from './legend-model.ts';
import { dashOf } from './line-look.ts';

export interface LegendProps {
  readonly legend: LegendModel;
  readonly signals: readonly SignalInfo[];
  readonly overlay: Overlay | undefined;
  readonly onRemove: (id: string) => void;
}

/** The picture in numbers: the reading at the cursor, else the newest, and what the stretch comes to. */
export function Legend({ legend, signals, overlay, onRemove }: LegendProps): JSX.Element {
  const cursorMs = legend.cursorMs.value;
  const rows = legend.rows.value;
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('explore.legend')}>
      <table class="legend">
        <thead>
          <tr>
            <th scope="col">{t('explore.signal')}</th>
            <th scope="col" class="reading">
              {cursorMs === undefined ? t('explore.newest') : formatDateTime(cursorMs)}
            </th>
            {overlay && <th scope="col">{t(`explore.overlay.${overlay}`)}</th>}
            <th scope="col">{t('trend.min')}</th>
            <th scope="col">{t('trend.mean')}</th>
            <th scope="col">{t('trend.max')}</th>
            <th scope="col">
              <span class="visually-hidden">{t('explore.remove')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {signals.map((signal, i) => (
            <Row key={signal.id} i={i} signal={signal} row={rows[i]} overlay={overlay} onRemove={onRemove} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly i: number;
  readonly signal: SignalInfo;
  readonly row: LegendRow | undefined;
  readonly overlay: Overlay | undefined;
  readonly onRemove: (id: string) => void;
}

function Row({ i, signal, row, overlay, onRemove }: RowProps): JSX.Element {
  const name = signalName(signal);
  const unit = unitOf(signal);
  const shown = (value: number | null | undefined): string =>
    `${formatValue(signal, booleanOr(signal, value))}${unit === '' ? '' : `\u00a0${unit}`}`;
  const { statistics } = row ?? {};
  return (
    <tr data-signal={signal.id}>
      <th scope="row">
        <LineMark i={i} />
        <span class="name">{name}</span> <span class="place">{useMachineName(signal.machine)}</span>
      </th>
      <td class="reading">
        <button
          type="button"
          class="reading-button"
          aria-haspopup="dialog"
          title={t('passport.open')}
          onClick={() => openPassport(signal)}
        >
          {shown(row?.value)}
        </button>
      </td>
      {overlay && <td>{shown(row?.overlayValue)}</td>}
      <td>{shown(statistics?.min)}</td>
      <td>{shown(statistics?.mean)}</td>
      <td>{shown(statistics?.max)}</td>
      <td>
        <button
          type="button"
          class="quiet"
          aria-label={`${t('explore.remove')}: ${name}`}
          title={t('explore.remove')}
          onClick={() => onRemove(signal.id)}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true" class="cross">
            <path d="M4 4l8 8M12 4l-8 8" />
          </svg>
        </button>
      </td>
    </tr>
  );
}

function LineMark({ i }: { readonly i: number }): JSX.Element {
  return (
    <svg class="line-mark" viewBox="0 0 28 8" aria-hidden="true">
      <path d="M0 4H28" stroke={palette.value.lines[i]} stroke-dasharray={dashOf(i).join(' ')} />
    </svg>
  );
}

function useMachineName(id: string): string {
  const machines = useCore().plant.machines.value;
  const machine = machines.kind === 'ready' ? machines.value.find((each) => each.id === id) : undefined;
  return machine ? localized(machine.name) : id;
}

/** Trends draw a boolean as 0 and 1. */
const booleanOr = (
  signal: SignalInfo,
  value: number | null | undefined,
): number | boolean | null | undefined =>
  signal.dataType === 'Boolean' && typeof value === 'number' && (value === 0 || value === 1)
    ? value === 1
    : value;
