import type { JSX } from 'preact';
import type { Loaded } from '../app/plant.ts';
import { t } from '../i18n/i18n.ts';

/** Instead of a screen whose contents are not there yet: what is awaited, or why it did not come. */
export function LoadMessage({
  state,
}: {
  readonly state: Exclude<Loaded<unknown>, { kind: 'ready' }>;
}): JSX.Element {
  if (state.kind === 'loading')
    return (
      <div class="message" role="status">
        {t('link.open')}
      </div>
    );
  return (
    <div class="message panel" role="alert">
      <h2>{t('error.load', { reason: state.code })}</h2>
      <p>{state.reason}</p>
      <p>{t('error.retrying')}</p>
    </div>
  );
}
