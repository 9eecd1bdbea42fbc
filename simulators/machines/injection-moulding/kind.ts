import type { MachineKind } from '../../model/machine-kind.ts';
import type { MouldingParameters } from './parameters.ts';
import { MACHINERY_COMPONENTS } from '../../model/companion.ts';
import { MouldingModel } from './model.ts';
import { mouldingParameters } from './parameters.ts';

/** Injection moulding machine. OPC 40077 is not in the npm package: its type names stand in a namespace of our own. */
export const mouldingKind: MachineKind<MouldingParameters> = {
  kind: 'injection-moulding',
  parameters: mouldingParameters,
  faults: ['heater-failure', 'check-valve', 'cooling-loss'],
  alarms: [
    {
      name: 'MachineError',
      signal: 'MachineStatus/ActiveErrorCode',
      when: 'set',
      severity: 700,
      message: {
        en: 'The machine has stopped with an error',
        ru: 'Машина остановлена ошибкой',
        be: 'Машына спынена памылкай',
        zh: '注塑机报错停机',
      },
    },
    {
      name: 'MeltCold',
      signal: 'InjectionUnits/InjectionUnit_1/MeltTemperature',
      when: { below: 206, hysteresis: 3 },
      severity: 500,
      message: {
        en: 'The melt is too cold',
        ru: 'Расплав недостаточно нагрет',
        be: 'Расплаў недастаткова нагрэты',
        zh: '熔体温度过低',
      },
    },
  ],
  companion: {
    nodesets: ['di', 'ia', 'machinery'],
    components: MACHINERY_COMPONENTS,
    ownTypes: {
      MachineStatus: 'MachineStatusType',
      InjectionUnits: 'InjectionUnitsType',
      'InjectionUnits/InjectionUnit_1': 'InjectionUnitType',
      'InjectionUnits/InjectionUnit_1/TemperatureZones': 'TemperatureZonesType',
      'InjectionUnits/InjectionUnit_1/CycleParameters': 'InjectionUnitCycleParametersType',
      Moulds: 'MouldsType',
      'Moulds/Mould_1': 'MouldType',
      'ClampingUnits/ClampingUnit_1': 'ClampingUnitType',
      'PowerUnits/PowerUnit_1': 'PowerUnitType',
      'Jobs/ActiveJob': 'CyclicJobInformationType',
      'Jobs/ActiveJobValues': 'ActiveCyclicJobValuesType',
    },
    constants: {
      'Identification/Manufacturer': 'Mukhavets Plastics Machinery (simulated)',
      'Identification/Model': 'IM 90-320',
      'Identification/DeviceClass': 'Injection moulding machine',
      'Identification/Location': 'Hall 2',
      'Identification/YearOfConstruction': 2017,
      'Identification/SoftwareRevision': '5.31',
    },
  },
  create: (own, context) => new MouldingModel(own, context),
};
