import type { SignalInfo } from '../api/model.ts';
import { isNumeric } from '../api/model.ts';

/** Electrical power that a machine draws, most general first. */
const POWER = [/(^|\/)AcActivePowerTotal$/, /Energy\/ActivePower$/, /PumpPowerInput$/, /ChargerPower$/, /(^|\/)ActivePower$/, /Spindle\d?\/Power$/]; // prettier-ignore
/** Good pieces; the names of OPC 40001-3, PackML and of controllers. */
const GOOD = [/GoodParts$/, /PartsGood$/, /ProdProcessedCount$/, /HandledParts$/, /ResultManagement\/Accepted$/, /CarriedPieces$/, /GoodCount$/, /PartsProducedInLifetime$/, /PartCounter$/, /(^|\/)Parts$/, /TransportsDone$/]; // prettier-ignore

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
