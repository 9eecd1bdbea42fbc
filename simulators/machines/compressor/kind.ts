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
  alarms: [
    {
      name: 'Tripped',
      signal: 'Status/TripCode',
      when: 'set',
      severity: 800,
      message: {
        en: 'The compressor has tripped',
        ru: 'Компрессор отключён защитой',
        be: 'Кампрэсар адключаны абаронай',
        zh: '空压机跳闸',
      },
    },
    {
      name: 'NetworkPressureLow',
      signal: 'Network/Pressure',
      when: { below: 5.8, hysteresis: 0.3 },
      severity: 600,
      message: {
        en: 'The network pressure is low',
        ru: 'Низкое давление в сети',
        be: 'Нізкі ціск у сетцы',
        zh: '管网压力低',
      },
    },
    {
      name: 'OutletHot',
      signal: 'Screw/OutletTemperature',
      when: { above: 98, hysteresis: 4 },
      severity: 500,
      message: {
        en: 'The outlet temperature is high',
        ru: 'Высокая температура на выходе',
        be: 'Высокая тэмпература на выхадзе',
        zh: '排气温度高',
      },
    },
  ],
  history: ['Receiver/Temperature', 'Dryer/PressureDewPoint', 'Network/Flow', 'Motor/WindingTemperature'],
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
