import { z } from 'zod';

/** `parameters` of a machine of kind `packaging` in a plant file. */
export const packagingParameters = z.strictObject({
  /** Pieces in a carton. */
  cartonPieces: z.int().min(1).max(100).default(6),
  /** Pace at full speed, cartons a minute. */
  cartonsPerMin: z.number().min(0.2).max(120).default(3),
  /** Cartons of an order, after which the line completes and resets. */
  orderCartons: z.int().min(1).max(10_000).default(40),
  jamsPerHour: z.number().min(0).max(30).default(0.9),
});
export type PackagingParameters = z.infer<typeof packagingParameters>;
