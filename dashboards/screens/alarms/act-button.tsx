import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AlarmAction } from '../../api/client.ts';
import type { AlarmView } from '../../api/model.ts';
import { useCore } from '../../app/core-context.ts';
import { readSession, session } from '../../app/session.ts';
import { t } from '../../i18n/i18n.ts';

/** Somebody may have logged in or out in another tab: asked whenever the page is looked at again. */
export function useActing(): void {
  const { api } = useCore();
  useEffect(() => {
    const ask = (): void => void readSession(api);
    addEventListener('focus', ask);
    return () => removeEventListener('focus', ask);
  }, [api]);
}

/** What is to be done next about an alarm: acknowledge it, then confirm it where the machine wants that. */
export function nextAction({ acked, confirmed }: AlarmView): AlarmAction | undefined {
  if (acked === false) return 'acknowledge';
  return confirmed === false ? 'confirm' : undefined;
}

/** For operators only; what becomes of the alarm is told by the machine's own event. */
export function ActButton({ alarm }: { readonly alarm: AlarmView }): JSX.Element | null {
  const { api } = useCore();
  const isBusy = useSignal(false);
  const failure = useSignal('');
  const action = nextAction(alarm);
  // Operator is the least of the roles.
  if (!session.value?.user || action === undefined) return null;
  const act = async (): Promise<void> => {
    isBusy.value = true;
    failure.value = '';
    try {
      await api.actOnAlarm(alarm.id, action);
    } catch (error) {
      failure.value = t('alarm.actFailed', {
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    isBusy.value = false;
  };
  return (
    <span class="alarm-act">
      <button type="button" aria-keyshortcuts="a" disabled={isBusy.value} onClick={() => void act()}>
        {t(`alarm.${action}`)}
      </button>
      <span role="status" class="alarm-failure">
        {failure.value}
      </span>
    </span>
  );
}

/** `a`, wherever that key stands in the reader's own letters: what the focus is on. */
export function acknowledgeFocused(event: KeyboardEvent): void {
  if (event.code !== 'KeyA' || event.ctrlKey || event.altKey || event.metaKey) return;
  const row = event.target instanceof Element ? event.target.closest('.alarm, .alarm-banner') : null;
  const button = row?.querySelector('.alarm-act button');
  if (button instanceof HTMLButtonElement) button.click();
}
