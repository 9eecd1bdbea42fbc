import { z } from 'zod';

const GIBIBYTE = 2 ** 30;

/** The embedded historian. Every field has a default: `{}` is a complete configuration. */
export const embeddedHistorianSchema = z.object({
  kind: z.literal('embedded').default('embedded'),
  retentionDays: z
    .number()
    .min(1)
    .max(36_500)
    .default(30)
    .describe('Whole days are unlinked when all their samples are older.'),
  quotaBytes: z
    .number()
    .min(64 * 2 ** 20)
    .default(20 * GIBIBYTE)
    .describe('Bytes on disk that the store may take; beyond it whenFull applies.'),
  whenFull: z
    .enum(['stop', 'drop-oldest'])
    .default('stop')
    .describe(
      'stop: nothing more is acknowledged, the agents keep it. drop-oldest: the oldest day goes before its time.',
    ),
  hotRows: z
    .int()
    .min(1_000)
    .max(20_000_000)
    .default(500_000)
    .describe(
      'Samples held in memory before they are sealed into a file, 30 bytes each, twice that while they are.',
    ),
  sealIntervalMs: z
    .int()
    .min(100)
    .max(86_400_000)
    .default(900_000)
    .describe('Samples are sealed after this time even when they are few.'),
  filesPerDay: z
    .int()
    .min(4)
    .max(24)
    .default(24)
    .describe('Sealed files of one day are merged to stay within this number.'),
  memoryLimitBytes: z
    .number()
    .min(64 * 2 ** 20)
    .default(256 * 2 ** 20)
    .describe('Memory of the query engine, hot samples included; beyond it sorting goes to disk.'),
  queryThreads: z.int().min(1).max(64).default(2),
  deadLetters: z.int().min(1).max(1_000_000).default(10_000).describe('Dead letters kept.'),
});

export type EmbeddedHistorianConfig = z.output<typeof embeddedHistorianSchema>;

const httpUrl = z.url({
  protocol: /^https?$/,
  error: 'must be http:// or https:// with a host, as http://127.0.0.1:8086',
});

/** Samples in an InfluxDB of any generation; what it needs beside them lies in `<database>-ledger`. */
export const influxHistorianSchema = z.object({
  kind: z.literal('influxdb').default('influxdb'),
  url: httpUrl,
  database: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,50}$/, { error: 'a letter, then letters, digits, _ or -, at most 51' })
    .default('brest')
    .describe('Name of the database (1.x, 3.x) or bucket (2.x); made when it is missing.'),
  org: z.string().min(1).optional().describe('Organisation of InfluxDB 2.x.'),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The file holds the token alone (2.x, 3.x). Environment variable INFLUX_TOKEN where there is none.',
    ),
  username: z.string().min(1).optional().describe('User of InfluxDB 1.x.'),
  passwordFile: z.string().min(1).optional(),
  retentionDays: z
    .number()
    .min(0)
    .max(36_500)
    .default(30)
    .describe('Used when the database is made; of one that is there its own holds. 0 = for ever.'),
  maxSignals: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe(
      'Signals that may be stored. What comes from further ones is refused and kept as dead letters.',
    ),
  batchLines: z
    .int()
    .min(1)
    .max(100_000)
    .default(10_000)
    .describe('One request holds at most so many lines and bytes (before compression).'),
  batchBytes: z.int().min(1_024).max(10_000_000).default(2_000_000),
  concurrency: z.int().min(1).max(64).default(4).describe('Requests under way at once.'),
  gzip: z.boolean().optional().describe('Absent: compressed unless InfluxDB is on this machine.'),
  timeoutMs: z.int().min(100).max(600_000).default(30_000),
});

export type InfluxHistorianConfig = z.output<typeof influxHistorianSchema>;
export type InfluxHistorianInput = z.input<typeof influxHistorianSchema>;
