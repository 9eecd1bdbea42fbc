import { z } from 'zod';

/** `parameters` of a machine of kind `cnc` in a plant file. */
export const cncParameters = z.strictObject({
  alarmsPerHour: z.number().min(0).max(20).default(0.7),
  /** Flank wear of each tool at the start, 0 sharp .. 1 end of life. */
  initialWear: z.number().min(0).max(1).default(0.35),
  spindleRatedKw: z.number().min(1).max(100).default(11),
  partsInLifetime: z.int().min(0).default(18_240),
});
export type CncParameters = z.infer<typeof cncParameters>;
