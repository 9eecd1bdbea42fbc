import type { CncParameters } from './parameters.ts';
import type { MachineKind } from '../../model/machine-kind.ts';
import { MACHINE_TOOL_URI } from '../../model/companion.ts';
import { CncModel } from './model.ts';
import { cncParameters } from './parameters.ts';

/** Three-axis mill by OPC 40501-1 (MachineTool 1.02) on OPC 40001-1 (Machinery). */
export const cncKind: MachineKind<CncParameters> = {
  kind: 'cnc',
  parameters: cncParameters,
  faults: ['tool-wear', 'tool-break', 'bearing', 'cooling-loss'],
  alarms: [
    {
      name: 'MachineAlarm',
      signal: 'Notification/ActiveAlarmCode',
      when: 'set',
      severity: 700,
      message: {
        en: 'The machine has stopped with an alarm',
        ru: 'Станок остановлен аварией',
        be: 'Станок спынены аварыяй',
        zh: '机床报警停机',
      },
    },
    {
      name: 'SpindleVibrationHigh',
      signal: 'Monitoring/Spindle1/Vibration',
      when: { above: 7.1, hysteresis: 1.5 },
      severity: 600,
      message: {
        en: 'Spindle vibration is in zone C/D',
        ru: 'Вибрация шпинделя в зоне C/D',
        be: 'Вібрацыя шпіндзеля ў зоне C/D',
        zh: '主轴振动处于C/D区',
      },
    },
    {
      name: 'SpindleHot',
      signal: 'Monitoring/Spindle1/Temperature',
      when: { above: 62, hysteresis: 3 },
      severity: 500,
      message: {
        en: 'The spindle is hot',
        ru: 'Шпиндель перегрет',
        be: 'Шпіндзель перагрэты',
        zh: '主轴过热',
      },
    },
    {
      name: 'ToolWorn',
      signal: 'Equipment/ActiveTool/Wear',
      when: { above: 95, hysteresis: 5 },
      severity: 300,
      message: {
        en: 'The active tool is nearly worn out',
        ru: 'Инструмент почти изношен',
        be: 'Інструмент амаль зношаны',
        zh: '刀具即将磨损',
      },
    },
  ],
  companion: {
    nodesets: [
      'di',
      'irdi',
      'machinery',
      'ia',
      'machineryResult',
      'isa95JobControl',
      'machineryJobs',
      'machineTool',
    ],
    root: {
      type: { namespaceUri: MACHINE_TOOL_URI, name: 'MachineToolType' },
      optionals: [
        'MachineryBuildingBlocks.MachineryItemState',
        'MachineryBuildingBlocks.MachineryOperationMode',
        'MachineryBuildingBlocks.OperationCounters',
        'MachineryBuildingBlocks.JobManagement',
        'Monitoring.MachineTool.FeedOverride',
        'Monitoring.MachineTool.PowerOnDuration',
        'Monitoring.MachineTool.IsWarmUp',
        'Production.Statistics.PartsProducedInLifetime',
        'Identification.Model',
        'Identification.Location',
        'Identification.YearOfConstruction',
        'Identification.SoftwareRevision',
        'Identification.DeviceClass',
      ],
    },
    components: [
      {
        path: 'Monitoring/Channel1',
        type: { namespaceUri: MACHINE_TOOL_URI, name: 'ChannelMonitoringType' },
      },
      {
        path: 'Monitoring/Spindle1',
        type: { namespaceUri: MACHINE_TOOL_URI, name: 'SpindleMonitoringType' },
        optionals: ['Override'],
      },
    ],
    empty: [
      'MachineryBuildingBlocks/JobManagement/JobOrderControl/CurrentState',
      'MachineryBuildingBlocks/JobManagement/JobOrderControl/EquipmentID',
      'MachineryBuildingBlocks/JobManagement/JobOrderControl/MaterialClassID',
      'MachineryBuildingBlocks/JobManagement/JobOrderControl/MaterialDefinitionID',
      'MachineryBuildingBlocks/JobManagement/JobOrderControl/PersonnelID',
      'MachineryBuildingBlocks/JobManagement/JobOrderControl/PhysicalAssetID',
      'MachineryBuildingBlocks/JobManagement/JobOrderControl/WorkMaster',
    ],
    constants: {
      'Identification/Manufacturer': 'Polesie Machine Tools (simulated)',
      'Identification/Model': 'VMC 800',
      'Identification/DeviceClass': 'Machining centre',
      'Identification/Location': 'Hall 1',
      'Identification/YearOfConstruction': 2019,
      'Identification/SoftwareRevision': '7.14',
      'Monitoring/Channel1/Name': 'Channel1',
      'Monitoring/Spindle1/Name': 'Spindle1',
    },
  },
  create: (own, context) => new CncModel(own, context),
};
