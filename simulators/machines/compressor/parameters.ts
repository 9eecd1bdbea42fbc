import { z } from 'zod';

/** `parameters` of a machine of kind `compressor` in a plant file. */
export const compressorParameters = z
  .strictObject({
    capacityM3PerMin: z.number().min(0.2).max(50).default(2.9),
    /** kW per m³/min at 7 bar gauge. */
    specificPowerKw: z.number().min(4).max(9).default(6.2),
    receiverM3: z.number().min(0.05).max(50).default(0.9),
    loadPressureBar: z.number().min(3).max(14).default(6.6),
    unloadPressureBar: z.number().min(3).max(15).default(7.5),
    /** Users that are not simulated one by one: mean demand of the hall. */
    baseDemandM3PerMin: z.number().min(0).max(40).default(1.1),
    leakM3PerMin: z.number().min(0).max(10).default(0.28),
  })
  .refine((own) => own.unloadPressureBar > own.loadPressureBar + 0.1, {
    path: ['unloadPressureBar'],
    error: 'must be above loadPressureBar by more than 0.1 bar; raise it or lower loadPressureBar',
  });
export type CompressorParameters = z.infer<typeof compressorParameters>;
