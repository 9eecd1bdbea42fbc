import type { JSX } from 'preact';
import type { NotRead } from '../../api/model.ts';
import { formatAge, formatCount } from '../../i18n/format.ts';
import { plural, t } from '../../i18n/i18n.ts';
import type { Totals } from './totals.ts';

export interface AccountProps {
  readonly totals: Totals;
  readonly notRead: NotRead;
}

/**
 * produced = stored + rejected + declared lost + discarded, as large figures that run. What was never read is in no term of it:
 * it stands beside.
 */
export function Account({ totals, notRead }: AccountProps): JSX.Element {
  const balanced = totals.unexplained === 0;
  const verdict = totals.unexplained === undefined ? 'pending' : balanced ? 'balanced' : 'unbalanced';
  return (
    <section class="panel account" aria-label={t('pipeline.identity')}>
      <header>
        <h2>{t('pipeline.identity')}</h2>
        <span class="verdict" data-verdict={verdict} role="status">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            {verdict === 'balanced' && <path d="M2.5 8.5l3.5 3.5 7.5-8" />}
            {verdict === 'unbalanced' && <path d="M3 3l10 10M13 3L3 13" />}
            {verdict === 'pending' && <path d="M3 8h10" />}
          </svg>
          {t(`pipeline.${verdict}`)}
        </span>
      </header>
      <div class="equation value-group">
        <Term name={t('pipeline.produced')} value={totals.produced} />
        <Sign text="=" />
        <Term name={t('pipeline.stored')} value={totals.stored} />
        <Sign text="+" />
        <Term name={t('pipeline.rejected')} value={totals.rejected} />
        <Sign text="+" />
        <Term name={t('pipeline.declaredLost')} value={totals.declaredLost} />
        <Sign text="+" />
        <Term name={t('pipeline.discarded')} value={totals.discarded} />
        <Sign text="+" />
        <Term name={t('pipeline.difference')} value={totals.unexplained} />
      </div>
      <p class="note">
        {t('pipeline.explain')} {t('pipeline.inFlightRecords', { n: formatCount(totals.inFlight) })}
        {totals.ahead > 0 && ` ${t('pipeline.ahead', { n: formatCount(totals.ahead) })}`}
      </p>
      <p class="not-read" data-gaps={notRead.gaps}>
        <strong>{t('pipeline.notRead')}:</strong> {notReadText(notRead)}
        {notRead.gaps > 0 && ` (${t('pipeline.notReadUnion')})`}
      </p>
    </section>
  );
}

/** `3 gaps, 12 min in all` */
export const notReadText = ({ gaps, totalMs }: NotRead): string =>
  gaps === 0
    ? t('pipeline.notReadNone')
    : t('pipeline.notReadSum', {
        gaps: plural('count.gaps', gaps, formatCount(gaps)),
        time: formatAge(totalMs),
      });

function Term({ name, value }: { readonly name: string; readonly value: number | undefined }): JSX.Element {
  return (
    <div class="term">
      <span class="term-name">{name}</span>
      <span class="term-value value">
        <span class="number">{value === undefined ? '…' : formatCount(value)}</span>
      </span>
    </div>
  );
}

function Sign({ text }: { readonly text: string }): JSX.Element {
  return (
    <span class="sign" aria-hidden="true">
      {text}
    </span>
  );
}
