import { EVERY_100_MS, EVERY_200_MS, EVERY_500_MS } from '../../model/signal.ts';
import { defineSignals } from '../../model/machine-kind.ts';
import { choice, event, float, measured, told } from '../../model/signal-builders.ts';
import { MACHINERY_SIGNALS } from '../machinery-state.ts';

export const AGV_STATES = [
  'Idle',
  'DrivingToPick',
  'Loading',
  'DrivingToPlace',
  'Unloading',
  'DrivingToCharger',
  'Charging',
  'Blocked',
] as const;

/** A destination that is no place of its route, `12/6`. */
export const CHARGER = 'charger';
export const OBSTACLE = 'Obstacle in the protective field';

/** State words after VDA 5050 (state message), in a namespace of our own: there is no OPC UA model of it. */
export const AGV_SIGNALS = defineSignals({
  ...MACHINERY_SIGNALS,
  state: choice('Status/DriveState', AGV_STATES),
  order: event('Order/OrderId', 'String'),
  destination: told('Order/Destination', [CHARGER]),
  load: event('Order/LoadedPieces', 'UInt16', 'H87'),
  carried: event('Order/CarriedPieces', 'UInt64', 'H87'),
  trips: event('Order/Trips', 'UInt32'),
  x: measured('AgvPosition/X', 'MTR', [-100, 200], EVERY_100_MS),
  y: measured('AgvPosition/Y', 'MTR', [-100, 200], EVERY_100_MS),
  theta: measured('AgvPosition/Theta', 'DD', [-180, 180], EVERY_100_MS),
  localization: float(measured('AgvPosition/LocalizationScore', 'P1', [0, 100], EVERY_500_MS)),
  speed: measured('Velocity/Speed', 'MTS', [0, 3], EVERY_100_MS),
  distance: event('Velocity/Distance', 'Double', 'MTR'),
  charge: measured('BatteryState/BatteryCharge', 'P1', [0, 100]),
  voltage: measured('BatteryState/BatteryVoltage', 'VLT', [0, 60], EVERY_500_MS),
  current: measured('BatteryState/BatteryCurrent', 'AMP', [-80, 80], EVERY_200_MS),
  batteryTemperature: measured('BatteryState/Temperature', 'CEL', [0, 70]),
  health: float(measured('BatteryState/BatteryHealth', 'P1', [0, 100])),
  charging: event('BatteryState/Charging', 'Boolean'),
  motorLeft: measured('Drives/Left/MotorCurrent', 'AMP', [0, 40], EVERY_200_MS),
  motorRight: measured('Drives/Right/MotorCurrent', 'AMP', [0, 40], EVERY_200_MS),
  motorTemperature: measured('Drives/MotorTemperature', 'CEL', [0, 120]),
  fieldViolation: event('SafetyState/FieldViolation', 'Boolean'),
  emergencyStop: event('SafetyState/EStop', 'Boolean'),
  errorText: told('Errors/ErrorDescription', [OBSTACLE]),
  activePower: measured('Energy/ChargerPower', 'KWT', [0, 5], EVERY_500_MS),
  energy: event('Energy/AcActiveEnergyTotalImport', 'UInt64', 'WHR'),
});
export type AgvSignal = keyof typeof AGV_SIGNALS;
