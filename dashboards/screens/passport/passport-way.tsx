import type { JSX } from 'preact';
import type { PassportView } from '#contracts/api/passport.ts';
import { paintMs } from '../../app/core.ts';
import { formatAge, formatDateTime, formatMoment, formatMs } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { hopsOf, totalMs, type Hop } from './way.ts';

/** The stations one below the other, with the time of each and the ms since the one before; the last is this browser. */
export function PassportWay({ view }: { readonly view: PassportView }): JSX.Element {
  const total = totalMs(view.steps);
  const painted = paintMs.value;
  return (
    <section class="way">
      <ol>
        {hopsOf(view).map((hop) => (
          <Station key={hop.step} hop={hop} />
        ))}
        <li data-step="painted">
          <span class="station">{t('passport.step.painted')}</span>
          <span class="moment" />
          <span class="ms">
            {painted === undefined
              ? t('passport.notMeasured')
              : t('passport.paint', { age: formatMs(painted) })}
          </span>
        </li>
      </ol>
      <p class="total">
        <span>{t('passport.total')}</span>{' '}
        <strong data-total={total}>
          {total === undefined ? t('passport.notMeasured') : formatMs(total)}
        </strong>
      </p>
    </section>
  );
}

const HALF_A_DAY_MS = 43_200_000;

/** With its day where that is another one. */
function momentOf(iso: string): string {
  const timeMs = Date.parse(iso);
  return Math.abs(Date.now() - timeMs) > HALF_A_DAY_MS ? formatDateTime(timeMs) : formatMoment(iso);
}

/** A value may lie in the store for hours before it is read: that is said as an age. */
function Station({ hop: { step, at, ms, share } }: { readonly hop: Hop }): JSX.Element {
  const took =
    ms === null ? '' : step === 'answered' && ms >= 1_000 ? `+${formatAge(ms)}` : `+${formatMs(ms)}`;
  return (
    <li data-step={step} data-ms={ms ?? undefined}>
      <span class="station">{t(`passport.step.${step}`)}</span>
      <span class="moment">{at === null ? '' : momentOf(at)}</span>
      <span class="ms">{at === null ? t('passport.notMeasured') : took}</span>
      <span class="share" aria-hidden="true">
        <span style={`transform:scaleX(${share.toFixed(4)})`} />
      </span>
    </li>
  );
}
