import { z } from 'zod';
import { idSegment, localizedText, signalPath } from '../catalogue.ts';

/** Types that a column of text can become. */
export const REPLAY_DATA_TYPES = [
  'Boolean',
  'SByte',
  'Byte',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'UInt64',
  'Float',
  'Double',
  'String',
] as const;

const knownZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

export const replayColumnSchema = z.strictObject({
  column: z.string().min(1).describe("Column name in the file's first line."),
  path: signalPath,
  type: z.enum(REPLAY_DATA_TYPES).default('Double'),
  unit: z
    .string()
    .max(32)
    .optional()
    .describe('UNECE code; symbol is needed where the table of units lacks it.'),
  symbol: z.string().max(32).optional(),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, { error: 'must be [low, high] with low below high' })
    .optional()
    .describe('EURange.'),
  name: localizedText.optional(),
  optional: z
    .boolean()
    .default(false)
    .describe('The file may lack this column; then there is no such signal.'),
});
export type ReplayColumn = z.infer<typeof replayColumnSchema>;

/** How a recorded CSV becomes a machine: `simulators/replay/mappings/*.yaml`. */
export const replayMappingSchema = z.strictObject({
  id: idSegment,
  kind: z.string().min(1).max(64),
  name: localizedText,
  area: z.string().max(128).optional(),
  line: z.string().max(128).optional(),
  cell: z.string().max(128).optional(),
  origin: z
    .string()
    .max(500)
    .optional()
    .describe('Where the recording comes from and under which licence: shown wherever its provenance is.'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The recording, relative to the mapping file; a command line or configuration may name another one.',
    ),
  separator: z.string().length(1).default(','),
  decimal: z.enum(['.', ',']).default('.'),
  time: z.strictObject({
    column: z.string().min(1),
    format: z
      .enum(['text', 'unix-s', 'unix-ms'])
      .default('text')
      .describe(
        'text: year-month-day hour:minute:second with up to 7 decimals, separated by a blank or T, an offset or Z allowed; unix-s, unix-ms: a number.',
      ),
    zone: z
      .string()
      .refine(knownZone, { error: 'must be an IANA time zone such as UTC or Europe/Minsk' })
      .default('UTC')
      .describe('IANA zone of times without an offset: UTC, Europe/Minsk.'),
  }),
  columns: z.array(replayColumnSchema).min(1, { error: 'must map one column at least' }),
});
export type ReplayMapping = z.infer<typeof replayMappingSchema>;
