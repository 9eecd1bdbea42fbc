import type { JSX } from 'preact';
import { PRIORITIES } from '../../services/shared/domain/alarm.ts';
import type { Priority } from '../../services/shared/domain/alarm.ts';
import type { AlarmView } from '../api/model.ts';
import { useCore } from '../app/core-context.ts';
import { linkTo, screen } from '../app/router.ts';
import { formatCount } from '../i18n/format.ts';
import { localized, t, word } from '../i18n/i18n.ts';
import type { TextKey } from '../i18n/messages.ts';

/** Each priority has its shape, its colour and its number: none of them stands alone. */
const SHAPES: Readonly<Record<Priority, JSX.Element>> = {
  1: <path d="M3 3h18v18H3z" />,
  2: <path d="M12 2l10.5 19h-21z" />,
  3: <path d="M12 22L1.5 3h21z" />,
  4: <circle cx="12" cy="12" r="10" />,
};
/** Where the number stands in the shape. */
const BASELINE: Readonly<Record<Priority, number>> = { 1: 16.5, 2: 18.5, 3: 13.5, 4: 16.5 };

export const asPriority = (priority: number): Priority => PRIORITIES.find((known) => known === priority) ?? 4;
export const priorityText = (priority: number): string =>
  t(`alarm.p${asPriority(priority)}` satisfies TextKey);

export function PriorityMark({
  priority,
  attention = false,
}: {
  readonly priority: number;
  /** Nobody has acknowledged it: its outline blinks. */
  readonly attention?: boolean;
}): JSX.Element {
  const known = asPriority(priority);
  return (
    <svg
      class="priority"
      data-priority={known}
      data-attention={attention ? '' : undefined}
      viewBox="0 0 24 24"
      role="img"
      aria-label={priorityText(known)}
    >
      {SHAPES[known]}
      <text x="12" y={BASELINE[known]} text-anchor="middle" aria-hidden="true">
        {known}
      </text>
    </svg>
  );
}

/** How many alarms stand, by priority; leads to them. Those that somebody has set aside are not counted. */
export function AlarmCounts(): JSX.Element {
  const { alarms } = useCore();
  const state = alarms.standing.value;
  const counted = state.kind === 'ready' ? state.value.filter(isCounted) : [];
  const counts = PRIORITIES.map((priority) => ({
    priority,
    n: counted.filter((alarm) => alarm.priority === priority).length,
    attention: counted.some((alarm) => alarm.priority === priority && needsSomebody(alarm)),
  })).filter(({ n }) => n > 0);
  return (
    <a
      class="alarm-counts"
      href={linkTo({ screen: 'alarms' })}
      aria-current={screen.value.screen === 'alarms' ? 'page' : undefined}
      data-state={state.kind}
    >
      <span class="alarm-word">{t('nav.alarms')}</span>
      {counts.map(({ priority, n, attention }) => (
        <span class="alarm-count" key={priority}>
          <PriorityMark priority={priority} attention={attention} />
          {formatCount(n)}
        </span>
      ))}
      {counts.length === 0 && (
        <span class="alarm-count">{state.kind === 'ready' ? formatCount(0) : '–'}</span>
      )}
    </a>
  );
}

/** The machine's words in the reader's language, where it has them. */
export const messageText = (message: AlarmView['message']): string => {
  const own = localized(message);
  return own === message.en ? word(own) : own;
};

const isCounted = ({ state }: AlarmView): boolean => state !== 'shelved' && state !== 'suppressed';
export const needsSomebody = ({ state }: Pick<AlarmView, 'state'>): boolean =>
  state === 'active' || state === 'returned';
/** Nobody has acknowledged it, and it cannot wait until somebody looks. */
export const isUrgent = (alarm: Pick<AlarmView, 'state' | 'priority'>): boolean =>
  alarm.priority <= 2 && needsSomebody(alarm);
