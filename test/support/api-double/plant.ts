import type { SignalView } from '#contracts/api/machines.ts';
import type { DoubleMachine, DoubleSignal } from './machine.ts';

const UNITS: Readonly<Record<string, string>> = {
  RPM: 'r/min',
  P1: '%',
  CEL: '°C',
  BAR: 'bar',
  KWT: 'kW',
  SEC: 's',
  L2: 'l/min',
  MMT: 'mm',
  AMP: 'A',
  VLT: 'V',
  C16: 'mm/s',
  H81: 'mm/min',
  WHR: 'Wh',
  G53: 'm³/min',
  K40: 'g',
  H87: 'pcs',
  MIN: 'min',
  NU: 'N·m',
  HUR: 'h',
};

/** `path type [unit low high]` a line: enough of the real plant to draw and test the screens before it runs. */
const LISTS: Readonly<Record<string, string>> = {
  cnc: `MachineryBuildingBlocks/MachineryItemState/CurrentState LocalizedText
MachineryBuildingBlocks/MachineryOperationMode/CurrentState LocalizedText
Monitoring/MachineTool/FeedOverride Double P1 0 150
Monitoring/MachineTool/IsWarmUp Boolean
Monitoring/MachineTool/PowerOnDuration UInt32
Monitoring/Channel1/ChannelState Enumeration
Monitoring/Channel1/FeedRate Double H81 0 30000
Monitoring/Spindle1/Speed Double RPM 0 8000
Monitoring/Spindle1/Load Double P1 0 150
Monitoring/Spindle1/Torque Double NU 0 120
Monitoring/Spindle1/Power Double KWT 0 15
Monitoring/Spindle1/Temperature Double CEL 0 90
Monitoring/Spindle1/Vibration Double C16 0 12
Monitoring/Spindle1/IsRotating Boolean
Monitoring/AxisX/Position Double MMT -400 400
Monitoring/AxisX/Load Float P1 0 120
Monitoring/AxisY/Position Double MMT -250 250
Monitoring/AxisY/Load Float P1 0 120
Production/ActiveProgram/Name String
Production/ActiveProgram/BlockNumber Int32
Production/ActiveProgram/Progress Float P1 0 100
Production/Statistics/GoodParts UInt64 H87
Production/Statistics/ScrapParts UInt64 H87
Production/Statistics/LastPartSerial String
Equipment/ActiveTool/Name String
Equipment/ActiveTool/Wear Double P1 0 120
Equipment/ActiveTool/RemainingLife Double MIN 0 240
Auxiliary/Coolant/Temperature Double CEL 0 60
Auxiliary/Coolant/Level Double P1 0 100
Auxiliary/Coolant/Pressure Double BAR 0 25
Auxiliary/CompressedAir/Pressure Double BAR 0 10
Safety/DoorClosed Boolean
Notification/ActiveAlarmCode Int32
Energy/ActivePower Double KWT 0 30
Energy/ActiveEnergyImport UInt64 WHR`,
  'pump-loop': `MachineryBuildingBlocks/MachineryItemState/CurrentState LocalizedText
Operational/Measurements/DifferentialPressure Double BAR 0 6
Operational/Measurements/OutletPressure Double BAR 0 6
Operational/Measurements/InletPressure Double BAR -1 1
Operational/Measurements/VolumeFlowRate Double L2 0 200
Operational/Measurements/Speed Double RPM 0 3600
Operational/Measurements/FluidTemperature Double CEL 0 95
Operational/Measurements/BearingTemperature Double CEL 0 120
Operational/Measurements/MotorWindingTemperature Double CEL 0 160
Operational/Measurements/PumpPowerInput Double KWT 0 5
Operational/Measurements/PumpEfficiency Double P1 0 100
Operational/Measurements/Accelerometer1RMS Float K40 0 5
Operational/Measurements/MotorCurrent Float AMP 0 12
Operational/Measurements/SupplyVoltage Float VLT 0 260
Operational/Measurements/TankLevel Double MMT 0 1000
Operational/Control/SpeedSetpoint UInt16 RPM 0 3600
Operational/Control/OutletValvePosition Float P1 0 100
Operational/Control/TestStep String
Operational/Signals/PumpState Enumeration
Operational/Signals/PumpOn Boolean
Maintenance/GeneralMaintenance/NumberOfStarts UInt32
Maintenance/GeneralMaintenance/OperatingTime Double HUR
Maintenance/GeneralMaintenance/Revolutions UInt64
Energy/ActiveEnergyImport UInt64 WHR`,
  compressor: `MachineryBuildingBlocks/MachineryItemState/CurrentState LocalizedText
Operational/Measurements/OutletPressure Double BAR 0 12
Operational/Measurements/Speed Double RPM 0 3600
Operational/Measurements/VolumeFlowRate Double G53 0 4
Operational/Measurements/OilTemperature Double CEL 0 120
Operational/Measurements/OutletTemperature Double CEL 0 120
Operational/Signals/Loaded Boolean
Energy/ActivePower Double KWT 0 25
Energy/ActiveEnergyImport UInt64 WHR`,
  recording: `Accelerometer1RMS Double K40 0 1
Accelerometer2RMS Double K40 0 1
Current Double AMP 0 5
Pressure Double BAR -1 2
Temperature Double CEL 0 120
Thermocouple Double CEL 0 60
Voltage Double VLT 0 260
VolumeFlowRateRMS Double L2 0 130`,
  packaging: `PackTags/Status/StateCurrent Enumeration
PackML/Status/CurMachSpeed Float
PackTags/Admin/ProdProcessedCount UInt64 H87
MainDrive/Torque Double NU 0 60
Gluer/TankTemperature Double CEL 0 220
Sealer/Temperature Double CEL 0 200
Energy/AcActivePowerTotal Double KWT 0 20`,
  generic: `Running Boolean
Temperature Double CEL 0 400
EnergyTotal UInt64 WHR
HeatingTime UInt32 SEC`,
};

function inventedSignals(machine: string, kind: string): DoubleSignal[] {
  const lines = (LISTS[kind] ?? LISTS['recording'] ?? '').split('\n');
  return lines.map((line) => {
    const [path = '', dataType = 'Double', unit, low, high] = line.split(' ');
    return {
      id: `${machine}/${path}`,
      machine,
      path,
      name: { en: path.slice(path.lastIndexOf('/') + 1) },
      dataType: dataType as SignalView['dataType'],
      isArray: false,
      ...(unit === undefined ? {} : { unit: { code: unit, symbol: UNITS[unit] ?? unit } }),
      ...(low === undefined || high === undefined ? {} : { range: { low: Number(low), high: Number(high) } }),
      ...(dataType === 'Enumeration'
        ? {
            enumNames: path.endsWith('StateCurrent')
              ? { 0: { en: 'Suspended' }, 1: { en: 'Execute' } }
              : { 0: { en: 'Stopped' }, 1: { en: 'Running' } },
          }
        : {}),
      nodeId: `nsu=urn:double;s=${path}`,
    };
  });
}

const INVENTED: readonly DoubleMachine[] = [
  {
    id: 'brest/pump-01',
    kind: 'pump-loop',
    provenance: 'simulated',
    area: 'Laboratory',
    line: 'Fluid bench',
    name: { en: 'Pump test loop', ru: 'Насосный стенд', be: 'Помпавы стэнд', zh: '水泵试验回路' },
  },
  {
    id: 'brest/cnc-01',
    kind: 'cnc',
    provenance: 'simulated',
    area: 'Hall 1',
    line: 'Machining',
    name: {
      en: 'Machining centre 1',
      ru: 'Обрабатывающий центр 1',
      be: 'Апрацоўчы цэнтр 1',
      zh: '加工中心 1',
    },
  },
  {
    id: 'brest/compressor-01',
    kind: 'compressor',
    provenance: 'simulated',
    area: 'Utilities',
    line: 'Compressed air',
    name: { en: 'Compressor', ru: 'Компрессор', be: 'Кампрэсар', zh: '空压机' },
  },
  {
    id: 'brest/skab-01',
    kind: 'recording',
    provenance: 'replay',
    area: 'Laboratory',
    line: 'Recordings',
    name: {
      en: 'Pump loop recording',
      ru: 'Запись насосного стенда',
      be: 'Запіс помпавага стэнда',
      zh: '水泵回路录制',
    },
  },
  {
    id: 'brest/packaging-01',
    kind: 'packaging',
    provenance: 'simulated',
    area: 'Hall 2',
    line: 'Caps',
    name: { en: 'Packaging line', ru: 'Упаковочная линия', be: 'Пакавальная лінія', zh: '包装线' },
  },
  {
    id: 'brest/oven-01',
    kind: 'generic',
    provenance: 'live',
    area: 'Hall 1',
    line: 'Machining',
    name: { en: 'Drying oven', ru: 'Сушильная печь', be: 'Сушыльная печ', zh: '干燥炉' },
  },
];

const shipped = process.argv[3] === 'brest' ? await import('./brest-plant.ts') : undefined;
/** A few invented machines; told `brest`, the machines of the shipped plant and two more. */
export const DOUBLE_MACHINES = shipped?.machines ?? INVENTED;
export const doubleSignals = (machine: string, kind: string): DoubleSignal[] =>
  shipped?.signalsOf(machine) ?? inventedSignals(machine, kind);
