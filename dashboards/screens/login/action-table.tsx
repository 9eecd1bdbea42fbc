import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ActionEntry } from '#contracts/api/session.ts';
import { ApiError } from '../../api/client.ts';
import { useCore } from '../../app/core-context.ts';
import type { Loaded } from '../../app/plant.ts';
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
  const { api, clock } = useCore();
  const [actions, setActions] = useState<Loaded<readonly ActionEntry[]>>({ kind: 'loading' });
  useEffect(() => {
    const gone = new AbortController();
    let cancel = (): void => {};
    const read = async (): Promise<void> => {
      try {
        setActions({ kind: 'ready', value: await api.actions(SHOWN, gone.signal) });
      } catch (error) {
        if (gone.signal.aborted) return;
        const code = error instanceof ApiError ? error.code : 'UNREACHABLE';
        setActions({ kind: 'failed', code, reason: error instanceof Error ? error.message : '' });
      }
      if (!gone.signal.aborted) cancel = clock.after(READ_EVERY_MS, () => void read());
    };
    void read();
    return () => {
      gone.abort();
      cancel();
    };
  }, [api, clock]);
  return actions;
}
