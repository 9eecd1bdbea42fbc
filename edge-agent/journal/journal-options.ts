import { randomBytes } from 'node:crypto';
import { systemClock, type Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { nodeDisk, type Disk } from './disk.ts';

export interface JournalOptions {
  readonly dir: string;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly whenFull: 'block' | 'drop-oldest';
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

export const withDefaults = (options: JournalOptions): Required<JournalOptions> => ({
  disk: nodeDisk,
  clock: systemClock,
  newEpoch: () => randomBytes(8).toString('hex'),
  maxPendingBytes: 32 * 1024 * 1024,
  retryMs: 500,
  ...options,
});
