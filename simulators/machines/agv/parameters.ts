import { z } from 'zod';

const place = z.tuple([z.number(), z.number()]);

/** `parameters` of a machine of kind `agv` in a plant file. */
export const agvParameters = z.strictObject({
  /** What it carries where: numbers of its inputs and outputs, and where they stand, m. */
  routes: z
    .array(z.strictObject({ input: z.int().min(0), output: z.int().min(0), from: place, to: place }))
    .min(1)
    .max(20)
    .default([{ input: 0, output: 0, from: [4, 2], to: [38, 14] }]),
  charger: place.default([0, 0]),
  capacity: z.int().min(1).max(100).default(4),
  speedMPerS: z.number().min(0.1).max(3).default(1.1),
  batteryKwh: z.number().min(0.1).max(100).default(2.4),
});
export type AgvParameters = z.infer<typeof agvParameters>;
