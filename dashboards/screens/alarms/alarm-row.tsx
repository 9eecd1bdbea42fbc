import type { JSX } from 'preact';
import type { AlarmState } from '../../../services/shared/domain/alarm.ts';
import type { AlarmView, MachineInfo } from '../../api/model.ts';
import { useCore, useTicker, writeText } from '../../app/core-context.ts';
import { linkTo } from '../../app/router.ts';
import { messageText, needsSomebody, PriorityMark } from '../../frame/alarm-marks.tsx';
import { useStale } from '../../frame/machine-marks.tsx';
import { formatAge, formatClock, formatDateTime } from '../../i18n/format.ts';
import { localized, t } from '../../i18n/i18n.ts';
import type { TextKey } from '../../i18n/messages.ts';
import { keySignals } from '../../machines/key-signals.ts';
import { ActButton, ShelveButton } from './act-button.tsx';
import './alarms.css';

const BEFORE_MS = 600_000;
const AFTER_MS = 300_000;
/** Signals drawn when one looks at the time of an alarm. */
const LOOK_SIGNALS = 3;
const DAY_MS = 86_400_000;

export const stateText = (state: AlarmState): string => t(`alarm.state.${state}` satisfies TextKey);

export interface AlarmRowProps {
  readonly alarm: AlarmView;
  readonly machine: MachineInfo | undefined;
  /** On the machine's own page it is not named again. */
  readonly isAtHome?: boolean;
}

export function AlarmRow({ alarm, machine, isAtHome = false }: AlarmRowProps): JSX.Element {
  const { id, priority, state, message, since } = alarm;
  const isStale = useStale(alarm.machine);
  const sinceMs = Date.parse(since);
  return (
    <li
      class="alarm"
      data-alarm={id}
      data-priority={priority}
      data-state={state}
      data-stale={isStale ? '' : undefined}
    >
      <PriorityMark priority={priority} attention={needsSomebody(alarm)} />
      <span class="alarm-what">
        <strong>{messageText(message)}</strong>
        <span class="alarm-where">
          {!isAtHome && <MachineLink id={alarm.machine} machine={machine} />}
          {isStale && <span class="alarm-unheard">{t('alarm.unheard')}</span>}
        </span>
      </span>
      <span class="alarm-state">{stateText(state)}</span>
      <Since timeMs={sinceMs} />
      <LookLink id={alarm.machine} machine={machine} timeMs={sinceMs} />
      <span class="alarm-acts">
        <ActButton alarm={alarm} />
        <ShelveButton alarm={alarm} />
      </span>
    </li>
  );
}

export function MachineLink({
  id,
  machine,
}: {
  readonly id: string;
  readonly machine: MachineInfo | undefined;
}): JSX.Element {
  const [site = '', name = ''] = id.split('/');
  return (
    <a href={linkTo({ screen: 'machine', machine: `${site}/${name}` })}>
      {machine ? localized(machine.name) : id}
    </a>
  );
}

/** The clock, and how long ago; the day where it was another one. */
export function Since({ timeMs }: { readonly timeMs: number }): JSX.Element {
  const { store } = useCore();
  const age = useTicker<HTMLSpanElement>((element) =>
    writeText(
      element,
      store.serverClock.measured ? t('value.age', { age: formatAge(store.serverClock.now() - timeMs) }) : '',
    ),
  );
  return (
    <span class="alarm-since">
      <time dateTime={new Date(timeMs).toISOString()}>{shownTime(timeMs, store.serverClock.now())}</time>
      <span class="age" ref={age} />
    </span>
  );
}

export const shownTime = (timeMs: number, nowMs: number): string =>
  Math.abs(nowMs - timeMs) < DAY_MS / 2 ? formatClock(timeMs) : formatDateTime(timeMs);

/** The machine's main values around a time. */
export function LookLink({
  id,
  machine,
  timeMs,
}: {
  readonly id: string;
  readonly machine: MachineInfo | undefined;
  readonly timeMs: number;
}): JSX.Element | null {
  const { plant } = useCore();
  const signals = plant.signalsOf(id).value;
  if (signals.kind !== 'ready' || !machine || signals.value.length === 0) return null;
  const chosen = keySignals(machine.kind, signals.value, LOOK_SIGNALS).map((signal) => signal.id);
  const window = { fromMs: timeMs - BEFORE_MS, toMs: timeMs + AFTER_MS };
  return (
    <a
      class="alarm-look"
      href={linkTo({ screen: 'explore', signals: chosen, window })}
      aria-label={t('alarm.look')}
      title={t('alarm.look')}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M3 3v18h18M6 15l4-5 4 3 6-8" />
      </svg>
    </a>
  );
}
