import type { MachineKind } from '../../model/machine-kind.ts';
import type { AgvParameters } from './parameters.ts';
import { MACHINERY_COMPONENTS } from '../../model/companion.ts';
import { AgvModel } from './model.ts';
import { agvParameters } from './parameters.ts';

/** Guided vehicle between the machines; Machinery building blocks, own names for the rest. */
export const agvKind: MachineKind<AgvParameters> = {
  kind: 'agv',
  parameters: agvParameters,
  faults: ['jam', 'battery-aged'],
  companion: {
    nodesets: ['di', 'ia', 'machinery'],
    components: MACHINERY_COMPONENTS,
    constants: {
      'Identification/Manufacturer': 'Polesie Logistics (simulated)',
      'Identification/Model': 'T 100',
      'Identification/DeviceClass': 'AGV',
      'Identification/Location': 'Hall 1',
      'Identification/YearOfConstruction': 2023,
      'Identification/SoftwareRevision': '1.4',
    },
  },
  create: (own, context) => new AgvModel(own, context),
};
