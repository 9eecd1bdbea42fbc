import { z } from 'zod';

const GIBIBYTE = 2 ** 30;

/** The embedded historian. Every field has a default: `{}` is a complete configuration. */
export const embeddedHistorianSchema = z.object({
  kind: z.literal('embedded').default('embedded'),
  /** Whole days are unlinked when all their samples are older. */
  retentionDays: z.number().min(1).max(36_500).default(30),
  /** Bytes on disk that the store may take; beyond it `whenFull` applies. */
  quotaBytes: z
    .number()
    .min(64 * 2 ** 20)
    .default(20 * GIBIBYTE),
  /** `stop`: nothing more is acknowledged, the agents keep it. `drop-oldest`: the oldest day goes before its time. */
  whenFull: z.enum(['stop', 'drop-oldest']).default('stop'),
  /** Samples held in memory before they are sealed into a file, about 60 bytes each. */
  hotRows: z.int().min(1_000).max(20_000_000).default(500_000),
  /** Samples are sealed after this time even when they are few. */
  sealIntervalMs: z.int().min(100).max(86_400_000).default(900_000),
  /** Sealed files of one day are merged to stay within this number. */
  filesPerDay: z.int().min(4).max(24).default(24),
  /** Memory of the query engine, hot samples included; beyond it sorting goes to disk. */
  memoryLimitBytes: z
    .number()
    .min(64 * 2 ** 20)
    .default(256 * 2 ** 20),
  queryThreads: z.int().min(1).max(64).default(2),
  /** Dead letters kept. */
  deadLetters: z.int().min(1).max(1_000_000).default(10_000),
});

export type EmbeddedHistorianConfig = z.output<typeof embeddedHistorianSchema>;
