import type { JSX } from 'preact';
import type { DeadLetterView } from '../../api/model.ts';
import { formatCount, formatDateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';

/** Payloads that were refused for good, with the reason: the `rejected` of the account, one by one. */
export function DeadLetterTable({ letters }: { readonly letters: readonly DeadLetterView[] }): JSX.Element {
  return (
    <section class="panel refused" aria-label={t('pipeline.refused')}>
      <h2>{t('pipeline.refused')}</h2>
      {letters.length === 0 ? <p class="hint">{t('pipeline.refusedNone')}</p> : <Rows letters={letters} />}
    </section>
  );
}

function Rows({ letters }: { readonly letters: readonly DeadLetterView[] }): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('pipeline.refused')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('pipeline.received')}</th>
            <th scope="col">{t('pipeline.code')}</th>
            <th scope="col">{t('pipeline.reason')}</th>
            <th scope="col">{t('pipeline.topic')}</th>
            <th scope="col" class="num">
              {t('trend.count')}
            </th>
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => (
            <tr key={letter.id}>
              <th scope="row">{formatDateTime(Date.parse(letter.receivedAt))}</th>
              <td class="mono">{letter.code}</td>
              <td class="text">{letter.reason}</td>
              <td class="mono">{letter.topic}</td>
              <td class="num">{letter.samples === undefined ? '–' : formatCount(letter.samples)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
