import type { Actor } from '#contracts/access.ts';
import {
  acknowledgeRoute,
  alarmsRoute,
  confirmRoute,
  eventsRoute,
  MAX_EVENTS_SCANNED,
  shelveRoute,
  unshelveRoute,
  type EventView,
} from '#contracts/api/alarms.ts';
import type { ConditionAction } from '#contracts/condition.ts';
import type { StoredEvent, TimeRange } from '#domain/sample-store.ts';
import type { MachineId } from '#domain/asset-path.ts';
import { eventView } from '../alarms/alarm-view.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiProblem } from '../api-problem.ts';
import type { RouteTable } from '../route-table.ts';
import { findMachine } from './machines.ts';
import { pageAfter } from './page.ts';
import { rangeOf } from './time-range.ts';

export function addAlarmRoutes(routes: RouteTable, context: ApiContext): void {
  routes.get(alarmsRoute, ({ query }) => {
    const { alarms, retired } = context;
    if (query.machine !== undefined) findMachine(context, query.machine);
    if (!alarms.isFilled)
      throw new ApiProblem('STORE_UNAVAILABLE', 'The store has not told yet which alarms stand.');
    const items = alarms
      .list()
      .filter(({ machine }) =>
        query.machine === undefined ? !retired.has(machine as MachineId) : machine === query.machine,
      );
    return pageAfter(items, ({ id }) => id, query);
  });
  routes.act(acknowledgeRoute, (input) => act(context, 'acknowledge', input));
  routes.act(confirmRoute, (input) => act(context, 'confirm', input));
  routes.act(shelveRoute, (input) => act(context, 'shelve', input));
  routes.act(unshelveRoute, (input) => act(context, 'unshelve', input));
  routes.get(eventsRoute, async ({ query }) => {
    const range = rangeOf(query, context.clock);
    if (query.machine !== undefined) findMachine(context, query.machine);
    return context.gate.run(() => readPage(context, range, query));
  });
}

interface Acting {
  readonly params: { readonly id: string };
  readonly body: { readonly comment?: string | undefined; readonly minutes?: number | undefined };
  readonly actor: Actor;
}

/** By the machine's own method, with who acts in the comment: its event tells everybody what became of the alarm. */
async function act(
  context: ApiContext,
  action: ConditionAction,
  { params, body, actor }: Acting,
): Promise<{ outcome: 'done' }> {
  const found = context.alarms.find(params.id);
  if (!found)
    throw new ApiProblem(
      'ALARM_UNKNOWN',
      'It does not stand any more, or never did; /alarms lists what stands.',
    );
  const { machine, condition } = found;
  const answer = await context.commands?.condition(machine as MachineId, {
    action,
    condition: condition.condition,
    eventId: condition.eventId,
    comment: body.comment ? `${actor.name}: ${body.comment}` : actor.name,
    ...(body.minutes === undefined ? {} : { shelveMs: body.minutes * 60_000 }),
  });
  if (!answer)
    throw new ApiProblem(
      'MACHINE_SILENT',
      'No answer came in time; the list of alarms tells whether it was done.',
    );
  if (answer.outcome === 'done') return { outcome: 'done' };
  const code = answer.outcome === 'away' ? 'MACHINE_AWAY' : 'ALARM_REFUSED';
  throw new ApiProblem(code, `${machine}: ${answer.detail}`);
}

interface Wanted {
  readonly machine?: MachineId | undefined;
  readonly severity?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Where a page begins: at this time, behind so many events of just that time. */
interface Place {
  readonly timeNs: bigint;
  readonly skip: number;
}

/** Events that are not wanted are looked through by the thousand, up to a bound: a page may then be short, and have a next one. */
async function readPage(
  { store }: ApiContext,
  range: TimeRange,
  { machine, severity = 1, limit, cursor }: Wanted,
): Promise<{ items: EventView[]; next?: string }> {
  const items: EventView[] = [];
  let place = cursor === undefined ? { timeNs: range.to - 1n, skip: 0 } : placeOf(cursor, range);
  for (let scanned = 0; scanned < MAX_EVENTS_SCANNED;) {
    const asked = Math.max(limit, 1_000) + place.skip;
    const found = await store.events({ from: range.from, to: place.timeNs + 1n }, asked, machine);
    const fresh = found.slice(place.skip);
    for (const event of fresh) {
      place = behind(place, event);
      const view = eventView(event);
      if (view && (view.severity ?? 1) >= severity) items.push(view);
      if (items.length === limit)
        return isLast(event, found, asked) ? { items } : { items, next: cursorOf(place) };
    }
    if (found.length < asked) return { items };
    scanned += fresh.length;
  }
  return { items, next: cursorOf(place) };
}

const behind = ({ timeNs, skip }: Place, { time }: StoredEvent): Place =>
  time === timeNs ? { timeNs, skip: skip + 1 } : { timeNs: time, skip: 1 };

const isLast = (event: StoredEvent, found: readonly StoredEvent[], asked: number): boolean =>
  event === found.at(-1) && found.length < asked;

const cursorOf = ({ timeNs, skip }: Place): string => `${timeNs}.${skip}`;

function placeOf(cursor: string, { from, to }: TimeRange): Place {
  const [, time = '', skip = ''] = /^(-?\d{1,19})\.(\d{1,6})$/.exec(cursor) ?? [];
  const place = { timeNs: BigInt(time || 0), skip: Number(skip) };
  if (time !== '' && place.timeNs >= from && place.timeNs < to) return place;
  const message = 'is not the "next" of a page of this list';
  throw new ApiProblem('BAD_PARAMETER', `cursor: ${message}`, { issues: [{ path: 'cursor', message }] });
}
