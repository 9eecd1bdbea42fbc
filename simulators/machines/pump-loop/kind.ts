import { z } from 'zod';
import type { MachineKind } from '../../model/machine-kind.ts';
import { MACHINERY_COMPONENTS } from '../../model/companion.ts';
import { PumpLoopModel } from './model.ts';

const parameters = z.strictObject({
  maximumRpm: z.number().min(600).max(3500).default(3200),
  waterC: z.number().min(5).max(80).default(24),
  numberOfStarts: z.int().min(0).default(1310),
  operatingHours: z.number().min(0).default(2480),
});
export type PumpParameters = z.infer<typeof parameters>;

/** Pump test loop. OPC 40223 is not published as a package: its names stand in a namespace of our own. */
export const pumpLoopKind: MachineKind<PumpParameters> = {
  kind: 'pump-loop',
  parameters,
  faults: ['blocked-filter', 'cavitation', 'bearing', 'tank-leak'],
  companion: {
    nodesets: ['di', 'ia', 'machinery'],
    components: MACHINERY_COMPONENTS,
    constants: {
      'Identification/Manufacturer': 'Brest Pump Works (simulated)',
      'Identification/Model': 'Test loop DN32',
      'Identification/DeviceClass': 'Pump',
      'Identification/Location': 'Test bench',
      'Identification/YearOfConstruction': 2021,
      'Identification/SoftwareRevision': '4.2.0',
    },
  },
  create: (own, context) => new PumpLoopModel(own, context),
};
