import { signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { actOnAlarm, mayActOnAlarms } from '../../api/actions.ts';
import type { AlarmAction } from '../../api/actions.ts';
import type { AlarmView } from '../../api/model.ts';
import { t } from '../../i18n/i18n.ts';

const mayAct = signal(false);

/** Asks who sits here, at the first visit and whenever the page is looked at again. */
export function useActing(): void {
  useEffect(() => {
    const ask = (): void => {
      void mayActOnAlarms().then((may) => {
        mayAct.value = may;
      });
    };
    ask();
    addEventListener('focus', ask);
    return () => removeEventListener('focus', ask);
  }, []);
}

/** What is to be done next about an alarm: acknowledge it, then confirm it where the machine wants that. */
function nextAction({ acked, confirmed }: AlarmView): AlarmAction | undefined {
  if (acked === false) return 'acknowledge';
  return confirmed === false ? 'confirm' : undefined;
}

/** For operators only; what becomes of the alarm is told by the machine's own event. */
export function ActButton({ alarm }: { readonly alarm: AlarmView }): JSX.Element | null {
  const isBusy = useSignal(false);
  const failure = useSignal('');
  const action = nextAction(alarm);
  if (!mayAct.value || action === undefined) return null;
  const act = async (): Promise<void> => {
    isBusy.value = true;
    failure.value = '';
    try {
      await actOnAlarm(alarm.id, action);
    } catch (error) {
      failure.value = t('alarm.actFailed', {
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    isBusy.value = false;
  };
  return (
    <span class="alarm-act">
      <button type="button" disabled={isBusy.value} onClick={() => void act()}>
        {t(`alarm.${action}`)}
      </button>
      <span role="status" class="alarm-failure">
        {failure.value}
      </span>
    </span>
  );
}
