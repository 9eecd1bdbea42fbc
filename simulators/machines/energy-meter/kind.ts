import type { MachineKind } from '../../model/machine-kind.ts';
import type { MeterParameters } from './parameters.ts';
import { MACHINERY_COMPONENTS } from '../../model/companion.ts';
import { MeterModel } from './model.ts';
import { meterParameters } from './parameters.ts';

/** Main meter and a meter per machine. OPC 34100 is not in the npm package: its names stand in our own namespace. */
export const meterKind: MachineKind<MeterParameters> = {
  kind: 'energy-meter',
  parameters: meterParameters,
  faults: [],
  companion: {
    nodesets: ['di', 'ia', 'machinery'],
    components: MACHINERY_COMPONENTS,
    ownTypes: { Main: 'EnergyMeasurementType', Building: 'EnergyMeasurementType' },
    constants: {
      'Identification/Manufacturer': 'Brest Metering (simulated)',
      'Identification/Model': 'PM 3255',
      'Identification/DeviceClass': 'Energy meter',
      'Identification/Location': 'Main distribution board',
      'Identification/YearOfConstruction': 2021,
      'Identification/SoftwareRevision': '1.9',
    },
  },
  create: (own, context) => new MeterModel(own, context),
};
