import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SignalInfo } from '../api/model.ts';
import { formatDateTime, formatValue, unitOf } from '../i18n/format.ts';
import { t } from '../i18n/i18n.ts';
import type { HistoryState } from './trend-feed.ts';
import type { TrendData } from './trend-data.ts';

const ROWS = 50;

export interface TrendTableProps {
  readonly data: { readonly current: TrendData };
  readonly signal: SignalInfo;
  readonly status: HistoryState;
}

/** The trend for who cannot see it: the newest points as a table, taken when it is opened. */
export function TrendTable({ data, signal, status }: TrendTableProps): JSX.Element {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const details = useRef<HTMLDetailsElement>(null);
  // Opened before the history was there: filled when it comes.
  useEffect(() => {
    if (details.current?.open === true)
      setRows((shown) => (shown.length > 0 ? shown : newestRows(data.current)));
  }, [data, status]);
  const toggle = (event: JSX.TargetedEvent<HTMLDetailsElement>): void =>
    setRows(event.currentTarget.open ? newestRows(data.current) : []);
  return (
    <footer class="trend-foot">
      <details class="twin" ref={details} onToggle={toggle}>
        <summary>{t('trend.table')}</summary>
        {rows.length === 0 ? <p>{t('trend.tableEmpty')}</p> : <Rows rows={rows} signal={signal} />}
      </details>
      <span class="note" role="status">
        {status === 'loading' ? t('trend.loading') : status === 'failed' ? t('trend.failed') : ''}
      </span>
    </footer>
  );
}

interface Row {
  readonly timeMs: number;
  readonly value: number | null;
  readonly lo: number | null;
  readonly hi: number | null;
}

function newestRows(data: TrendData): readonly Row[] {
  const rows: Row[] = [];
  for (let i = data.time.length - 1; i >= 0 && rows.length < ROWS; i -= 1) {
    rows.push({
      timeMs: (data.time[i] ?? 0) * 1000,
      value: data.value[i] ?? null,
      lo: data.lo[i] ?? null,
      hi: data.hi[i] ?? null,
    });
  }
  return rows;
}

function Rows({ rows, signal }: { readonly rows: readonly Row[]; readonly signal: SignalInfo }): JSX.Element {
  const unit = unitOf(signal);
  const head = (text: string): string => (unit === '' ? text : `${text}, ${unit}`);
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('trend.table')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('trend.time')}</th>
            <th scope="col">{head(t('trend.mean'))}</th>
            <th scope="col">{head(t('trend.min'))}</th>
            <th scope="col">{head(t('trend.max'))}</th>
            <th scope="col">{t('trend.quality')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.timeMs}>
              <th scope="row">{formatDateTime(row.timeMs)}</th>
              <td>{formatValue(signal, row.value)}</td>
              <td>{formatValue(signal, row.lo)}</td>
              <td>{formatValue(signal, row.hi)}</td>
              <td>{t(row.value === null ? 'quality.bad' : 'quality.good')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
