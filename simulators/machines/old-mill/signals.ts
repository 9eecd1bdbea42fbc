import { EVERY_200_MS, EVERY_500_MS } from '../../model/signal.ts';
import { defineSignals } from '../../model/machine-kind.ts';
import { event, float, measured } from '../../model/signal-builders.ts';

/**
 * A mill of 1984 with a retrofit controller: a flat list of tags as the fitter named them, no companion model, no
 * state machine; whether it works has to be read from the current.
 */
export const OLD_MILL_SIGNALS = defineSignals({
  spindleCurrent: float(measured('PLC1/AI_SpindleCurrent', 'AMP', [0, 40], EVERY_200_MS)),
  feedCurrent: float(measured('PLC1/AI_FeedCurrent', 'AMP', [0, 10], EVERY_200_MS)),
  vibration: float(measured('PLC1/AI_VibrationRMS', 'C16', [0, 18], EVERY_200_MS)),
  bearingTemperature: float(measured('PLC1/AI_BearingTemp', 'CEL', [0, 120])),
  gearOil: float(measured('PLC1/AI_GearOilTemp', 'CEL', [0, 100])),
  rpm: event('PLC1/MW_SpindleRpm', 'Int16', 'RPM'),
  activePower: measured('PLC1/AI_ActivePower', 'KWT', [0, 25], EVERY_500_MS),
  energy: event('PLC1/MD_EnergyWh', 'UInt64', 'WHR'),
  parts: event('PLC1/MD_PartCounter', 'UInt32', 'H87'),
  scrap: event('PLC1/MD_ScrapCounter', 'UInt32', 'H87'),
  spindleOn: event('PLC1/DI_SpindleOn', 'Boolean'),
  coolantOn: event('PLC1/DI_CoolantOn', 'Boolean'),
  doorSwitch: event('PLC1/DI_DoorSwitch', 'Boolean'),
  lampRed: event('PLC1/DQ_LampRed', 'Boolean'),
  lampGreen: event('PLC1/DQ_LampGreen', 'Boolean'),
  hours: event('PLC1/MD_HoursRun', 'UInt32', 'HUR'),
});
export type OldMillSignal = keyof typeof OLD_MILL_SIGNALS;
