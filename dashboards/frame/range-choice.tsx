import type { JSX } from 'preact';
import { RANGES } from '../app/route.ts';
import type { RangeName } from '../app/route.ts';
import { choose } from '../app/router.ts';
import { t } from '../i18n/i18n.ts';
import type { TextKey } from '../i18n/messages.ts';

export interface RangeChoiceProps {
  /** Undefined: another stretch is shown. */
  readonly range: RangeName | undefined;
  /** Before the range is chosen. */
  readonly onChoose?: () => void;
}

/** How much of the past is shown; the address keeps it. */
export function RangeChoice({ range, onChoose }: RangeChoiceProps): JSX.Element {
  return (
    <div class="segmented" role="group" aria-label={t('range.label')}>
      {RANGES.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === range}
          onClick={() => {
            onChoose?.();
            choose({ range: each });
          }}
        >
          {t(`range.${each}` satisfies TextKey)}
        </button>
      ))}
    </div>
  );
}
