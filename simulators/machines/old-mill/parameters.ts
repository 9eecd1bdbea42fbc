import { z } from 'zod';

/** `parameters` of a machine of kind `old-mill` in a plant file. */
export const oldMillParameters = z.strictObject({
  cycleS: z.number().min(20).max(3600).default(190),
  ratedKw: z.number().min(1).max(60).default(7.5),
  stopsPerHour: z.number().min(0).max(20).default(0.8),
});
export type OldMillParameters = z.infer<typeof oldMillParameters>;
