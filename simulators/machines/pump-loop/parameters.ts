import { z } from 'zod';

/** `parameters` of a machine of kind `pump-loop` in a plant file. */
export const pumpParameters = z.strictObject({
  maximumRpm: z.number().min(600).max(3500).default(3200),
  waterC: z.number().min(5).max(80).default(24),
  numberOfStarts: z.int().min(0).default(1310),
  operatingHours: z.number().min(0).default(2480),
});
export type PumpParameters = z.infer<typeof pumpParameters>;
