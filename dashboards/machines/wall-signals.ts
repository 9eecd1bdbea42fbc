import type { SignalInfo } from '../api/model.ts';
import { isNumeric } from '../api/model.ts';

/** Electrical power that a machine draws, most general first. */
const POWER = [
  /(^|\/)Main\/AcActivePowerTotal$/,
  /(^|\/)AcActivePowerTotal$/,
  /Energy\/ActivePower$/,
  /PumpPowerInput$/,
  /(^|[/_])ActivePower$/,
  /Spindle\d?\/Power$/,
];
/** Good pieces of who makes them; who carries or checks them would count them again. Names of OPC 40001-3, PackML and controllers. */
const GOOD = [
  /GoodParts$/,
  /GoodPartsCounter$/,
  /PartsGood$/,
  /ProdProcessedCount$/,
  /GoodCount$/,
  /PartsProducedInLifetime$/,
  /PartCounter$/,
  /(^|\/)Parts$/,
];

/** What it works on: OPC 40001-3, OPC 40083, VDA 5050. */
const JOB = /(^|\/)(ActiveOrder|JobName|OrderId)$/;

const find = (
  signals: readonly SignalInfo[],
  patterns: readonly RegExp[],
  unit?: string,
): SignalInfo | undefined => {
  for (const pattern of patterns) {
    const found = signals.find(
      (signal) =>
        pattern.test(signal.path) && isNumeric(signal) && (unit === undefined || signal.unit?.code === unit),
    );
    if (found) return found;
  }
  return undefined;
};

/** In kW; `undefined` where the machine tells none. */
export const powerSignal = (signals: readonly SignalInfo[]): SignalInfo | undefined =>
  find(signals, POWER, 'KWT');

/** A counter of good pieces. */
export const goodSignal = (signals: readonly SignalInfo[]): SignalInfo | undefined => find(signals, GOOD);

/** Name of the order that it works on. */
export const jobSignal = (signals: readonly SignalInfo[]): SignalInfo | undefined =>
  signals.find((signal) => JOB.test(signal.path) && signal.dataType === 'String' && !signal.isArray);
