import { defineSignals } from '../../model/machine-kind.ts';
import type { Cadence, SignalDefinition } from '../../model/signal.ts';
import { EVERY_100_MS, EVERY_200_MS, EVERY_500_MS, EVERY_SECOND } from '../../model/signal.ts';
import { told } from '../../model/signal-builders.ts';
import { MACHINERY_SIGNALS } from '../machinery-state.ts';

export const MESSAGES = {
  off: 'Ready to start',
  starting: 'Motor starting',
  unloaded: 'Running unloaded',
  loaded: 'Running loaded',
  tripped: 'Tripped: outlet temperature',
} as const;

interface Measured {
  readonly unit: string;
  readonly range: readonly [number, number];
  readonly cadence?: Cadence;
}

const measured = (path: string, options: Measured): SignalDefinition => ({
  path,
  dataType: 'Double',
  cadence: options.cadence ?? EVERY_SECOND,
  unit: options.unit,
  range: options.range,
  sensor: true,
});
const event = (path: string, dataType: SignalDefinition['dataType']): SignalDefinition => ({
  path,
  dataType,
  cadence: 'on-change',
});
const float = (definition: SignalDefinition): SignalDefinition => ({ ...definition, dataType: 'Float' });

export const COMPRESSOR_STATES = ['Off', 'Starting', 'Unloaded', 'Loaded', 'Tripped'] as const;

/** The electrical measurements carry names as in OPC 34100 (Energy Consumption), whose nodeset npm lacks. */
export const COMPRESSOR_SIGNALS = defineSignals({
  ...MACHINERY_SIGNALS,
  state: { ...event('Status/CompressorState', 'Enumeration'), enumeration: COMPRESSOR_STATES },
  loaded: event('Status/Loaded', 'Boolean'),
  motorOn: event('Status/MotorOn', 'Boolean'),
  tripCode: event('Status/TripCode', 'Int16'),
  message: told('Status/Message', Object.values(MESSAGES)),
  statusWord: event('Status/StatusWord', 'UInt16'),
  loadCycles: event('Counters/LoadCycles', 'UInt32'),
  motorStarts: event('Counters/MotorStarts', 'UInt32'),
  loadedSeconds: {
    path: 'Counters/LoadedTime',
    dataType: 'UInt64',
    cadence: EVERY_SECOND,
    unit: 'SEC',
  },
  unloadedSeconds: {
    path: 'Counters/UnloadedTime',
    dataType: 'UInt64',
    cadence: EVERY_SECOND,
    unit: 'SEC',
  },
  airDelivered: {
    path: 'Counters/AirDelivered',
    dataType: 'Double',
    cadence: EVERY_SECOND,
    unit: 'MTQ',
    range: [0, 1e9],
  },
  serviceIn: { path: 'Counters/HoursToService', dataType: 'Int32', cadence: 'on-change', unit: 'HUR' },
  receiverPressure: measured('Receiver/Pressure', { unit: 'BAR', range: [0, 16], cadence: EVERY_100_MS }),
  airTemperature: measured('Receiver/Temperature', { unit: 'CEL', range: [0, 80] }),
  networkPressure: measured('Network/Pressure', { unit: 'BAR', range: [0, 16], cadence: EVERY_100_MS }),
  networkFlow: measured('Network/Flow', { unit: 'G53', range: [0, 6], cadence: EVERY_200_MS }),
  dewPoint: measured('Dryer/PressureDewPoint', { unit: 'CEL', range: [-40, 20] }),
  dryerOn: event('Dryer/On', 'Boolean'),
  deliveredFlow: measured('Screw/VolumeFlow', { unit: 'G53', range: [0, 6], cadence: EVERY_100_MS }),
  outletTemperature: measured('Screw/OutletTemperature', {
    unit: 'CEL',
    range: [0, 120],
    cadence: EVERY_500_MS,
  }),
  oilPressure: measured('Screw/OilPressure', { unit: 'BAR', range: [0, 12] }),
  oilFilterDrop: measured('Screw/OilFilterPressureDrop', { unit: 'MBR', range: [0, 2500] }),
  inletFilterDrop: measured('Screw/InletFilterPressureDrop', { unit: 'MBR', range: [0, 100] }),
  motorTemperature: measured('Motor/WindingTemperature', { unit: 'CEL', range: [0, 160] }),
  motorSpeed: measured('Motor/Speed', { unit: 'RPM', range: [0, 3200], cadence: EVERY_200_MS }),
  motorVibration: float(measured('Motor/Vibration', { unit: 'C16', range: [0, 12], cadence: EVERY_100_MS })),
  setpointHigh: {
    path: 'Control/UnloadPressure',
    dataType: 'Double',
    cadence: 'on-change',
    unit: 'BAR',
    range: [0, 16],
  },
  setpointLow: {
    path: 'Control/LoadPressure',
    dataType: 'Double',
    cadence: 'on-change',
    unit: 'BAR',
    range: [0, 16],
  },
  fanSpeed: { path: 'Control/FanSpeed', dataType: 'Byte', cadence: 'on-change', unit: 'P1', range: [0, 100] },
  activePower: measured('Energy/AcActivePowerTotal', { unit: 'KWT', range: [0, 40], cadence: EVERY_100_MS }),
  reactivePower: measured('Energy/AcReactivePowerTotal', { unit: 'KVR', range: [-40, 40] }),
  powerFactor: float({ ...measured('Energy/AcPowerFactor', { unit: 'P1', range: [0, 100] }) }),
  frequency: measured('Energy/AcFrequency', { unit: 'HTZ', range: [45, 55] }),
  voltages: { ...measured('Energy/AcVoltagePe', { unit: 'VLT', range: [0, 260] }), arrayLength: 3 },
  currents: {
    ...float(measured('Energy/AcCurrent', { unit: 'AMP', range: [0, 80], cadence: EVERY_500_MS })),
    arrayLength: 3,
  },
  energy: { ...event('Energy/AcActiveEnergyTotalImport', 'UInt64'), unit: 'WHR' },
  powerBalance: { path: 'Energy/PhaseBalance', dataType: 'Int64', cadence: EVERY_SECOND, unit: 'D46' },
});
export type CompressorSignal = keyof typeof COMPRESSOR_SIGNALS;
