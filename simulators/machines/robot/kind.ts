import type { CompanionComponent } from '../../model/companion.ts';
import type { MachineKind } from '../../model/machine-kind.ts';
import type { RobotParameters } from './parameters.ts';
import { MACHINERY_COMPONENTS, ROBOTICS_URI } from '../../model/companion.ts';
import { RobotModel } from './model.ts';
import { robotParameters } from './parameters.ts';
import { AXES } from './signals.ts';

const robotics = (path: string, name: string, optionals?: readonly string[]): CompanionComponent => ({
  path,
  type: { namespaceUri: ROBOTICS_URI, name },
  ...(optionals ? { optionals } : {}),
});

const AXIS_COMPONENTS = AXES.flatMap((axis) => [
  robotics(`MotionDevices/Robot/Axes/Axis_${axis}`, 'AxisType', ['ParameterSet.ActualSpeed']),
  robotics(`MotionDevices/Robot/PowerTrains/PowerTrain_${axis}`, 'PowerTrainType'),
  robotics(`MotionDevices/Robot/PowerTrains/PowerTrain_${axis}/Motor`, 'MotorType', [
    'ParameterSet.EffectiveLoadRate',
  ]),
]);

const MAKER = 'Bug Robotics (simulated)';
const nameplate = (path: string, model: string): Record<string, string> => ({
  [`${path}/Manufacturer`]: MAKER,
  [`${path}/Model`]: model,
  [`${path}/ProductCode`]: model,
  [`${path}/SerialNumber`]: `SIM-${model}`,
});

/** Six-axis robot by OPC 40010-1 (Robotics) on DI and OPC 40001-1 (Machinery). */
export const robotKind: MachineKind<RobotParameters> = {
  kind: 'robot',
  parameters: robotParameters,
  faults: ['joint-grease', 'backlash', 'payload'],
  alarms: [
    {
      name: 'ProtectiveStop',
      signal: 'SafetyStates/SafetyState/ParameterSet/ProtectiveStop',
      when: 'set',
      severity: 700,
      message: {
        en: 'The robot is in a protective stop',
        ru: 'Защитный останов робота',
        be: 'Ахоўны стоп робата',
        zh: '机器人保护性停止',
      },
    },
    {
      name: 'FollowingErrorHigh',
      signal: 'MotionDevices/Robot/ParameterSet/FollowingError',
      when: { above: 0.25, hysteresis: 0.05 },
      severity: 500,
      message: {
        en: 'An axis does not follow its path',
        ru: 'Ось отклоняется от траектории',
        be: 'Вось адхіляецца ад траекторыі',
        zh: '轴跟随误差过大',
      },
    },
  ],
  companion: {
    nodesets: ['di', 'ia', 'machinery', 'robotics'],
    root: { type: { namespaceUri: ROBOTICS_URI, name: 'MotionDeviceSystemType' }, optionals: [] },
    components: [
      ...MACHINERY_COMPONENTS,
      robotics('MotionDevices/Robot', 'MotionDeviceType', [
        'ParameterSet.OnPath',
        'ParameterSet.InControl',
        'FlangeLoad',
      ]),
      ...AXIS_COMPONENTS,
      robotics('Controllers/Controller', 'ControllerType', [
        'ParameterSet',
        'ParameterSet.Temperature',
        'ParameterSet.CabinetFanSpeed',
      ]),
      robotics('Controllers/Controller/TaskControls/TaskControl_1', 'TaskControlType'),
      robotics('SafetyStates/SafetyState', 'SafetyStateType'),
    ],
    constants: {
      'Identification/Manufacturer': MAKER,
      'Identification/Model': 'R6-10',
      'Identification/DeviceClass': 'Robot',
      'Identification/Location': 'Hall 2',
      'Identification/YearOfConstruction': 2022,
      'Identification/SoftwareRevision': '8.2.4',
      ...nameplate('MotionDevices/Robot', 'R6-10'),
      ...nameplate('Controllers/Controller', 'RC-6'),
      'MotionDevices/Robot/MotionDeviceCategory': 1,
      'Controllers/Controller/TaskControls/TaskControl_1/ComponentName': 'Main task',
      'Controllers/Controller/CurrentUser/Level': 'Operator',
      ...Object.assign(
        {},
        ...AXES.map((axis) => ({
          ...nameplate(`MotionDevices/Robot/PowerTrains/PowerTrain_${axis}/Motor`, `SM-${axis}`),
          [`MotionDevices/Robot/Axes/Axis_${axis}/MotionProfile`]: 1,
        })),
      ),
    },
  },
  create: (own, context) => new RobotModel(own, context),
};
