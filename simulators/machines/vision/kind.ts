import type { MachineKind } from '../../model/machine-kind.ts';
import type { VisionParameters } from './parameters.ts';
import { MACHINERY_COMPONENTS } from '../../model/companion.ts';
import { VisionModel } from './model.ts';
import { visionParameters } from './parameters.ts';

/** Camera quality check; Machinery building blocks, own names for the rest. */
export const visionKind: MachineKind<VisionParameters> = {
  kind: 'vision',
  parameters: visionParameters,
  faults: ['dirty-lens', 'lamp-aged'],
  companion: {
    nodesets: ['di', 'ia', 'machinery'],
    components: MACHINERY_COMPONENTS,
    constants: {
      'Identification/Manufacturer': 'Brest Optics (simulated)',
      'Identification/Model': 'QC 2',
      'Identification/DeviceClass': 'Vision system',
      'Identification/Location': 'Hall 2',
      'Identification/YearOfConstruction': 2023,
      'Identification/SoftwareRevision': '2.0',
    },
  },
  create: (own, context) => new VisionModel(own, context),
};
