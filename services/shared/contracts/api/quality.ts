import { z } from 'zod';
import { idSegment } from '../catalogue.ts';
import { MACHINE_RANGE_PROBLEMS, pageParameters, type RouteContract } from './route.ts';
import { gapSchema, statusCodeSchema, timeParameter, timestampSchema } from './values.ts';

const ms = z.number().min(0);

/** What a signal is suspected of. Closed set: a word of the dashboards. */
export const SIGNAL_CONDITIONS = ['ok', 'never', 'silent', 'stuck'] as const;

export const signalQualitySchema = z.object({
  signal: z.string(),
  goodMs: ms.describe('The five add up to the range, from `knownSince` on where it lies inside.'),
  uncertainMs: ms,
  badMs: ms,
  missingMs: ms.describe('Inside declared gaps.'),
  unknownMs: ms.describe('Before the first sample that is known of.'),
  samples: z.int().min(0),
  statusCode: statusCodeSchema.describe('Of the latest sample.'),
  lastSampleAt: timestampSchema.nullable(),
  gaps: z.int().min(0).describe('Declared gaps of this signal, its machine or its agent.'),
  condition: z
    .enum(SIGNAL_CONDITIONS)
    .describe(
      'never: no sample ever came; silent: ten or more in the stretch before, none in this one, though the machine is heard; ' +
        'stuck: a measured value of which ten or more samples came, all the same to the last bit, from the first to the last ' +
        'of them half of the range or more.',
    ),
});
export type SignalQuality = z.infer<typeof signalQualitySchema>;

export const qualitySchema = z.object({
  machine: z.string(),
  from: timestampSchema,
  to: timestampSchema,
  knownSince: timestampSchema
    .nullable()
    .describe(
      'When the first sample or gap of the machine came; null: before the range, or never. Asked by pages: of the signals of the page.',
    ),
  sliceMs: ms.describe('Time is judged in slices of this length: one is as good as the worst sample in it.'),
  stale: z.boolean().describe('No proof of life of the path for 2 s.'),
  items: z.array(signalQualitySchema),
  next: z.string().optional(),
  gaps: z.array(gapSchema).describe('That touch the range, oldest first, the newest 500.'),
});
export type QualityView = z.infer<typeof qualitySchema>;

export const qualityRoute = {
  path: '/machines/{site}/{machine}/quality',
  summary:
    'How much of a stretch of time each signal was good, uncertain, bad or missing, and which are silent or stuck',
  params: z.object({ site: idSegment, machine: idSegment }),
  query: z.object({
    from: timeParameter.optional().meta({ description: 'Default: an hour before `to`' }),
    to: timeParameter.optional().meta({ description: 'Default: now' }),
    ...pageParameters(200, 500),
  }),
  response: qualitySchema,
  problems: MACHINE_RANGE_PROBLEMS,
} as const satisfies RouteContract;
