import { defineSignals } from '../../model/machine-kind.ts';
import type { SignalDefinition } from '../../model/signal.ts';
import { EVERY_100_MS, EVERY_500_MS, EVERY_SECOND } from '../../model/signal.ts';
import { DEFECTS } from '../../model/part.ts';
import { told } from '../../model/signal-builders.ts';
import { MACHINERY_SIGNALS } from '../machinery-state.ts';
import { TEST_STEPS } from './test-programme.ts';

export const PASSED = 'Passed';
export const failedFor = (defect: string): string => `Failed: ${defect}`;

const measurement = (
  name: string,
  unit: string,
  range: readonly [number, number],
  cadence: SignalDefinition['cadence'] = EVERY_SECOND,
): SignalDefinition => ({
  path: `Operational/Measurements/${name}`,
  dataType: 'Double',
  cadence,
  unit,
  range,
  sensor: true,
});

const ON_CHANGE = { cadence: 'on-change' } as const;

export const PUMP_STATES = ['Stopped', 'Starting', 'Running', 'Stopping', 'Tripped'] as const;
export const CONTROL_MODES = ['Local', 'Remote', 'Automatic'] as const;

/** Names follow the published measurements of OPC 40223 (Pumps and Vacuum Pumps), whose nodeset npm lacks. */
export const PUMP_SIGNALS = defineSignals({
  ...MACHINERY_SIGNALS,
  differentialPressure: measurement('DifferentialPressure', 'BAR', [0, 6], EVERY_100_MS),
  outletPressure: measurement('OutletPressure', 'BAR', [0, 6], EVERY_100_MS),
  inletPressure: measurement('InletPressure', 'BAR', [-1, 1], EVERY_500_MS),
  volumeFlowRate: measurement('VolumeFlowRate', 'L2', [0, 200], EVERY_100_MS),
  pumpTotalHead: measurement('PumpTotalHead', 'MTR', [0, 60]),
  speed: measurement('Speed', 'RPM', [0, 3600], EVERY_100_MS),
  fluidTemperature: measurement('FluidTemperature', 'CEL', [0, 95]),
  bearingTemperature: measurement('BearingTemperature', 'CEL', [0, 120]),
  motorWindingTemperature: measurement('MotorWindingTemperature', 'CEL', [0, 160]),
  pumpPowerInput: measurement('PumpPowerInput', 'KWT', [0, 5], EVERY_500_MS),
  pumpPowerOutput: measurement('PumpPowerOutput', 'KWT', [0, 5]),
  pumpEfficiency: measurement('PumpEfficiency', 'P1', [0, 100]),
  netPositiveSuctionHead: measurement('NetPositiveSuctionHead', 'MTR', [0, 15]),
  vibration1: { ...measurement('Accelerometer1RMS', 'K40', [0, 5], EVERY_100_MS), dataType: 'Float' },
  vibration2: { ...measurement('Accelerometer2RMS', 'K40', [0, 5], EVERY_100_MS), dataType: 'Float' },
  vibrationSpectrum: {
    ...measurement('VibrationSpectrum', 'K40', [0, 5]),
    dataType: 'Float',
    arrayLength: 8,
  },
  motorCurrent: { ...measurement('MotorCurrent', 'AMP', [0, 12], EVERY_100_MS), dataType: 'Float' },
  supplyVoltage: { ...measurement('SupplyVoltage', 'VLT', [0, 260]), dataType: 'Float' },
  tankLevel: measurement('TankLevel', 'MMT', [0, 1000], EVERY_500_MS),
  speedSetpoint: {
    path: 'Operational/Control/SpeedSetpoint',
    dataType: 'UInt16',
    unit: 'RPM',
    range: [0, 3600],
    ...ON_CHANGE,
  },
  valveOpening: {
    path: 'Operational/Control/OutletValvePosition',
    dataType: 'Float',
    cadence: EVERY_500_MS,
    unit: 'P1',
    range: [0, 100],
  },
  refillValveOpen: { path: 'Operational/Control/RefillValveOpen', dataType: 'Boolean', ...ON_CHANGE },
  controlMode: {
    path: 'Operational/Control/OperatingMode',
    dataType: 'Enumeration',
    enumeration: CONTROL_MODES,
    ...ON_CHANGE,
  },
  step: told(
    'Operational/Control/TestStep',
    TEST_STEPS.map(({ name }) => name),
  ),
  stepNumber: { path: 'Operational/Control/TestStepNumber', dataType: 'Byte', ...ON_CHANGE },
  pumpState: {
    path: 'Operational/Signals/PumpState',
    dataType: 'Enumeration',
    enumeration: PUMP_STATES,
    ...ON_CHANGE,
  },
  pumpOn: { path: 'Operational/Signals/PumpOn', dataType: 'Boolean', ...ON_CHANGE },
  driveStatusWord: { path: 'Operational/Signals/DriveStatusWord', dataType: 'UInt16', ...ON_CHANGE },
  faultCode: { path: 'Operational/Signals/FaultCode', dataType: 'Int16', ...ON_CHANGE },
  trim: {
    path: 'Operational/Control/SpeedTrim',
    dataType: 'SByte',
    unit: 'P1',
    range: [-100, 100],
    ...ON_CHANGE,
  },
  cavitation: {
    path: 'Events/SupervisionPumpOperation/Cavitation',
    dataType: 'Boolean',
    ...ON_CHANGE,
  },
  dryRunning: { path: 'Events/SupervisionPumpOperation/Dry', dataType: 'Boolean', ...ON_CHANGE },
  excessVibration: {
    path: 'Events/SupervisionMechanics/ExcessVibration',
    dataType: 'Boolean',
    ...ON_CHANGE,
  },
  order: { path: 'Production/ActiveOrder', dataType: 'String', ...ON_CHANGE },
  specimensPassed: { path: 'Production/SpecimensPassed', dataType: 'UInt32', ...ON_CHANGE, unit: 'H87' },
  specimensFailed: { path: 'Production/SpecimensFailed', dataType: 'UInt32', ...ON_CHANGE, unit: 'H87' },
  lastResult: told('Production/LastResult', [PASSED, ...DEFECTS.map(failedFor)]),
  numberOfStarts: { path: 'Maintenance/GeneralMaintenance/NumberOfStarts', dataType: 'UInt32', ...ON_CHANGE },
  lastStart: { path: 'Maintenance/GeneralMaintenance/LastStart', dataType: 'DateTime', ...ON_CHANGE },
  revolutions: {
    path: 'Maintenance/GeneralMaintenance/Revolutions',
    dataType: 'UInt64',
    cadence: EVERY_SECOND,
  },
  tankBalance: {
    path: 'Maintenance/GeneralMaintenance/TankBalance',
    dataType: 'Int64',
    cadence: EVERY_SECOND,
    unit: 'MLT',
  },
  operatingTime: {
    path: 'Maintenance/GeneralMaintenance/OperatingTime',
    dataType: 'Double',
    cadence: EVERY_SECOND,
    unit: 'HUR',
  },
  energy: { path: 'Energy/ActiveEnergyImport', dataType: 'UInt64', ...ON_CHANGE, unit: 'WHR' },
});
export type PumpSignal = keyof typeof PUMP_SIGNALS;
