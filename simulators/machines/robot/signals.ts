import type { SignalDefinition } from '../../model/signal.ts';
import { EVERY_100_MS, EVERY_200_MS, EVERY_500_MS } from '../../model/signal.ts';
import { defineSignals } from '../../model/machine-kind.ts';
import { array, event, float, measured, setting, told } from '../../model/signal-builders.ts';
import { MINOR_STOP } from '../../model/work-cycle.ts';
import { WORK_STATES } from '../../model/work-state.ts';
import { MACHINERY_SIGNALS } from '../machinery-state.ts';

export const AXES = [1, 2, 3, 4, 5, 6] as const;
export type Axis = (typeof AXES)[number];
export const ROBOT_STAGES = ['approach', 'pick', 'transfer', 'place', 'retract'] as const;
export const VACUUM_LOW = 'gripper vacuum low';

const DEVICE = 'MotionDevices/Robot';
const CONTROLLER = 'Controllers/Controller';

type AxisKey = `position${Axis}` | `speed${Axis}` | `motorTemperature${Axis}` | `loadRate${Axis}`;
type OwnAxisKey = `torque${Axis}` | `current${Axis}`;

/** Positions and motors stand where OPC 40010-1 has them; torque and current beside them. */
const AXIS_SIGNALS = Object.fromEntries(
  AXES.flatMap((axis): [string, SignalDefinition][] => {
    const parameters = `${DEVICE}/Axes/Axis_${axis}/ParameterSet`;
    const motor = `${DEVICE}/PowerTrains/PowerTrain_${axis}/Motor/ParameterSet`;
    return [
      [`position${axis}`, measured(`${parameters}/ActualPosition`, 'DD', [-185, 185], EVERY_100_MS)],
      [`speed${axis}`, measured(`${parameters}/ActualSpeed`, 'E96', [-400, 400], EVERY_100_MS)],
      [`motorTemperature${axis}`, measured(`${motor}/MotorTemperature`, 'CEL', [0, 130])],
      [`loadRate${axis}`, event(`${motor}/EffectiveLoadRate`, 'UInt16')],
      [`torque${axis}`, measured(`${motor}/JointTorque`, 'NU', [-1500, 1500], EVERY_200_MS)],
      [`current${axis}`, float(measured(`${motor}/MotorCurrent`, 'AMP', [-40, 40], EVERY_200_MS))],
    ];
  }),
) as Record<AxisKey | OwnAxisKey, SignalDefinition>;

export const ROBOT_SIGNALS = defineSignals({
  ...MACHINERY_SIGNALS,
  ...AXIS_SIGNALS,
  speedOverride: event(`${DEVICE}/ParameterSet/SpeedOverride`, 'Double'),
  onPath: event(`${DEVICE}/ParameterSet/OnPath`, 'Boolean'),
  inControl: event(`${DEVICE}/ParameterSet/InControl`, 'Boolean'),
  flangeMass: event(`${DEVICE}/FlangeLoad/Mass`, 'Double'),
  followingError: measured(`${DEVICE}/ParameterSet/FollowingError`, 'DD', [0, 2], EVERY_500_MS),
  toolPosition: array(measured(`${DEVICE}/ParameterSet/ToolPosition`, 'MMT', [-2000, 2000]), 6),
  vibration: measured(`${DEVICE}/ParameterSet/ArmVibration`, 'C16', [0, 12], EVERY_200_MS),
  programLoaded: event(`${CONTROLLER}/TaskControls/TaskControl_1/ParameterSet/TaskProgramLoaded`, 'Boolean'),
  programName: event(`${CONTROLLER}/TaskControls/TaskControl_1/ParameterSet/TaskProgramName`, 'String'),
  programStage: told(`${CONTROLLER}/TaskControls/TaskControl_1/ParameterSet/TaskStep`, [
    ...ROBOT_STAGES,
    ...WORK_STATES,
  ]),
  controllerTemperature: measured(`${CONTROLLER}/ParameterSet/Temperature`, 'CEL', [0, 80]),
  cabinetFan: measured(`${CONTROLLER}/ParameterSet/CabinetFanSpeed`, 'RPM', [0, 4000]),
  emergencyStop: event('SafetyStates/SafetyState/ParameterSet/EmergencyStop', 'Boolean'),
  protectiveStop: event('SafetyStates/SafetyState/ParameterSet/ProtectiveStop', 'Boolean'),
  operationalMode: event('SafetyStates/SafetyState/ParameterSet/OperationalMode', 'Enumeration'),
  gripperClosed: event('Gripper/Closed', 'Boolean'),
  gripperVacuum: measured('Gripper/Vacuum', 'MBR', [0, 1000], EVERY_200_MS),
  handledParts: event('Production/HandledParts', 'UInt64', 'H87'),
  lostParts: event('Production/LostParts', 'UInt64', 'H87'),
  lastCycleTime: event('Production/LastCycleTime', 'Double', 'SEC'),
  plannedCycleTime: setting('Production/PlannedCycleTime', 'SEC', [0, 300]),
  order: event('Production/ActiveOrder', 'String'),
  alarmText: told('Notification/ActiveAlarmText', [VACUUM_LOW, MINOR_STOP]),
  activePower: measured('Energy/AcActivePowerTotal', 'KWT', [0, 15], EVERY_200_MS),
  energy: event('Energy/AcActiveEnergyTotalImport', 'UInt64', 'WHR'),
});
export type RobotSignal = keyof typeof ROBOT_SIGNALS;
