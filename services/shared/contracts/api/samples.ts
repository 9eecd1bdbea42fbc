import { z } from 'zod';
import { listOf, pageParameters, type RouteContract } from './route.ts';
import {
  gapSchema,
  machineParameter,
  sampleValueSchema,
  signalsParameter,
  statusCodeSchema,
  timeParameter,
  timestampSchema,
} from './values.ts';

/** The longest range that may be asked for. */
export const MAX_RANGE_DAYS = 3_660;
export const DEFAULT_MAX_POINTS = 1_000;
export const MAX_POINTS = 20_000;
/** Points over all signals of one request. */
export const MAX_TOTAL_POINTS = 200_000;

/** Body of `format=columns`: see {@link ColumnsHeader}. */
export const COLUMNS_MEDIA_TYPE = 'application/vnd.smart-factory.columns';

const rawSampleSchema = z.object({
  t: timestampSchema,
  value: sampleValueSchema,
  statusCode: statusCodeSchema,
  flags: z
    .int()
    .min(1)
    .max(255)
    .optional()
    .describe("Bits, left out when 0: 1 came late (backfill), 2 server's time, 4 agent's time."),
});

const bucketSchema = z.object({
  t: timestampSchema.meta({ description: 'Start of the bucket; the first one may start before `from`' }),
  min: z.number().nullable(),
  mean: z.number().nullable(),
  max: z.number().nullable(),
  first: z.number().nullable(),
  last: z.number().nullable(),
  count: z.int().min(1),
  worstStatus: statusCodeSchema,
});

const rawSeriesSchema = z.object({
  signal: z.string(),
  mode: z.literal('raw'),
  samples: z.array(rawSampleSchema),
});
const bucketSeriesSchema = z.object({
  signal: z.string(),
  mode: z.literal('buckets'),
  bucketMs: z.number().describe('Length of a bucket, ms with a fraction.'),
  buckets: z
    .array(bucketSchema)
    .describe('Those without samples are left out; numbers are null where a bucket holds no good number.'),
});

export const samplesResponseSchema = z.object({
  from: timestampSchema,
  to: timestampSchema,
  items: z
    .array(z.discriminatedUnion('mode', [rawSeriesSchema, bucketSeriesSchema]))
    .describe('One per signal, in the order asked for.'),
  gaps: z.array(gapSchema).describe('Declared holes of the range, of the machines asked for.'),
});
export type SamplesResponse = z.infer<typeof samplesResponseSchema>;

export const rangeParameters = {
  /** Inclusive; an hour before `to` when left out. */
  from: timeParameter.optional(),
  /** Exclusive; now when left out. */
  to: timeParameter.optional(),
};

export const samplesRoute = {
  path: '/samples',
  summary:
    'Samples of up to 50 signals: raw, or in about maxPoints equal buckets where a signal has more than maxPoints',
  query: z.object({
    signal: signalsParameter,
    ...rangeParameters,
    maxPoints: z.coerce.number().int().min(1).max(MAX_POINTS).default(DEFAULT_MAX_POINTS),
    format: z.enum(['json', 'columns']).default('json'),
  }),
  response: samplesResponseSchema,
  media: {
    [COLUMNS_MEDIA_TYPE]:
      'format=columns: UInt32 length of a JSON header (little-endian), the header padded with spaces to a multiple ' +
      'of 8 bytes with those 4, then Float64 columns (little-endian) as `items[].columns` of the header names them, ' +
      '`count` numbers each. t is ms since 1970 with its fraction; a value that is no number is NaN, true is 1.',
  },
  problems: [
    'BAD_PARAMETER',
    'RANGE_INVALID',
    'SIGNAL_UNKNOWN',
    'TOO_MANY_REQUESTS',
    'INTERNAL',
    'STORE_UNAVAILABLE',
  ],
} as const satisfies RouteContract;

export const RAW_COLUMNS = ['t', 'value', 'statusCode'] as const;
export const BUCKET_COLUMNS = ['t', 'min', 'mean', 'max', 'first', 'last', 'count', 'worstStatus'] as const;

/** The JSON in front of the columns. */
export interface ColumnsHeader {
  readonly from: string;
  readonly to: string;
  readonly items: readonly {
    readonly signal: string;
    readonly mode: 'raw' | 'buckets';
    readonly bucketMs?: number;
    readonly count: number;
    readonly columns: readonly string[];
  }[];
  readonly gaps: SamplesResponse['gaps'];
}

export const latestSampleSchema = z.object({
  signal: z.string(),
  value: sampleValueSchema,
  statusCode: statusCodeSchema,
  sourceTimestamp: timestampSchema,
});
export type LatestView = z.infer<typeof latestSampleSchema>;

export const latestRoute = {
  path: '/latest',
  summary: 'The latest sample of each signal, of one machine or of all',
  query: z.object({ machine: machineParameter.optional(), ...pageParameters(10_000, 100_000) }),
  response: listOf(latestSampleSchema),
  problems: ['BAD_PARAMETER', 'MACHINE_UNKNOWN', 'INTERNAL'],
} as const satisfies RouteContract;

export const exportRoute = {
  path: '/export',
  summary: 'All raw samples of up to 50 signals as a file, signal after signal, in time order',
  query: z.object({
    signal: signalsParameter,
    ...rangeParameters,
    format: z.enum(['csv', 'parquet']).default('csv'),
  }),
  media: {
    'text/csv':
      'Columns signal, sourceTimestamp, value, statusCode, type (RFC 4180); values as in the JSON of /samples; type tells ' +
      'how they are read back: null, number, integer (beyond 2^53), bool, text, bytes, json, -0',
    'application/vnd.apache.parquet':
      'format=parquet: signal, sourceTimestamp (ns, UTC), value (every number as a double; true is 1), int (integers ' +
      'beyond 2^53 exactly), text (strings, JSON), bytes, statusCode, type (as in CSV); zstd',
  },
  problems: [
    'BAD_PARAMETER',
    'RANGE_INVALID',
    'SIGNAL_UNKNOWN',
    'TOO_MANY_REQUESTS',
    'INTERNAL',
    'STORE_UNAVAILABLE',
  ],
} as const satisfies RouteContract;
