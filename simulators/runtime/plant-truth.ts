import type { WorkTruth } from '../model/machine-model.ts';

/** A machine entered another state; times in ms on the virtual clock. */
export interface StateRecord {
  readonly type: 'state';
  readonly timeMs: number;
  readonly machine: number;
  readonly state: WorkTruth['state'];
  readonly reason: string;
}

/** Totals since the start, written once a virtual minute. */
export interface TotalsRecord {
  readonly type: 'truth';
  readonly timeMs: number;
  readonly machines: readonly MachineTotals[];
  readonly site: SiteTotals;
}

export interface MachineTotals {
  readonly good: number;
  readonly scrap: number;
  readonly plannedS: number;
  readonly holding: number;
  readonly energyKwh: number;
  readonly airM3: number;
}

export interface SiteTotals {
  /** Light, ventilation, offices, heating: by its own model. */
  readonly baseKwh: number;
  readonly feederLossKwh: number;
  readonly hallC: number;
  readonly hallGainedKwh: number;
  readonly hallLostKwh: number;
  readonly partsEntered: number;
  readonly partsLeft: number;
  readonly partsScrapped: number;
  readonly partsBuffered: number;
  /** What the compressor gave, what leaked, what users beside the machines took; what the receiver holds now. */
  readonly airDeliveredM3: number;
  readonly airLeakedM3: number;
  readonly airOtherM3: number;
  readonly airStoredM3: number;
}

/** A fault began, changed its severity for good, or ended (severity 0). */
export interface FaultRecord {
  readonly type: 'fault';
  readonly timeMs: number;
  readonly machine: number;
  readonly fault: string;
  readonly severity: number;
}

export type TruthRecord = StateRecord | TotalsRecord | FaultRecord;

/** Who wants to know what truly happened. */
export interface TruthSink {
  observe(record: TruthRecord): void;
}
