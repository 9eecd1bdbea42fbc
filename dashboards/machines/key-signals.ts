import type { SignalInfo } from '../api/model.ts';
import { isMeasured, isNumeric } from '../api/model.ts';

/** What one wants to know of a kind at a glance, most important first. Kinds that are not named here get {@link GENERAL}. */
const BY_KIND: Readonly<Record<string, readonly RegExp[]>> = {
  cnc: [
    /Spindle1\/Speed$/, /Spindle1\/Load$/, /Channel1\/FeedRate$/, /Energy\/ActivePower$|Spindle1\/Power$/,
    /ActiveTool\/Wear$/, /Statistics\/GoodParts$/,
  ],
  'pump-loop': [
    /\/Speed$/, /VolumeFlowRate$/, /OutletPressure$|DifferentialPressure$/, /PumpPowerInput$/, /BearingTemperature$/,
    /Accelerometer1RMS$/,
  ],
  compressor: [
    /Network\/Pressure$|OutletPressure$/, /Network\/Flow$|Screw\/VolumeFlow$|VolumeFlowRate$/, /AcActivePowerTotal$|ActivePower$/,
    /Motor\/Speed$|Speed$/, /Screw\/OutletTemperature$|OilTemperature$/, /Receiver\/Pressure$/, /WindingTemperature$/,
  ],
  packaging: [
    /CurMachSpeed$/, /ProdProcessedCount$/, /AcActivePowerTotal$/, /MainDrive\/Torque$/, /Gluer\/TankTemperature$/, /Sealer\/Temperature$/,
  ],
  'injection-moulding': [
    /Injection\w*Pressure|Cavity\w*Pressure|Pressure$/, /CycleTime$/, /AcActivePowerTotal$/, /Temperature\w*1?$/, /Hopper\/Level$/, /GoodParts|Good/,
  ],
  robot: [/Axis_?1\/|Position/, /Gripper\/Vacuum$/, /AcActivePowerTotal$/, /LastCycleTime$/, /MotorTemperature/, /HandledParts$/],
  vision: [/LastScore$/, /InferenceTime$/, /Accepted$/, /Rejected$/, /Sharpness$/, /AcActivePowerTotal$/],
  agv: [/BatteryCharge$/, /Velocity\/Speed$/, /LocalizationScore$/, /BatteryCurrent$/, /CarriedPieces$/, /ChargerPower$/],
  'energy-meter': [
    /Main\/AcActivePowerTotal$/, /Building\/AcActivePowerTotal$/, /Main\/AcPowerFactor$/, /Main\/AcFrequency$/, /Main\/AcReactivePowerTotal$/,
    /Main\/AcActiveEnergyTotalImport$/,
  ],
}; // prettier-ignore

const GENERAL: readonly RegExp[] = [
  /speed|rpm/i, /flow/i, /pressure/i, /power|current/i, /temperature|thermocouple/i, /vibration|accelerometer|rms/i, /voltage|level/i,
]; // prettier-ignore

/** Up to `count` numeric signals that say most about a machine; never none where there is a numeric one. */
export function keySignals(
  kind: string,
  signals: readonly SignalInfo[],
  count: number,
): readonly SignalInfo[] {
  const numeric = signals.filter(isNumeric);
  const chosen: SignalInfo[] = [];
  const take = (signal: SignalInfo | undefined): void => {
    if (signal && chosen.length < count && !chosen.includes(signal)) chosen.push(signal);
  };
  for (const pattern of BY_KIND[kind] ?? GENERAL) take(numeric.find((signal) => pattern.test(signal.path)));
  for (const signal of numeric) if (isMeasured(signal)) take(signal);
  for (const signal of numeric) take(signal);
  return chosen;
}
