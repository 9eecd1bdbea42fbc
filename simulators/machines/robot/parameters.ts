import { z } from 'zod';

/** `parameters` of a machine of kind `robot` in a plant file. */
export const robotParameters = z.strictObject({
  cycleS: z.number().min(4).max(120).default(11),
  payloadKg: z.number().min(0).max(20).default(2.4),
  stopsPerHour: z.number().min(0).max(20).default(0.3),
  powerOnHours: z.int().min(0).default(9120),
});
export type RobotParameters = z.infer<typeof robotParameters>;
