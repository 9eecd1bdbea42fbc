import type { PumpParameters } from './parameters.ts';
import type { MachineKind } from '../../model/machine-kind.ts';
import { MACHINERY_COMPONENTS } from '../../model/companion.ts';
import { PumpLoopModel } from './model.ts';
import { pumpParameters } from './parameters.ts';

/** Pump test loop. OPC 40223 is not published as a package: its names stand in a namespace of our own. */
export const pumpLoopKind: MachineKind<PumpParameters> = {
  kind: 'pump-loop',
  parameters: pumpParameters,
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
