import { createHash } from 'node:crypto';
import type { AlarmView, EventView } from '#contracts/api/alarms.ts';
import {
  conditionKey,
  machineEventSchema,
  type ConditionBody,
  type MachineEvent,
} from '#contracts/condition.ts';
import { alarmStateOf, priorityOf } from '#domain/alarm.ts';
import type { StoredEvent } from '#domain/sample-store.ts';
import { nsToIso } from '#domain/time.ts';

/** Of a condition, whatever its node id is made of: fits a URL. */
export const alarmId = (machine: string, key: string): string =>
  createHash('sha256').update(`${machine} ${key}`).digest('base64url').slice(0, 22);

/** `undefined`: the event is of the agent itself, or of a kind that is not known here. */
export function machineEventOf({ body }: Pick<StoredEvent, 'body'>): MachineEvent | undefined {
  return machineEventSchema.safeParse(parse(body)).data;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** `machine`: with its site. `sinceNs`: since when it is as active as it is. */
export function alarmView(machine: string, condition: ConditionBody, sinceNs: bigint): AlarmView {
  const {
    name,
    message,
    severity,
    active = condition.retain,
    acked,
    confirmed,
    shelving,
    comment,
    user,
  } = condition;
  return {
    id: alarmId(machine, conditionKey(condition)),
    machine,
    name,
    message,
    severity,
    active,
    priority: priorityOf(severity),
    state: alarmStateOf(condition),
    acked: acked ?? null,
    confirmed: confirmed ?? null,
    shelving: shelving ?? null,
    since: nsToIso(sinceNs),
    changedAt: nsToIso(BigInt(condition.time)),
    ...(comment === undefined ? {} : { comment }),
    ...(user === undefined ? {} : { user }),
  };
}

/** `undefined`: nothing that happened, only the agent's word that it has asked. */
export function eventView(stored: StoredEvent): EventView | undefined {
  const { stream, sequence, time, machine } = stored;
  const head = {
    id: `${stream.epoch}-${sequence}`,
    time: nsToIso(time),
    agent: stream.agent,
    ...(machine === undefined ? {} : { machine }),
  };
  const event = machineEventOf(stored);
  if (!event) return { ...head, type: typeOf(stored.body) };
  if (event.type === 'conditions-refreshed') return undefined;
  if (event.type === 'events-lost') return { ...head, type: event.type };
  const { type, message, severity } = event;
  const told = { ...head, type, message, severity, priority: priorityOf(severity) };
  if (type === 'machine-event') return told;
  const { name, comment, user, refreshed, inferred } = event;
  return {
    ...told,
    name,
    alarm: alarmId(machine ?? '', conditionKey(event)),
    state: alarmStateOf(event),
    ...(comment === undefined ? {} : { comment }),
    ...(user === undefined ? {} : { user }),
    ...(inferred ? { found: 'inferred' as const } : refreshed ? { found: 'refreshed' as const } : {}),
  };
}

function typeOf(body: string): string {
  const value = parse(body);
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
    ? value.type
    : 'unknown';
}
