import type { JSX } from 'preact';
import type { MachineInfo } from '../../api/model.ts';
import { useCore } from '../../app/core-context.ts';
import { linkTo } from '../../app/router.ts';
import { t } from '../../i18n/i18n.ts';
import { useActing } from '../alarms/act-button.tsx';
import { AlarmRow } from '../alarms/alarm-row.tsx';

/** What stands at this machine; nothing is shown where nothing does. */
export function MachineAlarms({ machine }: { readonly machine: MachineInfo }): JSX.Element | null {
  const { alarms } = useCore();
  useActing();
  const state = alarms.standing.value;
  const own = state.kind === 'ready' ? state.value.filter((alarm) => alarm.machine === machine.id) : [];
  if (own.length === 0) return null;
  const [site = '', name = ''] = machine.id.split('/');
  return (
    <section class="panel machine-alarms" aria-label={t('alarm.now')}>
      <h2>
        <a href={linkTo({ screen: 'alarms', machine: `${site}/${name}` })}>{t('nav.alarms')}</a>
      </h2>
      <ul class="alarm-list">
        {own.map((alarm) => (
          <AlarmRow key={alarm.id} alarm={alarm} machine={machine} isAtHome />
        ))}
      </ul>
    </section>
  );
}
