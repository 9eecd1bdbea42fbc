import type { SignalDefinition } from '../../model/signal.ts';
import { EVERY_200_MS, EVERY_500_MS } from '../../model/signal.ts';
import { array, event, float, measured } from '../../model/signal-builders.ts';
import { MACHINERY_SIGNALS } from '../machinery-state.ts';

/** Names of measurements after OPC 34100 (Energy Consumption Management), whose nodeset npm lacks. */
const MAIN_SIGNALS: Readonly<Record<string, SignalDefinition>> = {
  ...MACHINERY_SIGNALS,
  activePower: measured('Main/AcActivePowerTotal', 'KWT', [0, 400], EVERY_200_MS),
  reactivePower: measured('Main/AcReactivePowerTotal', 'KVR', [-400, 400], EVERY_500_MS),
  apparentPower: measured('Main/AcApparentPowerTotal', 'KVA', [0, 500], EVERY_500_MS),
  powerFactor: measured('Main/AcPowerFactor', 'P1', [0, 100]),
  frequency: measured('Main/AcFrequency', 'HTZ', [45, 55], EVERY_200_MS),
  phasePower: array(measured('Main/AcActivePower', 'KWT', [0, 200], EVERY_500_MS), 3),
  voltages: array(measured('Main/AcVoltagePe', 'VLT', [0, 260], EVERY_500_MS), 3),
  lineVoltages: array(measured('Main/AcVoltagePp', 'VLT', [0, 450], EVERY_500_MS), 3),
  currents: array(float(measured('Main/AcCurrent', 'AMP', [0, 800], EVERY_500_MS)), 3),
  distortion: measured('Main/AcVoltageThd', 'P1', [0, 20]),
  maximumDemand: event('Main/MaximumDemand', 'Double', 'KWT'),
  energy: event('Main/AcActiveEnergyTotalImport', 'UInt64', 'WHR'),
  reactiveEnergy: event('Main/AcReactiveEnergyTotalImport', 'Double', 'KVH'),
  buildingPower: measured('Building/AcActivePowerTotal', 'KWT', [0, 200]),
  buildingEnergy: event('Building/AcActiveEnergyTotalImport', 'UInt64', 'WHR'),
  cabinetTemperature: measured('Cabinet/Temperature', 'CEL', [0, 70]),
  communicationErrors: event('Cabinet/CommunicationErrors', 'UInt32'),
};

export const FEEDER_KEYS = ['activePower', 'currents', 'powerFactor', 'energy'] as const;

/** The signals of a main meter, the building and one meter per machine: `Feeders/cnc-01/AcActivePowerTotal`. */
export function meterSignals(feeders: readonly string[]): Readonly<Record<string, SignalDefinition>> {
  const own = feeders.flatMap((id): [string, SignalDefinition][] => [
    [`${id}.activePower`, measured(`Feeders/${id}/AcActivePowerTotal`, 'KWT', [0, 150], EVERY_500_MS)],
    [`${id}.currents`, array(float(measured(`Feeders/${id}/AcCurrent`, 'AMP', [0, 300])), 3)],
    [`${id}.powerFactor`, float(measured(`Feeders/${id}/AcPowerFactor`, 'P1', [0, 100]))],
    [`${id}.energy`, event(`Feeders/${id}/AcActiveEnergyTotalImport`, 'UInt64', 'WHR')],
  ]);
  return { ...MAIN_SIGNALS, ...Object.fromEntries(own) };
}
