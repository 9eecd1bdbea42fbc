import { z } from 'zod';
import { listOf, pageParameters, type RouteContract } from './route.ts';
import { timestampSchema } from './values.ts';

const count = z.int().min(0);

/**
 * The books of one stream (DESIGN.md, Delivery, Audit). `produced`, `discarded` and the terms `...AtCut` hold at the
 * cut: the last checkpoint of the agent that arrived. Every term is counted where it happens; none is computed as
 * the remainder of the others, but for `lostAtClose`, which is just that.
 */
export const streamAuditSchema = z.object({
  agent: z.string().describe('site/agent'),
  epoch: z.string(),
  epochNumber: z.int().min(1).describe('Epochs of the agent in the order of their first birth.'),
  current: z.boolean().describe("Whether it is the agent's latest epoch."),
  cut: z
    .int()
    .min(1)
    .nullable()
    .describe('Sequence of the last checkpoint received; null while there was none.'),
  produced: count.nullable().describe('Samples the agent read from its sources, up to the cut.'),
  discarded: count
    .nullable()
    .describe('Samples its policy discarded before they were journaled, up to the cut.'),
  storedAtCut: count,
  stored: count.describe('Samples in the store, beyond the cut too.'),
  rejectedAtCut: count.describe('Samples in dead letters, up to the cut and in all.'),
  rejected: count,
  declaredLostAtCut: count.describe(
    'Samples in the declarations of loss that arrived, up to the cut and in all.',
  ),
  declaredLost: count,
  closed: z.boolean().describe('Whether a later epoch took its place and nothing of it comes any more.'),
  lostAtClose: count.describe('Of a closed stream: samples that never came, declared lost by its closing.'),
  inFlight: count.describe(
    'Journal records up to the cut that did not arrive (yet); what is in them is known when they come.',
  ),
  missing: z
    .array(z.tuple([z.int(), z.int()]))
    .describe('Sequences up to the greatest one received that are missing, the first 1,000 ranges.'),
  unexplained: z
    .int()
    .nullable()
    .describe(
      'Samples the identity cannot explain: must be 0. null while records are in flight or before the first cut.',
    ),
  oldestUnacknowledgedMs: z
    .number()
    .min(0)
    .nullable()
    .describe(
      "As the agent's last heartbeat says; null for a superseded epoch or an agent that was not heard.",
    ),
  agentHeardAt: timestampSchema.nullable(),
});
export type StreamAuditView = z.infer<typeof streamAuditSchema>;

export const auditRoute = {
  path: '/audit/streams',
  summary: 'Per stream: what was produced, stored, rejected, declared lost, and what is under way',
  response: listOf(streamAuditSchema),
  problems: ['INTERNAL', 'STORE_UNAVAILABLE'],
} as const satisfies RouteContract;

export const deadLetterSchema = z.object({
  id: z.int(),
  receivedAt: timestampSchema,
  topic: z.string(),
  code: z.string(),
  reason: z.string(),
  agent: z.string().optional(),
  epoch: z.string().optional(),
  sequence: z.int().optional(),
  samples: count.optional(),
  payloadBytes: count,
  payload: z.string().describe('The first 1,024 bytes, base64.'),
});
export type DeadLetterView = z.infer<typeof deadLetterSchema>;

export const deadLettersRoute = {
  path: '/dead-letters',
  summary: 'Payloads refused for good, newest first, with the reason',
  query: z.object({ limit: pageParameters(100, 1_000).limit }),
  response: listOf(deadLetterSchema),
  problems: ['BAD_PARAMETER', 'INTERNAL', 'STORE_UNAVAILABLE'],
} as const satisfies RouteContract;
