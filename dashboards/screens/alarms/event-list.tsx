import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { ApiError } from '../../api/client.ts';
import type { EventView, MachineInfo } from '../../api/model.ts';
import { link } from '../../app/core.ts';
import { useCore } from '../../app/core-context.ts';
import type { Loaded } from '../../app/plant.ts';
import { RANGE_MS } from '../../app/route.ts';
import type { RangeName } from '../../app/route.ts';
import { messageText, PriorityMark } from '../../frame/alarm-marks.tsx';
import { LoadMessage } from '../../frame/load-message.tsx';
import { isTextKey, t } from '../../i18n/i18n.ts';
import type { TextKey } from '../../i18n/messages.ts';
import { LookLink, MachineLink, shownTime, stateText } from './alarm-row.tsx';

const PAGE = 50;

export interface EventListProps {
  readonly machine: string | undefined;
  /** At least so severe. */
  readonly severity: number | undefined;
  readonly range: RangeName;
  readonly machines: readonly MachineInfo[];
}

/** What happened in the chosen range up to now, newest first, a page at a time. */
export function EventList({ machines, ...wanted }: EventListProps): JSX.Element {
  const { state, more, isAsking } = useEvents(wanted);
  if (state.kind !== 'ready') return <LoadMessage state={state} />;
  const { events, hasMore } = state.value;
  if (events.length === 0) return <p class="hint">{t('alarm.noEvents')}</p>;
  return (
    <>
      <ul class="events">
        {events.map((event) => (
          <EventRow key={event.id} event={event} machine={machines.find(({ id }) => id === event.machine)} />
        ))}
      </ul>
      {hasMore && (
        <button type="button" class="more" onClick={more} aria-busy={isAsking}>
          {t('alarm.more')}
        </button>
      )}
    </>
  );
}

function EventRow({
  event,
  machine,
}: {
  readonly event: EventView;
  readonly machine: MachineInfo | undefined;
}): JSX.Element {
  const { store } = useCore();
  const { time, type, message, priority, state, found, agent } = event;
  const timeMs = Date.parse(time);
  const known = `alarm.event.${type}`;
  return (
    <li class="event" data-type={type}>
      {priority === undefined ? <span /> : <PriorityMark priority={priority} />}
      <time dateTime={time}>{shownTime(timeMs, store.serverClock.now())}</time>
      <span class="alarm-what">
        <span>
          {message
            ? messageText(message)
            : isTextKey(known)
              ? t(known)
              : `${t('alarm.event.other')}: ${type}`}
        </span>
        <span class="alarm-where">
          {event.machine === undefined ? agent : <MachineLink id={event.machine} machine={machine} />}
          {found && <span>{t(`alarm.found.${found}` satisfies TextKey)}</span>}
        </span>
      </span>
      <span class="alarm-state">{state ? stateText(state) : ''}</span>
      {event.machine === undefined ? (
        <span />
      ) : (
        <LookLink id={event.machine} machine={machine} timeMs={timeMs} />
      )}
    </li>
  );
}

interface Found {
  readonly events: readonly EventView[];
  readonly hasMore: boolean;
}

interface Events {
  readonly state: Loaded<Found>;
  readonly more: () => void;
  readonly isAsking: boolean;
}

/** Read anew when what is wanted changes, and when an alarm has: what older pages were opened stays open. */
function useEvents({ machine, severity, range }: Omit<EventListProps, 'machines'>): Events {
  const { api, store, alarms } = useCore();
  const state = useSignal<Loaded<Found>>({ kind: 'loading' });
  const limit = useSignal(PAGE);
  const isAsking = useSignal(false);
  const version = alarms.version.value;
  const isLive = link.value === 'live';
  const wanted = limit.value;
  useEffect(() => {
    if (!isLive) return undefined;
    const abort = new AbortController();
    const toMs = store.serverClock.now();
    isAsking.value = true;
    const ask = async (): Promise<void> => {
      const events: EventView[] = [];
      let cursor: string | undefined;
      do {
        const fromMs = toMs - RANGE_MS[range];
        const page = await api.events(
          { machine, severity, fromMs, toMs, limit: Math.min(PAGE, wanted - events.length), cursor },
          abort.signal,
        );
        events.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined && events.length < wanted);
      state.value = { kind: 'ready', value: { events, hasMore: cursor !== undefined } };
    };
    ask()
      .catch((error: unknown) => {
        if (abort.signal.aborted || state.peek().kind === 'ready') return;
        const code = error instanceof ApiError ? error.code : 'INTERNAL';
        state.value = { kind: 'failed', code, reason: String(error) };
      })
      .finally(() => {
        if (!abort.signal.aborted) isAsking.value = false;
      });
    return () => abort.abort();
  }, [api, store, state, isAsking, machine, severity, range, version, isLive, wanted]);
  return {
    state: state.value,
    isAsking: isAsking.value,
    more: () => {
      limit.value += PAGE;
    },
  };
}
