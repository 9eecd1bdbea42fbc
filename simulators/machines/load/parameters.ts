import { z } from 'zod';

/** Parameters of the kind `load`: a machine that makes many values cheaply, each one predictable. */
export const loadParameters = z.strictObject({
  /** Signals of the machine. */
  signals: z.int().min(1).max(20_000).default(100),
  rateHz: z.number().min(0.1).max(100).default(10),
  /** `mixed`: doubles, floats, integers up to 64 bit, booleans, strings; `double`: doubles only. */
  types: z.enum(['mixed', 'double']).default('mixed'),
});
export type LoadParameters = z.infer<typeof loadParameters>;
