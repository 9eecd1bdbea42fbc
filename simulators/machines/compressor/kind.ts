import type { CompressorParameters } from './parameters.ts';
import type { MachineKind } from '../../model/machine-kind.ts';
import { MACHINERY_COMPONENTS } from '../../model/companion.ts';
import { CompressorModel } from './model.ts';
import { compressorParameters } from './parameters.ts';

/** Screw compressor with receiver, dryer and energy meter; feeds the plant's compressed air. */
export const compressorKind: MachineKind<CompressorParameters> = {
  kind: 'compressor',
  parameters: compressorParameters,
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
