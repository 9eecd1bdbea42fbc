import type { JSX } from 'preact';
import { formatPercent } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { SHARES, type SharesOf } from './machine-quality.ts';

/** The parts side by side, told apart by pattern; the same in words for whoever does not see it. */
export function ShareBar({ shares }: { readonly shares: SharesOf }): JSX.Element {
  const text = SHARES.filter((share) => shares[share] > 0)
    .map((share) => `${t(`quality.share.${share}`)} ${formatPercent(shares[share])}`)
    .join(', ');
  return (
    <span class="share-bar" role="img" aria-label={text} title={text}>
      {SHARES.map((share) => (
        <span key={share} data-share={share} style={`flex-grow:${shares[share].toFixed(5)}`} />
      ))}
    </span>
  );
}

/** What the patterns of the bars mean. */
export function ShareLegend(): JSX.Element {
  return (
    <ul class="share-legend" aria-label={t('quality.legend')}>
      {SHARES.map((share) => (
        <li key={share}>
          <span class="share-bar" aria-hidden="true">
            <span data-share={share} style="flex-grow:1" />
          </span>
          {t(`quality.share.${share}`)}
        </li>
      ))}
    </ul>
  );
}
