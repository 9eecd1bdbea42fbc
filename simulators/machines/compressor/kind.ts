import { z } from 'zod';
import type { MachineKind } from '../../model/machine-kind.ts';
import { MACHINERY_COMPONENTS } from '../../model/companion.ts';
import { CompressorModel } from './model.ts';

const parameters = z
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
export type CompressorParameters = z.infer<typeof parameters>;

/** Screw compressor with receiver, dryer and energy meter; feeds the plant's compressed air. */
export const compressorKind: MachineKind<CompressorParameters> = {
  kind: 'compressor',
  parameters,
  faults: ['air-leak', 'blocked-filter', 'cooling-loss', 'bearing'],
  companion: {
    nodesets: ['di', 'ia', 'machinery'],
    components: MACHINERY_COMPONENTS,
    constants: {
      'Identification/Manufacturer': 'Bug Pneumatics (simulated)',
      'Identification/Model': 'SC 18',
      'Identification/DeviceClass': 'Compressor',
      'Identification/Location': 'Compressor room',
      'Identification/YearOfConstruction': 2020,
      'Identification/SoftwareRevision': '2.8.1',
    },
  },
  create: (own, context) => new CompressorModel(own, context),
};
