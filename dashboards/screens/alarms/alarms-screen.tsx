import type { JSX } from 'preact';
import { PRIORITIES } from '../../../services/shared/domain/alarm.ts';
import type { MachineInfo } from '../../api/model.ts';
import { useCore } from '../../app/core-context.ts';
import type { AlarmView as AlarmPlace, RangeName } from '../../app/route.ts';
import { choices, goTo, linkTo } from '../../app/router.ts';
import { session } from '../../app/session.ts';
import { priorityText } from '../../frame/alarm-marks.tsx';
import { LoadMessage } from '../../frame/load-message.tsx';
import { RangeChoice } from '../../frame/range-choice.tsx';
import { localized, t } from '../../i18n/i18n.ts';
import { acknowledgeFocused, nextAction, useActing } from './act-button.tsx';
import { AlarmRow } from './alarm-row.tsx';
import { EventList } from './event-list.tsx';
import { FigureStrip } from './figure-strip.tsx';
import { OUTAGE_PRIORITY, OutageRow, isOut } from './outage-row.tsx';

/** Least severity of a priority: the inverse of `priorityOf`. */
const LEAST_SEVERITY = { 1: 801, 2: 551, 3: 401, 4: undefined } as const;

/** S5: what stands now, the most urgent first, and what happened. */
export function AlarmsScreen({ at }: { readonly at: AlarmPlace }): JSX.Element {
  const { plant, alarms } = useCore();
  useActing();
  const state = alarms.standing.value;
  const loaded = plant.machines.value;
  const machines = loaded.kind === 'ready' ? loaded.value : [];
  const range: RangeName = choices.value.range ?? '1h';
  const { machine, priority } = at;
  return (
    <div class="alarms">
      <Filters at={at} machines={machines} />
      <FigureStrip />
      <section class="panel" aria-labelledby="alarms-now">
        <h2 id="alarms-now">{t('alarm.now')}</h2>
        {state.kind === 'ready' ? <Standing at={at} machines={machines} /> : <LoadMessage state={state} />}
      </section>
      <section class="panel" aria-labelledby="alarms-events">
        <div class="alarms-head">
          <h2 id="alarms-events">{t('alarm.events')}</h2>
          <RangeChoice range={range} />
        </div>
        <EventList
          machine={machine}
          severity={priority && LEAST_SEVERITY[priority]}
          range={range}
          machines={machines}
        />
      </section>
    </div>
  );
}

interface PartProps {
  readonly at: AlarmPlace;
  readonly machines: readonly MachineInfo[];
}

function Standing({ at: { machine, priority }, machines }: PartProps): JSX.Element {
  const { alarms } = useCore();
  const state = alarms.standing.value;
  const shown = (state.kind === 'ready' ? state.value : []).filter(
    (alarm) =>
      (machine === undefined || alarm.machine === machine) &&
      (priority === undefined || alarm.priority <= priority),
  );
  const out = machines.filter(
    (each) =>
      isOut(each) &&
      (machine === undefined || each.id === machine) &&
      (priority === undefined || OUTAGE_PRIORITY <= priority),
  );
  if (shown.length + out.length === 0) return <p class="hint">{t('alarm.none')}</p>;
  return (
    <>
      {session.value?.user === null && shown.some((alarm) => nextAction(alarm)) && (
        <p class="hint alarm-hint">
          {t('alarm.forOperators')} <a href={linkTo({ screen: 'login' })}>{t('session.login')}</a>
        </p>
      )}
      <ul class="alarm-list" onKeyDown={acknowledgeFocused}>
        {out.map((each) => (
          <OutageRow key={each.id} machine={each} />
        ))}
        {shown.map((alarm) => (
          <AlarmRow key={alarm.id} alarm={alarm} machine={machines.find(({ id }) => id === alarm.machine)} />
        ))}
      </ul>
    </>
  );
}

/** By machine and by urgency; the address keeps the choice. */
function Filters({ at, machines }: PartProps): JSX.Element {
  const inUse = machines.filter(({ id, retired }) => !retired || id === at.machine);
  return (
    <div class="alarm-filters">
      <label>
        {t('alarm.machine')}
        <select
          value={at.machine ?? ''}
          onChange={(event) => {
            const [site = '', name = ''] = event.currentTarget.value.split('/');
            goTo({ ...at, machine: name === '' ? undefined : `${site}/${name}` }, 'replace');
          }}
        >
          <option value="">{t('nav.back')}</option>
          {inUse.map(({ id, name }) => (
            <option key={id} value={id} selected={id === at.machine}>
              {localized(name)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t('alarm.priority')}
        <select
          value={at.priority ?? ''}
          onChange={(event) => {
            const chosen = PRIORITIES.find((each) => String(each) === event.currentTarget.value);
            goTo({ ...at, priority: chosen }, 'replace');
          }}
        >
          <option value="">{t('alarm.anyPriority')}</option>
          {PRIORITIES.slice(0, 3).map((each) => (
            <option key={each} value={each} selected={each === at.priority}>
              {each === 1 ? priorityText(each) : t('alarm.atLeast', { priority: priorityText(each) })}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
