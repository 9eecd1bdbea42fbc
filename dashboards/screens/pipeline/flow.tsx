import type { JSX } from 'preact';
import { t } from '../../i18n/i18n.ts';
import type { StageView } from './stages.ts';

/** The way of a value: each stage with its status in shape and word, its figure and what it says of itself. */
export function Flow({ stages }: { readonly stages: readonly StageView[] }): JSX.Element {
  return (
    <section class="flow" aria-label={t('pipeline.flow')}>
      <ol>
        {stages.map(({ name, status, figure, detail }) => (
          <li class="stage panel" data-status={status} key={name}>
            <header>
              <h2>{name}</h2>
              <span class="status" data-status={status}>
                {t(`status.${status}`)}
              </span>
            </header>
            <p class="figure value">
              <span class="number">{figure}</span>
            </p>
            <p class="detail">{detail}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
