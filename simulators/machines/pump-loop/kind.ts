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
  alarms: [
    {
      name: 'Cavitation',
      signal: 'Events/SupervisionPumpOperation/Cavitation',
      when: 'set',
      severity: 600,
      message: { en: 'The pump cavitates', ru: 'Кавитация насоса', be: 'Кавітацыя помпы', zh: '水泵气蚀' },
    },
    {
      name: 'ExcessVibration',
      signal: 'Events/SupervisionMechanics/ExcessVibration',
      when: 'set',
      severity: 600,
      message: {
        en: 'Vibration is above its limit',
        ru: 'Вибрация выше предела',
        be: 'Вібрацыя вышэй за мяжу',
        zh: '振动超限',
      },
    },
    {
      name: 'BearingHot',
      signal: 'Operational/Measurements/BearingTemperature',
      when: { above: 70, hysteresis: 3 },
      severity: 500,
      message: {
        en: 'The bearing is hot',
        ru: 'Подшипник перегрет',
        be: 'Падшыпнік перагрэты',
        zh: '轴承过热',
      },
    },
  ],
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
