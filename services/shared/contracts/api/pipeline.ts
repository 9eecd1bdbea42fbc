import { z } from 'zod';
import { agentHealthSchema } from '../delivery.ts';
import type { RouteContract } from './route.ts';
import { timestampSchema } from './values.ts';

const count = z.int().min(0);

/** Declared holes laid over each other: what overlaps is one. */
export const notReadSchema = z.object({
  gaps: count,
  /** ms in which at least one signal of it was not read. */
  totalMs: z.number().min(0),
});
export type NotRead = z.infer<typeof notReadSchema>;

const { journal, produced, journaled, discarded, declaredLost, machines } = agentHealthSchema.shape;

export const pipelineAgentSchema = z.object({
  /** `site/agent` */
  agent: z.string(),
  online: z.boolean(),
  heardAt: timestampSchema,
  /** As the last heartbeat says; absent until one came. */
  health: z.object({ journal, produced, journaled, discarded, declaredLost, machines }).optional(),
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
    /** Records received and not yet durable: ingest's queue. */
    pending: count,
    /** Age of the newest live sample when its batch was durable, ms; null when nothing came lately. */
    lagMs: z.number().nullable(),
  }),
  store: z.object({
    samples: count,
    bytesOnDisk: count,
    quotaBytes: count,
    /** null until there is enough history to say. */
    daysLeft: z.number().nullable(),
    retentionDays: z.number(),
    writable: z.boolean(),
  }),
  api: z.object({ browsers: count }),
  /** Samples stored a second over the last minutes, one number per `stepMs`, the last one ending at `to`; null where the server was not there. */
  rate: z.object({ to: timestampSchema, stepMs: z.int(), values: z.array(z.number().nullable()) }),
  /** Over all that the store still knows. */
  notRead: notReadSchema.extend({ byMachine: z.record(z.string(), notReadSchema) }),
});
export type PipelineView = z.infer<typeof pipelineSchema>;

export const pipelineRoute = {
  path: '/pipeline',
  summary:
    'The way of a value, stage by stage: links, journals, queues, lags, rates, space, and what was not read',
  response: pipelineSchema,
  problems: ['INTERNAL', 'STORE_UNAVAILABLE', 'TOO_MANY_REQUESTS'],
} as const satisfies RouteContract;
