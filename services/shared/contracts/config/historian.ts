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
  /** Samples held in memory before they are sealed into a file, 30 bytes each, twice that while they are. */
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

const httpUrl = z.url({
  protocol: /^https?$/,
  error: 'must be http:// or https:// with a host, as http://127.0.0.1:8086',
});

/** Samples in an InfluxDB of any generation; what it needs beside them lies in `<database>-ledger`. */
export const influxHistorianSchema = z.object({
  kind: z.literal('influxdb').default('influxdb'),
  url: httpUrl,
  /** Name of the database (1.x, 3.x) or bucket (2.x); made when it is missing. */
  database: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,50}$/, { error: 'a letter, then letters, digits, _ or -, at most 51' })
    .default('brest'),
  /** Organisation of InfluxDB 2.x. */
  org: z.string().min(1).optional(),
  /** The file holds the token alone (2.x, 3.x). Environment variable INFLUX_TOKEN where there is none. */
  tokenFile: z.string().min(1).optional(),
  /** User of InfluxDB 1.x. */
  username: z.string().min(1).optional(),
  passwordFile: z.string().min(1).optional(),
  /** Used when the database is made; of one that is there its own holds. 0 = for ever. */
  retentionDays: z.number().min(0).max(36_500).default(30),
  /** Signals that may be stored. What comes from further ones is refused and kept as dead letters. */
  maxSignals: z.int().min(1).max(10_000_000).default(100_000),
  /** One request holds at most so many lines and bytes (before compression). */
  batchLines: z.int().min(1).max(100_000).default(10_000),
  batchBytes: z.int().min(1_024).max(10_000_000).default(2_000_000),
  /** Requests under way at once. */
  concurrency: z.int().min(1).max(64).default(4),
  /** Absent: compressed unless InfluxDB is on this machine. */
  gzip: z.boolean().optional(),
  timeoutMs: z.int().min(100).max(600_000).default(30_000),
});

export type InfluxHistorianConfig = z.output<typeof influxHistorianSchema>;
export type InfluxHistorianInput = z.input<typeof influxHistorianSchema>;
