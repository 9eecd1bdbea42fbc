import { z } from 'zod';

/** `parameters` of a machine of kind `injection-moulding` in a plant file. */
export const mouldingParameters = z.strictObject({
  drive: z.enum(['hydraulic', 'all-electric']).default('hydraulic'),
  cavities: z.int().min(1).max(32).default(2),
  partG: z.number().min(1).max(2000).default(42),
  runnerG: z.number().min(0).max(500).default(6),
  stopsPerHour: z.number().min(0).max(20).default(0.4),
  machineCycles: z.int().min(0).default(2_104_310),
});
export type MouldingParameters = z.infer<typeof mouldingParameters>;
