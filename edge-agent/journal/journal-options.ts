import { randomBytes } from 'node:crypto';
import { systemClock, type Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { nodeDisk, type Disk } from './disk.ts';
import type { JournalRecord, NewRecord } from './journal.ts';

export interface JournalOptions {
  readonly dir: string;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly whenFull: 'block' | 'thin' | 'drop-oldest';
  /** Of `thin`: what is kept of records that are given up, marked as moved; empty when it is not worth while. */
  readonly thin?: ((records: readonly JournalRecord[]) => readonly NewRecord[]) | undefined;
  readonly reserveBytes: number;
  readonly cacheBytes: number;
  readonly log: Logger;
  readonly disk?: Disk;
  readonly clock?: Clock;
  /** 16 hex digits. */
  readonly newEpoch?: () => string;
  /** Appended and not yet durable; beyond it `append` refuses. */
  readonly maxPendingBytes?: number;
  /** Pause after a failed write. */
  readonly retryMs?: number;
}

type CompleteOptions = Required<Omit<JournalOptions, 'thin'>> & Pick<JournalOptions, 'thin'>;

export const withDefaults = (options: JournalOptions): CompleteOptions => ({
  disk: nodeDisk,
  clock: systemClock,
  newEpoch: () => randomBytes(8).toString('hex'),
  maxPendingBytes: 32 * 1024 * 1024,
  retryMs: 500,
  ...options,
});
