import type { SignalFinding } from '../verify/verify-store.ts';
import type { PlantStack, StackOptions } from './plant-stack.ts';

/** A number of [0, 1) per call, from the run's seed. */
export type Random = () => number;

export interface FaultContext {
  readonly stack: PlantStack;
  readonly random: Random;
  /** A whole number of `from..to`. */
  readonly between: (from: number, to: number) => number;
  readonly wait: (ms: number) => Promise<void>;
  /**
   * Waits until every signal has new values again; the time from `sinceMs` (performance.now) counts as a recovery of this run.
   * `killed`: whose, when the plant was whole before.
   */
  readonly recovered: (sinceMs: number, killed?: readonly string[]) => Promise<void>;
}

/** What may be missing afterwards. Nothing is ever to be lost undeclared, doubled, altered, reordered. */
export type ExpectedLedger =
  /** Every sample produced is stored. */
  | 'everything'
  /** What is missing is covered by gap records. */
  | 'gaps'
  /** What is missing is counted by drop records or dead letters. */
  | 'drops';

/** One way to harm the plant. */
export interface Fault {
  readonly name: string;
  /** What the plant has to be like for it. Faults with the same text share one. */
  readonly stack?: { readonly id: string; readonly options: () => StackOptions };
  /** A reason why it cannot be tried here. */
  readonly unavailable?: () => string | undefined;
  /** Does the harm, and lets it last as long as it shall. */
  readonly inject: (context: FaultContext) => Promise<void>;
  /** Ends it; the time until every signal is alive again counts from its begin. Answers who was killed in a plant that was whole. */
  readonly heal: (context: FaultContext) => Promise<readonly string[] | void>;
  readonly expected: ExpectedLedger;
  /** Values pile up until `heal`: drained at five times real time at least. */
  readonly isBacklog?: boolean;
  /** What else is to hold of what was found; answers what does not. */
  readonly judge?: (context: FaultContext, findings: readonly SignalFinding[]) => Promise<readonly string[]>;
  /** How long until all signals must be alive again, after `heal`. */
  readonly recoveryBoundMs?: number;
}
