import type { JSX } from 'preact';
import type { EventView } from '../../api/model.ts';
import { link } from '../../app/core.ts';
import { useCore } from '../../app/core-context.ts';
import { usePolled } from '../../app/use-polled.ts';
import { formatCount } from '../../i18n/format.ts';
import { t } from '../../i18n/i18n.ts';
import { alarmFigures } from './alarm-figures.ts';
import { messageText } from '../../frame/alarm-marks.tsx';

const HOUR_MS = 3_600_000;
const ASK_EVERY_MS = 30_000;
/** As many as the API gives at once. */
const MOST_EVENTS = 1_000;

/** How many alarms come and stand, whether there are more than a person can follow, and which one comes most. */
export function FigureStrip(): JSX.Element | null {
  const { store, alarms } = useCore();
  const events = useLastHour();
  const state = alarms.standing.value;
  if (!events || state.kind !== 'ready') return null;
  const found = alarmFigures(events, state.value, store.serverClock.now());
  const { lately, all, isFlood, chattering, top, stale, shelved } = found;
  return (
    <dl class="alarm-figures panel" data-flood={isFlood ? '' : undefined} aria-label={t('alarm.figures')}>
      <Figure name={t('alarm.lately')} value={formatCount(lately)}>
        {isFlood && <strong class="alarm-flood">{t('alarm.flood')}</strong>}
      </Figure>
      <Figure name={t('alarm.inHour')} value={formatCount(all)} />
      <Figure name={t('alarm.chattering')} value={formatCount(chattering)} />
      <Figure name={t('alarm.stale')} value={formatCount(stale)} />
      <Figure name={t('alarm.state.shelved')} value={formatCount(shelved)} />
      {top?.event.message && (
        <Figure name={t('alarm.top')} value={`${formatCount(top.times)} ×`}>
          <span>{messageText(top.event.message)}</span>
        </Figure>
      )}
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly children?: JSX.Element | false;
}

function Figure({ name, value, children }: FigureProps): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span class="number">{value}</span> {children}
      </dd>
    </div>
  );
}

/** Events of the last hour, newest first: read when an alarm has changed, and every half minute, since the hour goes on. */
function useLastHour(): readonly EventView[] | undefined {
  const { api, store, alarms } = useCore();
  const events = usePolled({
    everyMs: ASK_EVERY_MS,
    of: [alarms.version.value],
    isWanted: link.value === 'live',
    async read(abort) {
      const toMs = store.serverClock.now();
      const wanted = { fromMs: toMs - HOUR_MS, toMs, limit: MOST_EVENTS };
      const all = { machine: undefined, severity: undefined, cursor: undefined };
      return (await api.events({ ...all, ...wanted }, abort)).items;
    },
  });
  return events.kind === 'ready' ? events.value : undefined;
}
