/** Turns event notifications into what the journal keeps, and a ConditionRefresh into what is over. */
import type { EventNotificationList, LocalizedText as UaText, NodeId, Variant } from 'node-opcua-client';
import { conditionKey, type ConditionBody, type MachineEvent } from '#contracts/condition.ts';
import type { Shelving } from '#domain/alarm.ts';
import { LANGUAGES, type Language, type LocalizedText } from '#domain/machine.ts';
import { msToNs } from '#domain/time.ts';
import { EVENT_HANDLE, fieldsOf, type EventField, type FilterLevel } from './event-filter.ts';
import { toPortable } from './node-ids.ts';

/** Event types with a meaning of their own (OPC 10000-5 and -9), in namespace 0. */
const REFRESH_START = 2787;
const REFRESH_END = 2788;
const REFRESH_REQUIRED = 2789;
const QUEUE_OVERFLOW = 3035;
/** Changes of the address space and of meanings, audit: for clients, not for people at a machine. */
const IGNORED: ReadonlySet<number> = new Set([2052, 2132, 2133, 2738]);

/** States of ShelvedStateMachineType. */
const SHELVINGS: ReadonlyMap<number, Shelving> = new Map([
  [2930, 'unshelved'],
  [2932, 'timed'],
  [2933, 'one-shot'],
]);

const MAX_NAME = 500;
const MAX_COMMENT = 1_000;
const MAX_RETAINED = 2_000;
/** A server's null is the year 1601. */
const NO_TIME_MS = 0;

type Fields = ReadonlyMap<EventField, Variant>;

export interface EventReaderOptions {
  readonly machineId: string;
  /** What is durable of the machine's conditions. */
  readonly conditions: () => ReadonlyMap<string, ConditionBody>;
  /** Messages in further languages. */
  readonly texts?: readonly LocalizedText[] | undefined;
  /** The server asks for it, or has lost events for us. */
  readonly onRefreshWanted: () => void;
}

export class EventReader {
  readonly #options: EventReaderOptions;
  readonly #texts: ReadonlyMap<string, LocalizedText>;
  #fields: readonly EventField[] = fieldsOf('conditions');
  #namespaces: readonly string[] = [];
  /** Conditions told since the refresh began, with whether they are of interest; `undefined`: none is under way. */
  #told: Map<string, boolean> | undefined;
  /** Counts refreshes that came to their end. */
  refreshes = 0;

  constructor(options: EventReaderOptions) {
    this.#options = options;
    this.#texts = new Map(options.texts?.map((text) => [text.en, text]));
  }

  /** What the fields of a notification are from now on. */
  prepare(namespaces: readonly string[], level: FilterLevel): void {
    this.#namespaces = namespaces;
    this.#fields = fieldsOf(level);
  }

  /** The connection is another one: a refresh that was under way has no end. */
  forgetRefresh(): void {
    this.#told = undefined;
  }

  /** In the order of the server. `nowMs`: agent's clock, where the server gives no time. */
  read({ events }: EventNotificationList, nowMs: number): MachineEvent[] {
    const out: MachineEvent[] = [];
    for (const { clientHandle, eventFields } of events ?? []) {
      if (clientHandle !== EVENT_HANDLE) continue;
      const fields = new Map(this.#fields.map((field, i) => [field, eventFields?.[i]] as const));
      this.#one(fields as unknown as Fields, nowMs, out);
    }
    return out;
  }

  #one(fields: Fields, nowMs: number, out: MachineEvent[]): void {
    const type = wellKnown(nodeIn(fields, 'EventType'));
    const time = String(msToNs(timeIn(fields, 'Time') ?? nowMs));
    if (type === REFRESH_START) this.#told = new Map();
    else if (type === REFRESH_END) this.#endRefresh(time, out);
    else if (type === REFRESH_REQUIRED) this.#options.onRefreshWanted();
    else if (type === QUEUE_OVERFLOW) {
      out.push({ type: 'events-lost', machine: this.#options.machineId, time });
      this.#options.onRefreshWanted();
    } else if (type === undefined || !IGNORED.has(type)) out.push(this.#event(fields, time));
  }

  #event(fields: Fields, time: string): MachineEvent {
    const { machineId: machine } = this.#options;
    const condition = this.#portable(nodeIn(fields, 'ConditionId'));
    const common = {
      machine,
      time,
      eventId: hexIn(fields, 'EventId'),
      eventType: this.#portable(nodeIn(fields, 'EventType')),
      sourceNode: this.#portable(nodeIn(fields, 'SourceNode')),
      sourceName: textIn(fields, 'SourceName')?.slice(0, MAX_NAME),
      severity: Math.min(1_000, Math.max(1, Math.round(numberIn(fields, 'Severity') ?? 1))),
    };
    const name = (textIn(fields, 'ConditionName') ?? '').slice(0, MAX_NAME);
    const told = toLocalizedText(valueIn(fields, 'Message'), name || (common.sourceName ?? '') || '–');
    const message = { ...this.#texts.get(told.en), ...told };
    if (condition === undefined) return { type: 'machine-event', ...common, message };
    const event: ConditionBody = {
      type: 'condition',
      ...common,
      condition,
      branch: this.#portable(nodeIn(fields, 'BranchId')),
      name,
      message,
      ...this.#states(fields),
    };
    this.#told?.set(conditionKey(event), event.retain);
    return this.#told ? { ...event, refreshed: true } : event;
  }

  #states(
    fields: Fields,
  ): Pick<
    ConditionBody,
    'active' | 'acked' | 'confirmed' | 'suppressed' | 'shelving' | 'retain' | 'since' | 'comment' | 'user'
  > {
    const since = timeIn(fields, 'ActiveState/TransitionTime');
    const comment = valueIn(fields, 'Comment');
    return {
      active: flagIn(fields, 'ActiveState/Id'),
      acked: flagIn(fields, 'AckedState/Id'),
      confirmed: flagIn(fields, 'ConfirmedState/Id'),
      suppressed: flagIn(fields, 'SuppressedState/Id'),
      shelving: SHELVINGS.get(wellKnown(nodeIn(fields, 'ShelvingState/CurrentState/Id')) ?? 0),
      retain: flagIn(fields, 'Retain') ?? false,
      ...(since !== undefined && { since: String(msToNs(since)) }),
      ...(isText(comment) && comment.text && { comment: comment.text.slice(0, MAX_COMMENT) }),
      ...(textIn(fields, 'ClientUserId') && { user: textIn(fields, 'ClientUserId')?.slice(0, 256) }),
    };
  }

  /** What was of interest and was not told is over; when, nobody knows (OPC 10000-9, 4.5). */
  #endRefresh(time: string, out: MachineEvent[]): void {
    const told = this.#told;
    this.#told = undefined;
    if (!told) return;
    this.refreshes += 1;
    const { machineId: machine, conditions } = this.#options;
    const open = new Map(conditions());
    for (const event of out) if (event.type === 'condition') open.set(conditionKey(event), event);
    for (const [key, condition] of open) {
      if (!condition.retain || told.has(key)) continue;
      const { active } = condition;
      out.push({
        ...condition,
        time,
        retain: false,
        ...(active !== undefined && { active: false }),
        refreshed: undefined,
        inferred: true,
      });
    }
    const retained = [...told].flatMap(([key, isRetained]) => (isRetained ? [key] : []));
    out.push({
      type: 'conditions-refreshed',
      machine,
      time,
      ...(retained.length <= MAX_RETAINED && { retained }),
    });
  }

  #portable(nodeId: NodeId | undefined): string | undefined {
    if (!nodeId || nodeId.isEmpty()) return undefined;
    try {
      return toPortable(nodeId, this.#namespaces);
    } catch {
      return undefined;
    }
  }
}

const valueIn = (fields: Fields, field: EventField): unknown => fields.get(field)?.value as unknown;

function nodeIn(fields: Fields, field: EventField): NodeId | undefined {
  const value = valueIn(fields, field);
  return typeof value === 'object' && value !== null && 'identifierType' in value
    ? (value as NodeId)
    : undefined;
}

const wellKnown = (nodeId: NodeId | undefined): number | undefined =>
  nodeId?.namespace === 0 && typeof nodeId.value === 'number' ? nodeId.value : undefined;

function timeIn(fields: Fields, field: EventField): number | undefined {
  const value = valueIn(fields, field);
  const ms = value instanceof Date ? value.getTime() : NaN;
  return ms > NO_TIME_MS ? ms : undefined;
}

function numberIn(fields: Fields, field: EventField): number | undefined {
  const value = valueIn(fields, field);
  return typeof value === 'number' ? value : undefined;
}

function textIn(fields: Fields, field: EventField): string | undefined {
  const value = valueIn(fields, field);
  return typeof value === 'string' ? value : undefined;
}

function flagIn(fields: Fields, field: EventField): boolean | undefined {
  const value = valueIn(fields, field);
  return typeof value === 'boolean' ? value : undefined;
}

function hexIn(fields: Fields, field: EventField): string {
  const value = valueIn(fields, field);
  return Buffer.isBuffer(value) ? value.subarray(0, 256).toString('hex') : '';
}

const isText = (value: unknown): value is UaText =>
  typeof value === 'object' && value !== null && 'text' in value;

const languageOf = (locale: string | null | undefined): Language | undefined =>
  LANGUAGES.find((language) => language === locale?.toLowerCase().split('-')[0]);

/**
 * A LocalizedText of the server. Under the locales `mul` and `qst` its text is JSON with several languages (OPC 10000-3, 8.5).
 * What is in a language that we do not have stands where English would.
 */
export function toLocalizedText(value: unknown, instead: string): LocalizedText {
  if (!isText(value) || !value.text) return { en: instead.slice(0, MAX_NAME) };
  const texts: Partial<Record<Language, string>> = {};
  let any = '';
  for (const [locale, text] of parts(value)) {
    any ||= text;
    const language = languageOf(locale);
    if (language !== undefined && text !== '') texts[language] ??= text.slice(0, MAX_NAME);
  }
  return { ...texts, en: (texts.en ?? (any || instead)).slice(0, MAX_NAME) };
}

function parts({ locale, text }: UaText): readonly (readonly [locale: string, text: string])[] {
  const whole = [[locale ?? '', text ?? '']] as const;
  if (locale !== 'mul' && locale !== 'qst') return whole;
  try {
    const { t } = JSON.parse(text ?? '') as { t?: unknown };
    const pairs = Array.isArray(t) ? (t as unknown[]) : [];
    const found = pairs.flatMap((pair): [string, string][] =>
      Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string'
        ? [[pair[0], pair[1]]]
        : [],
    );
    return found.length > 0 ? found : whole;
  } catch {
    return whole;
  }
}
