import { z } from 'zod';
import { agentHealthSchema } from '../delivery.ts';
import type { RouteContract } from './route.ts';
import { timestampSchema } from './values.ts';

const count = z.int().min(0);

/** Declared holes laid over each other: what overlaps is one. */
export const notReadSchema = z.object({
  gaps: count,
  totalMs: z.number().min(0).describe('ms in which at least one signal of it was not read.'),
});
export type NotRead = z.infer<typeof notReadSchema>;

const { journal, produced, journaled, discarded, declaredLost, machines } = agentHealthSchema.shape;

export const pipelineAgentSchema = z.object({
  agent: z.string().describe('site/agent'),
  online: z.boolean(),
  heardAt: timestampSchema,
  health: z
    .object({ journal, produced, journaled, discarded, declaredLost, machines })
    .optional()
    .describe('As the last heartbeat says; absent until one came.'),
});

/** Everything between the machines and the browsers at one moment, from memory; rates are over the last 2.5 s. */
export const pipelineSchema = z.object({
  agents: z.array(pipelineAgentSchema),
  ingest: z.object({
    connectedToBroker: z.boolean(),
    messages: count,
    samples: count,
    duplicates: count,
    rejected: count,
    pending: count.describe("Records received and not yet durable: ingest's queue."),
    lagMs: z
      .number()
      .nullable()
      .describe(
        'Age of the newest live sample when its batch was durable, ms; null when nothing came lately.',
      ),
  }),
  store: z.object({
    samples: count,
    bytesOnDisk: count,
    quotaBytes: count,
    daysLeft: z.number().nullable().describe('null until there is enough history to say.'),
    retentionDays: z.number(),
    writable: z.boolean(),
  }),
  api: z.object({ browsers: count }),
  rate: z
    .object({ to: timestampSchema, stepMs: z.int(), values: z.array(z.number().nullable()) })
    .describe(
      'Samples stored a second over the last minutes, one number per stepMs, the last one ending at to; null where the server was not there.',
    ),
  notRead: notReadSchema
    .extend({ byMachine: z.record(z.string(), notReadSchema) })
    .describe('Over all that the store still knows.'),
});
export type PipelineView = z.infer<typeof pipelineSchema>;

export const pipelineRoute = {
  path: '/pipeline',
  summary:
    'The way of a value, stage by stage: links, journals, queues, lags, rates, space, and what was not read',
  response: pipelineSchema,
  problems: ['INTERNAL', 'STORE_UNAVAILABLE', 'TOO_MANY_REQUESTS'],
} as const satisfies RouteContract;
