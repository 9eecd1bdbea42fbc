import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AlarmAction } from '../../api/client.ts';
import type { AlarmView } from '../../api/model.ts';
import { useCore } from '../../app/core-context.ts';
import { readSession, session } from '../../app/session.ts';
import { formatAge } from '../../i18n/format.ts';
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

interface Acting {
  readonly isBusy: boolean;
  /** Why the last act was not taken; empty = it was. */
  readonly failure: string;
  readonly act: (action: AlarmAction, minutes?: number) => Promise<void>;
}

/** What becomes of the alarm is told by the machine's own event. */
function useAct({ id }: AlarmView): Acting {
  const { api } = useCore();
  const isBusy = useSignal(false);
  const failure = useSignal('');
  const act = async (action: AlarmAction, minutes?: number): Promise<void> => {
    isBusy.value = true;
    failure.value = '';
    try {
      await api.actOnAlarm(id, action, minutes);
    } catch (error) {
      failure.value = t('alarm.actFailed', {
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    isBusy.value = false;
  };
  return { isBusy: isBusy.value, failure: failure.value, act };
}

/** For operators only. */
export function ActButton({ alarm }: { readonly alarm: AlarmView }): JSX.Element | null {
  const { isBusy, failure, act } = useAct(alarm);
  const action = nextAction(alarm);
  // Operator is the least of the roles.
  if (!session.value?.user || action === undefined) return null;
  return (
    <span class="alarm-act">
      <button type="button" aria-keyshortcuts="a" disabled={isBusy} onClick={() => void act(action)}>
        {t(`alarm.${action}`)}
      </button>
      <span role="status" class="alarm-failure">
        {failure}
      </span>
    </span>
  );
}

/** A shift, and less. */
const SHELVE_MINUTES = [15, 60, 480] as const;

/** Known, and set aside: for a while or until it has gone once. Taken back by a press. */
export function ShelveButton({ alarm }: { readonly alarm: AlarmView }): JSX.Element | null {
  const { isBusy, failure, act } = useAct(alarm);
  const isOpen = useSignal(false);
  if (!session.value?.user || alarm.shelving === null) return null;
  const isShelved = alarm.shelving !== 'unshelved';
  const shelve = (minutes?: number): void => {
    isOpen.value = false;
    void act('shelve', minutes);
  };
  return (
    <span class="alarm-act alarm-shelve">
      {isShelved ? (
        <button type="button" disabled={isBusy} onClick={() => void act('unshelve')}>
          {t('alarm.unshelve')}
        </button>
      ) : (
        <button
          type="button"
          disabled={isBusy}
          aria-expanded={isOpen.value}
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          {t('alarm.shelve')}
        </button>
      )}
      {isOpen.value && !isShelved && (
        <span class="alarm-shelve-times" role="group" aria-label={t('alarm.shelve')}>
          {SHELVE_MINUTES.map((minutes) => (
            <button type="button" key={minutes} onClick={() => shelve(minutes)}>
              {formatAge(minutes * 60_000)}
            </button>
          ))}
          <button type="button" onClick={() => shelve()}>
            {t('alarm.shelveOnce')}
          </button>
        </span>
      )}
      <span role="status" class="alarm-failure">
        {failure}
      </span>
    </span>
  );
}

/** `a`, wherever that key stands in the reader's own letters: what the focus is on. */
export function acknowledgeFocused(event: KeyboardEvent): void {
  if (event.code !== 'KeyA' || event.ctrlKey || event.altKey || event.metaKey) return;
  const row = event.target instanceof Element ? event.target.closest('.alarm, .alarm-banner') : null;
  const button = row?.querySelector('.alarm-act:not(.alarm-shelve) button');
  if (button instanceof HTMLButtonElement) button.click();
}
