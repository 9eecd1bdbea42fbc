import type { SignalValue } from './signal.ts';

/** OPC UA times have 100 ns: this many fit into a millisecond. */
export const TICKS_PER_MS = 10_000;

/**
 * What one machine produced at one instant, column by column. The arrays are reused by their owner: a sink
 * takes what it needs before it returns.
 */
export interface ProducedTick {
  /** Milliseconds since 1970; NaN: a recorded server gave no source time. */
  timeMs: number;
  /** 100 ns units below the millisecond, 0..9999. */
  below: number;
  /** Positions in the machine's list of signals. */
  readonly signals: number[];
  /** `null` where the status is Bad. */
  readonly values: (SignalValue | null)[];
  /** OPC UA StatusCode of each value. */
  readonly statuses: number[];
}

/** Where produced values go: the OPC UA server, the ledger, both. `machine` is a position in the plant's list. */
export interface TickSink {
  accept(machine: number, tick: ProducedTick): void;
}

export const createTick = (): ProducedTick => ({
  timeMs: 0,
  below: 0,
  signals: [],
  values: [],
  statuses: [],
});

export function clearTick(tick: ProducedTick): void {
  tick.signals.length = 0;
  tick.values.length = 0;
  tick.statuses.length = 0;
}
