import type { JSX } from 'preact';
import type { StreamAuditView } from '../../api/model.ts';
import { formatAge, formatCount } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import type { TextKey } from '../../i18n/messages.ts';

const NUMBER_COLUMNS = [
  'pipeline.produced',
  'pipeline.stored',
  'pipeline.rejected',
  'pipeline.declaredLost',
  'pipeline.inFlight',
  'pipeline.difference',
  'pipeline.missing',
  'pipeline.oldest',
] as const satisfies readonly TextKey[];

/** The account stream by stream; current epochs first. */
export function StreamTable({ streams }: { readonly streams: readonly StreamAuditView[] }): JSX.Element {
  return (
    <section class="panel streams" aria-label={t('pipeline.streams')}>
      <h2>{t('pipeline.streams')}</h2>
      {streams.length === 0 ? <p class="hint">{t('pipeline.noStreams')}</p> : <Table streams={streams} />}
    </section>
  );
}

function Table({ streams }: { readonly streams: readonly StreamAuditView[] }): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('pipeline.streams')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('pipeline.agent')}</th>
            <th scope="col">{t('pipeline.epoch')}</th>
            {NUMBER_COLUMNS.map((key) => (
              <th scope="col" class="num" key={key}>
                {t(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...streams].sort(currentFirst).map((stream) => (
            <Row key={`${stream.agent} ${stream.epoch}`} stream={stream} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function currentFirst(a: StreamAuditView, b: StreamAuditView): number {
  if (a.current !== b.current) return a.current ? -1 : 1;
  if (a.agent !== b.agent) return a.agent < b.agent ? -1 : 1;
  return b.epochNumber - a.epochNumber;
}

function Row({ stream }: { readonly stream: StreamAuditView }): JSX.Element {
  const count = (value: number | null): string => (value === null ? '…' : formatCount(value));
  return (
    <tr data-current={stream.current ? '' : undefined}>
      <th scope="row">{stream.agent}</th>
      <td class="text">
        {formatCount(stream.epochNumber)} · <span class="mono">{stream.epoch.slice(0, 8)}</span>
      </td>
      <td class="num">{count(stream.produced)}</td>
      <td class="num">{count(stream.storedAtCut)}</td>
      <td class="num">{count(stream.rejectedAtCut)}</td>
      <td class="num">{count(stream.declaredLostAtCut + stream.lostAtClose)}</td>
      <td class="num">{count(stream.inFlight)}</td>
      <td
        class="num"
        data-unexplained={stream.unexplained === null || stream.unexplained === 0 ? undefined : ''}
      >
        {count(stream.unexplained)}
      </td>
      <td class="num">
        {stream.missing.length === 0
          ? t('pipeline.none')
          : stream.missing
              .map(([from, to]) => `${from}–${to}`)
              .slice(0, 3)
              .join(', ')}
      </td>
      <td class="num">
        {stream.oldestUnacknowledgedMs === null ? '–' : formatAge(stream.oldestUnacknowledgedMs)}
      </td>
    </tr>
  );
}
