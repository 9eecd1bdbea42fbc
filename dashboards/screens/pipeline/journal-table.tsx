import type { JSX } from 'preact';
import type { PipelineView } from '../../api/model.ts';
import { formatAge, formatBytes, formatCount } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';

type Agent = PipelineView['agents'][number];

/** What the agents have read and not yet seen acknowledged: where samples wait when the way is cut. */
export function JournalTable({ pipeline }: { readonly pipeline: PipelineView }): JSX.Element {
  return (
    <section class="panel journals" aria-label={t('pipeline.journals')}>
      <h2>{t('pipeline.journals')}</h2>
      <div class="table-scroll" tabIndex={0} role="group" aria-label={t('pipeline.journals')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('pipeline.agent')}</th>
              <th scope="col">{t('pipeline.status')}</th>
              <th scope="col" class="num">
                {t('pipeline.queue')}
              </th>
              <th scope="col" class="num">
                {t('pipeline.oldest')}
              </th>
              <th scope="col">{t('pipeline.journal')}</th>
            </tr>
          </thead>
          <tbody>
            {pipeline.agents.map((agent) => (
              <Row key={agent.agent} agent={agent} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ agent: { agent, online, health } }: { readonly agent: Agent }): JSX.Element {
  const journal = health?.journal;
  const status = !online ? 'down' : journal?.problem === undefined ? 'ok' : 'degraded';
  return (
    <tr>
      <th scope="row">{agent}</th>
      <td>
        <span class="status" data-status={status} title={journal?.problem}>
          {t(online ? 'pipeline.online' : 'pipeline.offline')}
        </span>
      </td>
      <td class="num">{journal ? formatCount(Math.max(0, journal.head - journal.tail)) : '–'}</td>
      <td class="num">{journal ? formatAge(journal.oldestUnacknowledgedMs) : '–'}</td>
      <td>
        {journal
          ? t('pipeline.ofLimit', {
              used: formatBytes(journal.bytes),
              limit: formatBytes(journal.limitBytes),
            })
          : '–'}
      </td>
    </tr>
  );
}
