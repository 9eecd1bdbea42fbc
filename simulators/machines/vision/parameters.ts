import { z } from 'zod';

/** `parameters` of a machine of kind `vision` in a plant file. */
export const visionParameters = z.strictObject({
  cycleS: z.number().min(0.2).max(60).default(3),
  /** Share of defects that a clean camera sees, and of good pieces that it rejects. */
  sensitivity: z.number().min(0).max(1).default(0.97),
  falseRejects: z.number().min(0).max(0.5).default(0.006),
  /** Hours that the lamp has burnt at the start. */
  lampHours: z.number().min(0).max(200_000).default(9_400),
});
export type VisionParameters = z.infer<typeof visionParameters>;
