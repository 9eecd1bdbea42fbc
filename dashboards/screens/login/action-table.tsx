import type { JSX } from 'preact';
import type { ActionEntry } from '#contracts/api/session.ts';
import { useCore } from '../../app/core-context.ts';
import type { Loaded } from '../../app/plant.ts';
import { usePolled } from '../../app/use-polled.ts';
import { LoadMessage } from '../../frame/load-message.tsx';
import { formatDateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';

const SHOWN = 50;
const READ_EVERY_MS = 10_000;

/** The newest of what users did, and of what was refused them. */
export function ActionTable(): JSX.Element {
  const actions = useActions();
  if (actions.kind !== 'ready') return <LoadMessage state={actions} />;
  return (
    <section class="panel" aria-labelledby="actions">
      <h2 id="actions">{t('actions.title')}</h2>
      {actions.value.length === 0 ? (
        <p>{t('actions.none')}</p>
      ) : (
        <div class="table-scroll" tabIndex={0} role="group" aria-label={t('actions.title')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('trend.time')}</th>
                <th scope="col">{t('actions.user')}</th>
                <th scope="col">{t('actions.action')}</th>
                <th scope="col">{t('actions.target')}</th>
                <th scope="col">{t('actions.outcome')}</th>
                <th scope="col">{t('actions.address')}</th>
              </tr>
            </thead>
            <tbody>
              {actions.value.map((entry) => (
                <Row key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ entry }: { readonly entry: ActionEntry }): JSX.Element {
  const { time, user, role, action, target, address, outcome, detail } = entry;
  return (
    <tr data-outcome={outcome}>
      <td>{formatDateTime(Date.parse(time))}</td>
      <td>{role === null ? t('actions.visitor') : `${user} (${t(`role.${role}`)})`}</td>
      <td>{action}</td>
      <td>{target}</td>
      <td>
        {t(`outcome.${outcome}`)} {detail !== '' && <code>{detail}</code>}
      </td>
      <td>{address}</td>
    </tr>
  );
}

function useActions(): Loaded<readonly ActionEntry[]> {
  const { api } = useCore();
  return usePolled({
    everyMs: READ_EVERY_MS,
    read: (abort) => api.actions(SHOWN, abort),
    // A list of actions that may no longer be read must not stay.
    tellsFailures: true,
  });
}
