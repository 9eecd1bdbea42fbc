import type { JSX } from 'preact';
import { t } from '../../i18n/i18n.ts';
import type { StageView } from './stages.ts';

/** The way of a value: each stage with its status in shape and word, its figure and what it says of itself. */
export function Flow({ stages }: { readonly stages: readonly StageView[] }): JSX.Element {
  return (
    <section class="flow" aria-label={t('pipeline.flow')}>
      <ol>
        {stages.map(({ name, status, figure, queue, lag, detail }) => (
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
            {(queue !== undefined || lag !== undefined) && (
              <dl>
                {queue !== undefined && <Pair name={t('pipeline.queue')} text={queue} />}
                {lag !== undefined && <Pair name={t('pipeline.lag')} text={lag} />}
              </dl>
            )}
            {detail !== undefined && <p class="detail">{detail}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Pair({ name, text }: { readonly name: string; readonly text: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}
