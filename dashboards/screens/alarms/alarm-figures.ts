import type { AlarmView, EventView } from '../../api/model.ts';

const MINUTE_MS = 60_000;
const LATELY_MS = 10 * MINUTE_MS;
const DAY_MS = 86_400_000;
/** ISA-18.2: a flood begins above the first and ends below the second number of new alarms in ten minutes. */
const FLOOD = { above: 10, below: 5 } as const;
/** Chattering: so many times active within a minute. */
const CHATTERS = 3;

/** How much the alarms ask of a person. */
export interface AlarmFigures {
  /** Became active in the last ten minutes, and in all of what was looked at. */
  readonly lately: number;
  readonly all: number;
  readonly isFlood: boolean;
  /** Alarms that came three times or more within a minute. */
  readonly chattering: number;
  /** The one that came most often, and how often. */
  readonly top: { readonly event: EventView; readonly times: number } | undefined;
  /** Active for more than a day. */
  readonly stale: number;
  readonly shelved: number;
}

/** `events`: of the last hour, newest first. */
export function alarmFigures(
  events: readonly EventView[],
  standing: readonly AlarmView[],
  nowMs: number,
): AlarmFigures {
  const came = activations(events);
  const byAlarm = [...Map.groupBy(came, ({ alarm }) => alarm).values()];
  const most = byAlarm.reduce<readonly EventView[]>((a, b) => (b.length > a.length ? b : a), []);
  const [first] = most;
  return {
    lately: came.filter(({ time }) => Date.parse(time) > nowMs - LATELY_MS).length,
    all: came.length,
    isFlood: isFlood(
      came.map(({ time }) => Date.parse(time)),
      nowMs,
    ),
    chattering: byAlarm.filter(chatters).length,
    top: first && { event: first, times: most.length },
    stale: standing.filter(({ active, since }) => active && nowMs - Date.parse(since) > DAY_MS).length,
    shelved: standing.filter(({ state }) => state === 'shelved').length,
  };
}

/** Events by which an alarm became active, oldest first; what was so already when the machine was asked anew is none. */
function activations(events: readonly EventView[]): readonly EventView[] {
  const active = new Set<string>();
  return events.toReversed().filter(({ alarm, state, found }) => {
    if (alarm === undefined || state === undefined) return false;
    const wasActive = active.has(alarm);
    if (state === 'over' || state === 'returned') active.delete(alarm);
    else active.add(alarm);
    return state === 'active' && !wasActive && found === undefined;
  });
}

/** Times ascending. */
function isFlood(times: readonly number[], nowMs: number): boolean {
  let flood = false;
  const lately = (untilMs: number): number =>
    times.filter((time) => time <= untilMs && time > untilMs - LATELY_MS).length;
  // It changes when an alarm comes and when one is ten minutes old.
  const moments = times.flatMap((time) => [time, time + LATELY_MS]).filter((time) => time <= nowMs);
  for (const moment of moments.toSorted((a, b) => a - b)) {
    const n = lately(moment);
    if (n > FLOOD.above) flood = true;
    else if (n < FLOOD.below) flood = false;
  }
  return flood;
}

const chatters = (came: readonly EventView[]): boolean =>
  came.some((event, i) => {
    const last = came[i + CHATTERS - 1];
    return last !== undefined && Date.parse(last.time) - Date.parse(event.time) <= MINUTE_MS;
  });
