import type { MachineKind } from '../../model/machine-kind.ts';
import type { PackagingParameters } from './parameters.ts';
import { MACHINERY_COMPONENTS, PACKML_URI } from '../../model/companion.ts';
import { PackagingModel } from './model.ts';
import { packagingParameters } from './parameters.ts';

/** Packaging line with a PackML unit (OPC 30050) and Machinery building blocks. */
export const packagingKind: MachineKind<PackagingParameters> = {
  kind: 'packaging',
  parameters: packagingParameters,
  faults: ['jam', 'bearing', 'heater-failure'],
  alarms: [
    {
      name: 'CartonJam',
      signal: 'PackTags/Admin/StopReasonId',
      when: 'set',
      severity: 600,
      message: {
        en: 'Cartons are jammed',
        ru: 'Затор картонных коробок',
        be: 'Затор кардонных скрынак',
        zh: '纸箱卡住',
      },
    },
    {
      name: 'GlueCold',
      signal: 'Gluer/TankTemperature',
      when: { below: 150, hysteresis: 4 },
      severity: 500,
      message: {
        en: 'The glue is too cold',
        ru: 'Клей недостаточно нагрет',
        be: 'Клей недастаткова нагрэты',
        zh: '胶温过低',
      },
    },
  ],
  companion: {
    nodesets: ['di', 'ia', 'machinery', 'packML'],
    components: [
      ...MACHINERY_COMPONENTS,
      {
        path: 'PackML',
        type: { namespaceUri: PACKML_URI, name: 'PackMLBaseObjectType' },
        // Not Admin.StateCurrentTime: PackML's is a matrix by mode and state, ours one number in the machine's own namespace.
        optionals: ['Admin.MachDesignSpeed', 'PackMLVersion', 'TagID'],
      },
    ],
    empty: [
      'PackML/BaseStateMachine/AvailableStates',
      'PackML/BaseStateMachine/AvailableTransitions',
      'PackML/BaseStateMachine/MachineState/AvailableStates',
      'PackML/BaseStateMachine/MachineState/AvailableTransitions',
      'PackML/BaseStateMachine/MachineState/ExecuteState/AvailableStates',
      'PackML/BaseStateMachine/MachineState/ExecuteState/AvailableTransitions',
    ],
    constants: {
      'Identification/Manufacturer': 'Belovezha Packaging (simulated)',
      'Identification/Model': 'CP 3',
      'Identification/DeviceClass': 'Packaging line',
      'Identification/Location': 'Hall 2',
      'Identification/YearOfConstruction': 2018,
      'Identification/SoftwareRevision': '3.6',
      'PackML/PackMLVersion': '3.0',
      'PackML/TagID': 'LINE1',
    },
  },
  create: (own, context) => new PackagingModel(own, context),
};
