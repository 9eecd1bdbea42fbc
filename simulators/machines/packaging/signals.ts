import { EVERY_200_MS, EVERY_500_MS } from '../../model/signal.ts';
import { defineSignals } from '../../model/machine-kind.ts';
import { choice, event, float, measured, setting, told } from '../../model/signal-builders.ts';
import { MACHINERY_SIGNALS } from '../machinery-state.ts';
import { PACKML_STATES } from './packml.ts';

export const CARTON_JAM = 'Carton jam at the infeed';

/** What PackML has a place for stands in the PackML object; PackTags that the nodeset makes structures stand beside it. */
export const PACKAGING_SIGNALS = defineSignals({
  ...MACHINERY_SIGNALS,
  baseState: event('PackML/BaseStateMachine/CurrentState', 'LocalizedText'),
  machineState: event('PackML/BaseStateMachine/MachineState/CurrentState', 'LocalizedText'),
  executeState: event('PackML/BaseStateMachine/MachineState/ExecuteState/CurrentState', 'LocalizedText'),
  stateCurrent: choice('PackTags/Status/StateCurrent', PACKML_STATES),
  unitMode: event('PackML/Status/UnitModeCurrent', 'Int32'),
  machSpeed: event('PackML/Status/MachSpeed', 'Float'),
  curMachSpeed: event('PackML/Status/CurMachSpeed', 'Float'),
  blocked: event('PackML/Status/EquipmentBlocked', 'Boolean'),
  starved: event('PackML/Status/EquipmentStarved', 'Boolean'),
  designSpeed: event('PackML/Admin/MachDesignSpeed', 'Float'),
  stateCurrentTime: event('PackML/Admin/StateCurrentTime', 'Int32'),
  consumed: event('PackTags/Admin/ProdConsumedCount', 'UInt64', 'H87'),
  processed: event('PackTags/Admin/ProdProcessedCount', 'UInt64', 'H87'),
  defective: event('PackTags/Admin/ProdDefectiveCount', 'UInt64', 'H87'),
  stopReason: event('PackTags/Admin/StopReasonId', 'Int32'),
  stopReasonText: told('PackTags/Admin/StopReasonText', [CARTON_JAM]),
  executeTime: event('PackTags/Admin/StateCumulativeTimeExecute', 'UInt32', 'SEC'),
  heldTime: event('PackTags/Admin/StateCumulativeTimeHeld', 'UInt32', 'SEC'),
  suspendedTime: event('PackTags/Admin/StateCumulativeTimeSuspended', 'UInt32', 'SEC'),
  abortedTime: event('PackTags/Admin/StateCumulativeTimeAborted', 'UInt32', 'SEC'),
  orderNumber: event('Production/ActiveOrder', 'String'),
  article: event('Production/ActiveArticle', 'String'),
  orderCartons: event('Production/OrderCartons', 'UInt32', 'H87'),
  orderCartonsDone: event('Production/OrderCartonsDone', 'UInt32', 'H87'),
  cartonSerial: event('Production/LastCarton', 'String'),
  lastCycleTime: event('Production/LastCycleTime', 'Double', 'SEC'),
  infeedSpeed: measured('Infeed/BeltSpeed', 'MTS', [0, 2], EVERY_200_MS),
  infeedCurrent: float(measured('Infeed/MotorCurrent', 'AMP', [0, 12], EVERY_200_MS)),
  infeedPieces: event('Infeed/Pieces', 'UInt16', 'H87'),
  eye: event('Infeed/PhotoEye', 'Boolean'),
  erectorVacuum: measured('Erector/Vacuum', 'MBR', [0, 900], EVERY_500_MS),
  blanks: measured('Erector/BlankMagazine', 'P1', [0, 100]),
  glueTemperature: measured('Gluer/TankTemperature', 'CEL', [0, 220]),
  glueNominal: setting('Gluer/NominalTemperature', 'CEL', [0, 220]),
  gluePressure: measured('Gluer/Pressure', 'BAR', [0, 12], EVERY_500_MS),
  glueLevel: measured('Gluer/Level', 'P1', [0, 100]),
  sealTemperature: measured('Sealer/Temperature', 'CEL', [0, 200]),
  scaleWeight: event('Checkweigher/LastWeight', 'Double', 'GRM'),
  scaleRejects: event('Checkweigher/Rejects', 'UInt32', 'H87'),
  driveTemperature: measured('MainDrive/MotorTemperature', 'CEL', [0, 130]),
  driveTorque: measured('MainDrive/Torque', 'NU', [0, 60], EVERY_200_MS),
  driveSpeed: measured('MainDrive/Speed', 'RPM', [0, 1800], EVERY_200_MS),
  vibration: measured('MainDrive/Vibration', 'C16', [0, 12], EVERY_200_MS),
  airPressure: measured('Pneumatics/Pressure', 'BAR', [0, 10], EVERY_500_MS),
  airFlow: measured('Pneumatics/Flow', 'G53', [0, 2]),
  guardClosed: event('Safety/GuardClosed', 'Boolean'),
  stackLight: event('Safety/StackLight', 'Byte'),
  activePower: measured('Energy/AcActivePowerTotal', 'KWT', [0, 20], EVERY_500_MS),
  energy: event('Energy/AcActiveEnergyTotalImport', 'UInt64', 'WHR'),
});
export type PackagingSignal = keyof typeof PACKAGING_SIGNALS;
