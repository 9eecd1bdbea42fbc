import type { JSX } from 'preact';
import { formatCount } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import type { Totals } from './totals.ts';

/** produced = stored + rejected + declared lost + discarded, as large figures that run. */
export function Account({ totals }: { readonly totals: Totals }): JSX.Element {
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
      </p>
    </section>
  );
}

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
