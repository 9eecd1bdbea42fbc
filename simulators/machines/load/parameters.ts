import { z } from 'zod';

/** Parameters of the kind `load`: a machine that makes many values cheaply, each one predictable. */
export const loadParameters = z.strictObject({
  /** Signals of the machine. */
  signals: z.int().min(1).max(20_000).default(100),
  rateHz: z
    .number()
    .min(0.1)
    .max(100)
    .refine((rate) => Number.isInteger(1000 / rate), {
      error:
        'must divide 1000, so that its period is whole milliseconds: 1, 2, 4, 5, 8, 10, 20, 25, 40, 50 or 100',
    })
    .default(10),
  /** `mixed`: doubles, floats, integers up to 64 bit, booleans, strings; `double`: doubles only. */
  types: z.enum(['mixed', 'double']).default('mixed'),
});
export type LoadParameters = z.infer<typeof loadParameters>;
