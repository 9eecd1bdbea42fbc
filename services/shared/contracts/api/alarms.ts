import { z } from 'zod';
import { ALARM_STATES, SHELVINGS } from '#domain/alarm.ts';
import { localizedText } from '../catalogue.ts';
import { MAX_SHELVE_MS, type ConditionAction } from '../condition.ts';
import {
  listOf,
  type ActionContract,
  MACHINE_RANGE_PROBLEMS,
  pageParameters,
  type RouteContract,
} from './route.ts';
import { machineParameter, timeParameter, timestampSchema } from './values.ts';

const prioritySchema = z
  .int()
  .min(1)
  .max(4)
  .describe('1 critical, 2 high, 3 medium, 4 low: by the severity.');
const severitySchema = z.int().min(1).max(1_000).describe('As the machine says it, OPC UA.');
const stateSchema = z
  .enum(ALARM_STATES)
  .describe(
    'active: nobody has acknowledged it; acknowledged; returned: over, and still to be acknowledged or confirmed; shelved; suppressed; over.',
  );

/** What stands at a machine now (OPC 10000-9, ISA-18.2). */
export const alarmSchema = z.object({
  id: z.string().describe('Of the condition (or a branch of it): stays the same from one time to the next.'),
  machine: z.string(),
  name: z.string().describe('ConditionName'),
  message: localizedText,
  severity: severitySchema,
  priority: prioritySchema,
  state: stateSchema,
  active: z.boolean(),
  acked: z.boolean().nullable().describe('null: cannot be acknowledged.'),
  confirmed: z.boolean().nullable().describe('null: need not be confirmed.'),
  shelving: z.enum(SHELVINGS).nullable().describe('null: cannot be shelved.'),
  since: timestampSchema.describe('Since when it is active, or over.'),
  changedAt: timestampSchema.describe('Time of its newest event.'),
  comment: z.string().optional(),
  user: z
    .string()
    .optional()
    .describe('Who wrote the comment, or acknowledged, as far as the machine tells.'),
});
export type AlarmView = z.infer<typeof alarmSchema>;

export const alarmsRoute = {
  path: '/alarms',
  summary: 'What stands now, the most urgent first: alarms that are active, or not yet acknowledged',
  query: z.object({ machine: machineParameter.optional(), ...pageParameters(1_000, 10_000) }),
  response: listOf(alarmSchema),
  problems: ['BAD_PARAMETER', 'MACHINE_UNKNOWN', 'INTERNAL', 'STORE_UNAVAILABLE'],
} as const satisfies RouteContract;

/** Something that happened. */
export const eventSchema = z.object({
  id: z.string(),
  time: timestampSchema,
  type: z
    .string()
    .describe(
      'condition: an alarm changed; machine-event: told by a machine; events-lost: a machine could not keep all; others: told by an edge agent of itself (store-changed, epoch-superseded).',
    ),
  machine: z.string().optional(),
  agent: z.string().describe('site/agent that told it'),
  alarm: z.string().optional().describe('id of /alarms'),
  name: z.string().optional(),
  message: localizedText.optional(),
  severity: severitySchema.optional(),
  priority: prioritySchema.optional(),
  state: stateSchema.optional(),
  comment: z.string().optional(),
  user: z.string().optional(),
  found: z
    .enum(['refreshed', 'inferred'])
    .optional()
    .describe(
      'refreshed: was so already when the machine was asked anew; inferred: the machine did not name it any more, it ended unheard before.',
    ),
});
export type EventView = z.infer<typeof eventSchema>;

/** Events looked through for one page at most, where few are wanted. */
export const MAX_EVENTS_SCANNED = 20_000;

export const eventsRoute = {
  path: '/events',
  summary:
    'What happened in a range, newest first: alarms as they came, were acknowledged and went, and events',
  query: z.object({
    machine: machineParameter.optional(),
    from: timeParameter.optional().meta({ description: 'Default: an hour before `to`' }),
    to: timeParameter.optional().meta({ description: 'Default: now' }),
    severity: z.coerce
      .number()
      .int()
      .min(1)
      .max(1_000)
      .optional()
      .meta({ description: 'At least so severe' }),
    ...pageParameters(200, 1_000),
  }),
  response: listOf(eventSchema),
  problems: MACHINE_RANGE_PROBLEMS,
} as const satisfies RouteContract;

const ACTION_PROBLEMS = [
  'BAD_PARAMETER',
  'LOGIN_REQUIRED',
  'ROLE_REQUIRED',
  'ORIGIN_REFUSED',
  'ALARM_UNKNOWN',
  'ALARM_REFUSED',
  'MACHINE_AWAY',
  'MACHINE_SILENT',
  'INTERNAL',
] as const;

const MAX_SHELVE_MINUTES = MAX_SHELVE_MS / 60_000;
const commentSchema = z
  .string()
  .max(500)
  .optional()
  .describe('Goes to the machine with the name of who acts.');

const actionOn = <Action extends ConditionAction, Body extends z.ZodObject>(
  action: Action,
  body: Body,
  summary: string,
) =>
  ({
    method: 'POST',
    role: 'operator',
    path: `/alarms/{id}/${action}`,
    summary,
    params: z.object({ id: z.string().max(64) }),
    body,
    response: z.object({
      outcome: z.literal('done').describe('The machine has taken it; its event tells the new state.'),
    }),
    problems: ACTION_PROBLEMS,
  }) as const satisfies ActionContract;

export const acknowledgeRoute = actionOn(
  'acknowledge',
  z.object({ comment: commentSchema }),
  'Acknowledge an alarm at its machine: it was seen',
);
export const confirmRoute = actionOn(
  'confirm',
  z.object({ comment: commentSchema }),
  'Confirm an alarm at its machine: what it asked for was done',
);
export const shelveRoute = actionOn(
  'shelve',
  z.object({
    minutes: z
      .int()
      .min(1)
      .max(MAX_SHELVE_MINUTES)
      .optional()
      .describe('How long it is set aside; absent: until it has gone once.'),
  }),
  'Shelve an alarm at its machine (OPC 10000-9, 5.8.17): known, and set aside for a while',
);
export const unshelveRoute = actionOn('unshelve', z.object({}), 'Take a shelved alarm back');
