import { EVERY_100_MS, EVERY_500_MS } from '../../model/signal.ts';
import { defineSignals } from '../../model/machine-kind.ts';
import { choice, event, float, measured, setting, told } from '../../model/signal-builders.ts';
import { MINOR_STOP } from '../../model/work-cycle.ts';
import { WORK_STATES } from '../../model/work-state.ts';
import { MACHINERY_SIGNALS } from '../machinery-state.ts';
import { STAGES } from './moulding.ts';

export const ZONE_COLD = 'barrel zone 3 temperature';

export const MACHINE_MODES = ['Other', 'Automatic', 'SemiAutomatic', 'Manual', 'Setup', 'Sleep'] as const;
export const BARREL_ZONES = 4;

const BARREL = 'InjectionUnits/InjectionUnit_1/TemperatureZones';
const zone = (number: number) => ({
  actual: measured(`${BARREL}/TemperatureZone_${number}/ActualTemperature`, 'CEL', [0, 350]),
  nominal: setting(`${BARREL}/TemperatureZone_${number}/NominalTemperature`, 'CEL', [0, 350]),
});
const [ZONE_1, ZONE_2, ZONE_3, ZONE_4] = [zone(1), zone(2), zone(3), zone(4)];
const mould = (number: number) =>
  measured(`Moulds/Mould_1/TemperatureZones/TemperatureZone_${number}/ActualTemperature`, 'CEL', [0, 120]);

const CYCLE = 'InjectionUnits/InjectionUnit_1/CycleParameters';
const JOB = 'Jobs/ActiveJobValues';

/** Names of objects and variables after OPC 40077 (Euromap 77), whose nodeset npm lacks. */
export const MOULDING_SIGNALS = defineSignals({
  ...MACHINERY_SIGNALS,
  machineMode: choice('MachineStatus/MachineMode', MACHINE_MODES),
  stage: told('MachineStatus/CyclePhase', [...STAGES.map(({ name }) => name), ...WORK_STATES]),
  isReady: event('MachineStatus/IsReady', 'Boolean'),
  alarmCode: event('MachineStatus/ActiveErrorCode', 'Int32'),
  alarmText: told('MachineStatus/ActiveErrorText', [ZONE_COLD, MINOR_STOP]),
  zone1: ZONE_1.actual,
  zone1Nominal: ZONE_1.nominal,
  zone2: ZONE_2.actual,
  zone2Nominal: ZONE_2.nominal,
  zone3: ZONE_3.actual,
  zone3Nominal: ZONE_3.nominal,
  zone4: ZONE_4.actual,
  zone4Nominal: ZONE_4.nominal,
  meltTemperature: measured('InjectionUnits/InjectionUnit_1/MeltTemperature', 'CEL', [0, 350]),
  screwPosition: measured('InjectionUnits/InjectionUnit_1/ScrewStroke', 'MMT', [0, 160], EVERY_100_MS),
  screwSpeed: measured('InjectionUnits/InjectionUnit_1/ScrewSpeed', 'RPM', [0, 300], EVERY_100_MS),
  injectionPressure: measured(
    'InjectionUnits/InjectionUnit_1/MaterialPressure',
    'BAR',
    [0, 2500],
    EVERY_100_MS,
  ),
  backPressure: measured('InjectionUnits/InjectionUnit_1/BackPressure', 'BAR', [0, 200], EVERY_500_MS),
  cushion: measured(`${CYCLE}/MaterialCushionStroke`, 'MMT', [0, 20]),
  plasticationTime: event(`${CYCLE}/PlasticationTime`, 'Double', 'SEC'),
  injectionTime: event(`${CYCLE}/InjectionTime`, 'Double', 'SEC'),
  peakPressure: event(`${CYCLE}/MaterialPressureMaximum`, 'Double', 'BAR'),
  switchOverPressure: event(`${CYCLE}/SwitchOverMaterialPressure`, 'Double', 'BAR'),
  holdingPressure: event(`${CYCLE}/HoldingPressure`, 'Double', 'BAR'),
  shotWeight: event(`${CYCLE}/ShotWeight`, 'Double', 'GRM'),
  mould1: mould(1),
  mould2: mould(2),
  clampPosition: measured('ClampingUnits/ClampingUnit_1/ClampStroke', 'MMT', [0, 420], EVERY_100_MS),
  clampForce: measured('ClampingUnits/ClampingUnit_1/ClampForce', 'B47', [0, 1200], EVERY_100_MS),
  ejectorPosition: measured('ClampingUnits/ClampingUnit_1/EjectorStroke', 'MMT', [0, 100], EVERY_100_MS),
  doorClosed: event('MachineStatus/SafetyDoorClosed', 'Boolean'),
  oilTemperature: measured('PowerUnits/PowerUnit_1/OilTemperature', 'CEL', [0, 90]),
  pumpPressure: float(measured('PowerUnits/PowerUnit_1/SystemPressure', 'BAR', [0, 260], EVERY_500_MS)),
  motorOn: event('PowerUnits/PowerUnit_1/MotorOn', 'Boolean'),
  coolingFlow: measured('Auxiliary/CoolingWater/Flow', 'L2', [0, 60]),
  coolingTemperature: measured('Auxiliary/CoolingWater/Temperature', 'CEL', [0, 60]),
  hopperLevel: measured('Auxiliary/Hopper/Level', 'P1', [0, 100]),
  jobName: event('Jobs/ActiveJob/JobName', 'String'),
  jobProduct: event('Jobs/ActiveJob/ProductName', 'String'),
  expectedCycleTime: setting('Jobs/ActiveJob/ExpectedCycleTime', 'SEC', [0, 600]),
  jobCycles: event(`${JOB}/JobCycleCounter`, 'UInt64'),
  machineCycles: event(`${JOB}/MachineCycleCounter`, 'UInt64'),
  partsCounter: event(`${JOB}/JobPartsCounter`, 'UInt64', 'H87'),
  goodParts: event(`${JOB}/JobGoodPartsCounter`, 'UInt64', 'H87'),
  badParts: event(`${JOB}/JobBadPartsCounter`, 'UInt64', 'H87'),
  lastCycleTime: event(`${JOB}/LastCycleTime`, 'Double', 'SEC'),
  averageCycleTime: event(`${JOB}/AverageCycleTime`, 'Double', 'SEC'),
  heaterPower: measured('Energy/HeaterPower', 'KWT', [0, 30], EVERY_500_MS),
  activePower: measured('Energy/AcActivePowerTotal', 'KWT', [0, 120], EVERY_500_MS),
  energy: event('Energy/AcActiveEnergyTotalImport', 'UInt64', 'WHR'),
});
export type MouldingSignal = keyof typeof MOULDING_SIGNALS;
