import { z } from 'zod';
import type { RouteContract } from './route.ts';

export const healthStatusSchema = z.enum(['ok', 'degraded', 'down']);

/** What components say of themselves in so many words; pages have a text for each. */
export const HEALTH_CODES = [
  'store-samples',
  'store-samples-days',
  'store-no-answer',
  'ingest-pending',
  'ingest-no-broker',
  'agent-offline',
  'agent-machines',
] as const;
export type HealthCode = (typeof HEALTH_CODES)[number];

export const healthSchema = z.object({
  status: healthStatusSchema,
  components: z.array(
    z.object({
      name: z.string(),
      status: healthStatusSchema,
      detail: z.string().optional(),
      code: z.enum(HEALTH_CODES).optional().describe('Stable word for what detail says, where there is one.'),
      values: z.record(z.string(), z.union([z.number(), z.string()])).optional(),
    }),
  ),
});
export type Health = z.infer<typeof healthSchema>;

export const healthRoute = {
  path: '/health',
  summary: 'Is the centre well? 503 with the same body when a component is down.',
  response: healthSchema,
  problems: ['INTERNAL'],
} as const satisfies RouteContract;
