import type { JSX } from 'preact';
import { RANGES } from '../app/route.ts';
import type { RangeName } from '../app/route.ts';
import { choose } from '../app/router.ts';
import { t } from '../i18n/i18n.ts';
import type { TextKey } from '../i18n/messages.ts';

/** How much of the past is shown; the address keeps it. */
export function RangeChoice({ range }: { readonly range: RangeName }): JSX.Element {
  return (
    <div class="segmented" role="group" aria-label={t('range.label')}>
      {RANGES.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === range}
          onClick={() => choose({ range: each })}
        >
          {t(`range.${each}` satisfies TextKey)}
        </button>
      ))}
    </div>
  );
}
