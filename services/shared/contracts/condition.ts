import { z } from 'zod';
import { SHELVINGS } from '#domain/alarm.ts';
import { idSegment, localizedText } from './catalogue.ts';
import { decimalNs } from './delivery.ts';

/**
 * `Stream/Body` of event records that tell of a machine's alarms and events (OPC 10000-9). Node ids are portable
 * (`nsu=<uri>;...`), event ids hex digits.
 */
const nodeId = z.string().min(1).max(4_096);
const eventId = z.string().regex(/^(?:[0-9a-f]{2}){0,256}$/);
const severity = z.int().min(1).max(1_000);
const machineEvent = { machine: idSegment, time: decimalNs };

/** A condition's state, as it is from `time` on. */
export const conditionBodySchema = z.object({
  type: z.literal('condition'),
  ...machineEvent,
  eventId,
  eventType: nodeId.optional(),
  sourceName: z.string().max(500).optional(),
  sourceNode: nodeId.optional(),
  /** The condition's node. */
  condition: nodeId,
  /** An older state of it that is still to be dealt with; absent = the condition itself. */
  branch: nodeId.optional(),
  name: z.string().max(500),
  message: localizedText,
  severity,
  active: z.boolean().optional(),
  acked: z.boolean().optional(),
  confirmed: z.boolean().optional(),
  shelving: z.enum(SHELVINGS).optional(),
  suppressed: z.boolean().optional(),
  retain: z.boolean(),
  /** Since when it is active or not; absent where the server does not tell. */
  since: decimalNs.optional(),
  comment: z.string().max(1_000).optional(),
  user: z.string().max(256).optional(),
  /** Told in answer to a ConditionRefresh: it may have been so for a while. */
  refreshed: z.literal(true).optional(),
  /** The server does not name it any more: it ended while nobody was listening. */
  inferred: z.literal(true).optional(),
});
export type ConditionBody = z.infer<typeof conditionBodySchema>;

/** All conditions of a machine were told anew: what is not in `retained` is over. */
export const refreshedBodySchema = z.object({
  type: z.literal('conditions-refreshed'),
  ...machineEvent,
  /** Subjects, see {@link subjectOf}; absent = too many to be listed. */
  retained: z.array(z.string().max(8_200)).max(2_000).optional(),
});
export type RefreshedBody = z.infer<typeof refreshedBodySchema>;

/** Something that happened and has no state. */
export const machineEventBodySchema = z.object({
  type: z.literal('machine-event'),
  ...machineEvent,
  eventId,
  eventType: nodeId.optional(),
  sourceName: z.string().max(500).optional(),
  sourceNode: nodeId.optional(),
  message: localizedText,
  severity,
});
export type MachineEventBody = z.infer<typeof machineEventBodySchema>;

/** The server could not keep all events for us: some are not here. */
export const eventsLostBodySchema = z.object({ type: z.literal('events-lost'), ...machineEvent });

export const machineEventSchema = z.discriminatedUnion('type', [
  conditionBodySchema,
  refreshedBodySchema,
  machineEventBodySchema,
  eventsLostBodySchema,
]);
export type MachineEvent = z.infer<typeof machineEventSchema>;

const REFRESH_SUBJECT = 'conditions-refreshed';

/** What of its machine an event is the state of; `undefined` where it is none. */
export function subjectOf(event: MachineEvent): string | undefined {
  if (event.type === 'conditions-refreshed') return REFRESH_SUBJECT;
  return event.type === 'condition' ? conditionKey(event) : undefined;
}

/** A condition, or a branch of it, within its machine. */
export const conditionKey = ({ condition, branch }: Pick<ConditionBody, 'condition' | 'branch'>): string =>
  branch === undefined ? condition : `${condition}#${branch}`;

/** The longest for which an alarm may be shelved: a day. */
export const MAX_SHELVE_MS = 86_400_000;
export const CONDITION_ACTIONS = ['acknowledge', 'confirm', 'shelve', 'unshelve'] as const;
export type ConditionAction = (typeof CONDITION_ACTIONS)[number];

/** `Condition/Command` of an NCMD: what somebody does about an alarm. Not repeated: an answer that does not come is told as such. */
export const conditionCommandSchema = z.object({
  /** Names the answer. */
  id: z.string().min(1).max(64),
  machine: idSegment,
  action: z.enum(CONDITION_ACTIONS),
  condition: nodeId,
  /** Of the event that was seen: the machine refuses when its alarm is another one by now. */
  eventId,
  /** Goes to the machine with it: who, and what was written. Methods of shelving take none. */
  comment: z.string().max(1_000),
  /** For how long it is shelved; absent: until it has gone. */
  shelveMs: z.int().min(1_000).max(MAX_SHELVE_MS).optional(),
});
export type ConditionCommand = z.infer<typeof conditionCommandSchema>;

/** `Condition/Result` of an NDATA: how it ended. Never journaled: the machine's own event tells what became of the alarm. */
export const conditionResultSchema = z.object({
  id: z.string().min(1).max(64),
  /** `done`: the machine has taken it; `refused`: it has not; `away`: it could not be asked; `forbidden`: by the agent's configuration. */
  outcome: z.enum(['done', 'refused', 'away', 'forbidden']),
  /** Name of the StatusCode, or what went wrong. */
  detail: z.string().max(500),
});
export type ConditionResult = z.infer<typeof conditionResultSchema>;
