import type { JSX } from 'preact';
import type { AlarmView } from '../../api/model.ts';
import { useCore } from '../../app/core-context.ts';
import { linkTo } from '../../app/router.ts';
import { messageText, PriorityMark } from '../../frame/alarm-marks.tsx';
import { formatCount } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { acknowledgeFocused, ActButton, useActing } from './act-button.tsx';
import { MachineLink, Since } from './alarm-row.tsx';
import './alarm-banner.css';

/** One line for the newest of the most urgent alarms that nobody has acknowledged, and how many more there are. */
export function AlarmBanner({ urgent }: { readonly urgent: readonly AlarmView[] }): JSX.Element | null {
  const { plant } = useCore();
  useActing();
  const [first] = urgent.toSorted((a, b) => a.priority - b.priority || (a.since > b.since ? -1 : 1));
  if (!first) return null;
  const machines = plant.machines.value;
  const machine =
    machines.kind === 'ready' ? machines.value.find(({ id }) => id === first.machine) : undefined;
  return (
    <section class="alarm-banner" aria-label={t('wall.attention')} onKeyDown={acknowledgeFocused}>
      <PriorityMark priority={first.priority} attention />
      <strong role="status">{messageText(first.message)}</strong>
      <MachineLink id={first.machine} machine={machine} />
      <Since timeMs={Date.parse(first.since)} />
      <ActButton alarm={first} />
      <span class="grow" />
      {urgent.length > 1 && (
        <a href={linkTo({ screen: 'alarms', priority: 2 })}>
          {t('wall.more', { n: formatCount(urgent.length - 1) })}
        </a>
      )}
    </section>
  );
}
