import { defineSignals } from '../../model/machine-kind.ts';
import type { Cadence, SignalDefinition, StructureType } from '../../model/signal.ts';
import { EVERY_100_MS, EVERY_200_MS, EVERY_500_MS, EVERY_SECOND } from '../../model/signal.ts';
import { told } from '../../model/signal-builders.ts';
import { MINOR_STOP } from '../../model/work-cycle.ts';
import { MACHINERY_SIGNALS } from '../machinery-state.ts';
import { PROGRAMMES, TOOLS } from './programme.ts';

export const AIR_LOW = 'air pressure low';
export const TOOL_BROKEN = 'tool broken';
const OPERATIONS = [...new Set(PROGRAMMES.flatMap(({ operations }) => operations.map(({ name }) => name)))];

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
const percent = (path: string, high: number, cadence: Cadence = EVERY_SECOND): SignalDefinition =>
  measured(path, { unit: 'P1', range: [0, high], cadence });
const event = (path: string, dataType: SignalDefinition['dataType']): SignalDefinition => ({
  path,
  dataType,
  cadence: 'on-change',
});
const axis = (name: string, travelMm: number) => ({
  position: measured(`Monitoring/Axis${name}/Position`, {
    unit: 'MMT',
    range: [-travelMm / 2, travelMm / 2],
    cadence: EVERY_100_MS,
  }),
  load: {
    ...percent(`Monitoring/Axis${name}/Load`, 120, EVERY_200_MS),
    dataType: 'Float' as const,
  },
});

const AXIS_X = axis('X', 800);
const AXIS_Y = axis('Y', 500);
const AXIS_Z = axis('Z', 500);

/** Tools that the machine has; each is a row of the tool table. */
const TOOL_PLACES = 4;
const TOOL_DATA: StructureType = {
  name: 'ToolDataType',
  fields: [
    { name: 'Number', dataType: 'UInt16' },
    { name: 'Name', dataType: 'String' },
    { name: 'Active', dataType: 'Boolean' },
    { name: 'WearPercent', dataType: 'Double' },
    { name: 'OffsetsMm', dataType: 'Double', isArray: true },
  ],
};

/** What has a place in OPC 40501-1 stands there; the rest beside it, in the machine's own namespace. */
export const CNC_SIGNALS = defineSignals({
  ...MACHINERY_SIGNALS,
  machineMode: event('Monitoring/MachineTool/OperationMode', 'Enumeration'),
  machineFeedOverride: {
    ...percent('Monitoring/MachineTool/FeedOverride', 150),
    cadence: 'on-change',
    sensor: false,
  },
  powerOnHours: event('Monitoring/MachineTool/PowerOnDuration', 'UInt32'),
  isWarmUp: event('Monitoring/MachineTool/IsWarmUp', 'Boolean'),
  channelState: event('Monitoring/Channel1/ChannelState', 'Enumeration'),
  channelMode: event('Monitoring/Channel1/ChannelMode', 'Enumeration'),
  channelFeedOverride: {
    ...percent('Monitoring/Channel1/FeedOverride', 150),
    cadence: 'on-change',
    sensor: false,
  },
  feedRate: measured('Monitoring/Channel1/FeedRate', {
    unit: 'H81',
    range: [0, 45_000],
    cadence: EVERY_100_MS,
  }),
  isRotating: event('Monitoring/Spindle1/IsRotating', 'Boolean'),
  spindleOverride: {
    ...percent('Monitoring/Spindle1/Override', 120),
    cadence: 'on-change',
    sensor: false,
  },
  spindleSpeed: measured('Monitoring/Spindle1/Speed', {
    unit: 'RPM',
    range: [0, 8000],
    cadence: EVERY_100_MS,
  }),
  spindleLoad: percent('Monitoring/Spindle1/Load', 150, EVERY_100_MS),
  spindleTorque: measured('Monitoring/Spindle1/Torque', {
    unit: 'NU',
    range: [0, 120],
    cadence: EVERY_100_MS,
  }),
  spindlePower: measured('Monitoring/Spindle1/Power', { unit: 'KWT', range: [0, 15], cadence: EVERY_200_MS }),
  spindleTemperature: measured('Monitoring/Spindle1/Temperature', { unit: 'CEL', range: [0, 90] }),
  spindleVibration: measured('Monitoring/Spindle1/Vibration', {
    unit: 'C16',
    range: [0, 12],
    cadence: EVERY_100_MS,
  }),
  toothPass: measured('Monitoring/Spindle1/ToothPassFrequency', { unit: 'HTZ', range: [0, 1000] }),
  vibrationSpectrum: {
    ...measured('Monitoring/Spindle1/VibrationSpectrum', { unit: 'C16', range: [0, 12] }),
    dataType: 'Float',
    arrayLength: 16,
  },
  positionX: AXIS_X.position,
  loadX: AXIS_X.load,
  positionY: AXIS_Y.position,
  loadY: AXIS_Y.load,
  positionZ: AXIS_Z.position,
  loadZ: AXIS_Z.load,
  programName: { ...event('Production/ActiveProgram/Name', 'String'), isProperty: true },
  programNumber: { ...event('Production/ActiveProgram/NumberInList', 'UInt16'), isProperty: true },
  programState: event('Production/ActiveProgram/State/CurrentState', 'LocalizedText'),
  operationName: told('Production/ActiveProgram/Operation', OPERATIONS),
  blockNumber: event('Production/ActiveProgram/BlockNumber', 'Int32'),
  progress: {
    ...percent('Production/ActiveProgram/Progress', 100),
    dataType: 'Float',
    sensor: false,
  },
  partsInLifetime: event('Production/Statistics/PartsProducedInLifetime', 'UInt32'),
  goodParts: { ...event('Production/Statistics/GoodParts', 'UInt64'), unit: 'H87' },
  scrapParts: { ...event('Production/Statistics/ScrapParts', 'UInt64'), unit: 'H87' },
  lastCycleTime: { ...event('Production/Statistics/LastCycleTime', 'Double'), unit: 'SEC', range: [0, 600] },
  lastPart: event('Production/Statistics/LastPartSerial', 'String'),
  lastPartGood: event('Production/Statistics/LastPartGood', 'Boolean'),
  lastRoughness: {
    ...event('Production/Statistics/LastRoughness', 'Double'),
    unit: '4H',
    range: [0, 6.3],
    sensor: true,
  },
  toolNumber: event('Equipment/ActiveTool/Number', 'UInt16'),
  toolName: told(
    'Equipment/ActiveTool/Name',
    TOOLS.map(({ name }) => name),
  ),
  toolWear: percent('Equipment/ActiveTool/Wear', 120),
  toolLife: {
    ...measured('Equipment/ActiveTool/RemainingLife', { unit: 'MIN', range: [0, 240] }),
    sensor: false,
  },
  toolTable: {
    ...event('Equipment/Magazine/Tools', 'Structure'),
    arrayLength: TOOL_PLACES,
    structure: TOOL_DATA,
  },
  jobs: {
    ...event('MachineryBuildingBlocks/JobManagement/JobOrderControl/JobOrderList', 'Structure'),
    arrayLength: 0,
  },
  magazine: { ...event('Equipment/Magazine/Pockets', 'UInt16'), arrayLength: 12 },
  coolantTemperature: measured('Auxiliary/Coolant/Temperature', { unit: 'CEL', range: [0, 60] }),
  coolantLevel: percent('Auxiliary/Coolant/Level', 100, EVERY_500_MS),
  coolantPressure: measured('Auxiliary/Coolant/Pressure', { unit: 'BAR', range: [0, 25] }),
  coolantOn: event('Auxiliary/Coolant/PumpOn', 'Boolean'),
  hydraulicPressure: measured('Auxiliary/Hydraulics/Pressure', { unit: 'BAR', range: [0, 80] }),
  airPressure: measured('Auxiliary/CompressedAir/Pressure', { unit: 'BAR', range: [0, 10] }),
  airFlow: measured('Auxiliary/CompressedAir/Flow', { unit: 'G53', range: [0, 2] }),
  doorClosed: event('Safety/DoorClosed', 'Boolean'),
  signalTower: event('Safety/SignalTower', 'Byte'),
  alarmText: told('Notification/ActiveAlarmText', [AIR_LOW, TOOL_BROKEN, MINOR_STOP]),
  order: event('Production/ActiveOrder', 'String'),
  article: event('Production/ActiveArticle', 'String'),
  alarmCode: event('Notification/ActiveAlarmCode', 'Int32'),
  activePower: measured('Energy/ActivePower', { unit: 'KWT', range: [0, 30], cadence: EVERY_500_MS }),
  energy: { ...event('Energy/ActiveEnergyImport', 'UInt64'), unit: 'WHR' },
  correction: {
    path: 'Monitoring/AxisZ/ThermalOffset',
    dataType: 'Int64',
    cadence: EVERY_SECOND,
  },
});
export type CncSignal = keyof typeof CNC_SIGNALS;
