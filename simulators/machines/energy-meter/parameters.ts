import { z } from 'zod';

/** `parameters` of a machine of kind `energy-meter` in a plant file. */
export const meterParameters = z.strictObject({
  /** Machines with a meter of their own; by default all others of the plant. */
  feeders: z.array(z.string()).max(200).default([]),
  ratedKw: z.number().min(1).max(10_000).default(100),
  initialKwh: z.number().min(0).default(184_220),
  /** What the meters of the building and of each line stand at then; what is not named shares the rest. */
  buildingKwh: z.number().min(0).optional(),
  feederKwh: z.record(z.string(), z.number().min(0)).default({}),
});
export type MeterParameters = z.infer<typeof meterParameters>;
