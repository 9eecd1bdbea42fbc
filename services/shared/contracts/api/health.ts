import { z } from 'zod';
import type { RouteContract } from './route.ts';

export const healthStatusSchema = z.enum(['ok', 'degraded', 'down']);

export const healthSchema = z.object({
  status: healthStatusSchema,
  components: z.array(
    z.object({ name: z.string(), status: healthStatusSchema, detail: z.string().optional() }),
  ),
});
export type Health = z.infer<typeof healthSchema>;

export const healthRoute = {
  path: '/health',
  summary: 'Is the centre well? 503 with the same body when a component is down.',
  response: healthSchema,
  problems: ['INTERNAL'],
} as const satisfies RouteContract;
