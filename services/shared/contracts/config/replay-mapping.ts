import { z } from 'zod';
import { idSegment, localizedText, signalPath } from '../catalogue.ts';

/** Types that a column of text can become. */
export const REPLAY_DATA_TYPES = [
  'Boolean', 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float', 'Double', 'String',
] as const; // prettier-ignore

const knownZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

export const replayColumnSchema = z.strictObject({
  /** Column name in the file's first line. */
  column: z.string().min(1),
  path: signalPath,
  type: z.enum(REPLAY_DATA_TYPES).default('Double'),
  /** UNECE code; `symbol` is needed where the table of units lacks it. */
  unit: z.string().max(32).optional(),
  symbol: z.string().max(32).optional(),
  /** EURange. */
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, { error: 'must be [low, high] with low below high' })
    .optional(),
  name: localizedText.optional(),
  /** The file may lack this column; then there is no such signal. */
  optional: z.boolean().default(false),
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
  /** Where the recording comes from and under which licence: shown wherever its provenance is. */
  origin: z.string().max(500).optional(),
  /** The recording, relative to the mapping file; a command line or configuration may name another one. */
  file: z.string().min(1).optional(),
  separator: z.string().length(1).default(','),
  decimal: z.enum(['.', ',']).default('.'),
  time: z.strictObject({
    column: z.string().min(1),
    /**
     * `text`: year-month-day hour:minute:second with up to 7 decimals, separated by a blank or T, an offset or Z
     * allowed; `unix-s`, `unix-ms`: a number.
     */
    format: z.enum(['text', 'unix-s', 'unix-ms']).default('text'),
    /** IANA zone of times without an offset: `UTC`, `Europe/Minsk`. */
    zone: z
      .string()
      .refine(knownZone, { error: 'must be an IANA time zone such as UTC or Europe/Minsk' })
      .default('UTC'),
  }),
  columns: z.array(replayColumnSchema).min(1, { error: 'must map one column at least' }),
});
export type ReplayMapping = z.infer<typeof replayMappingSchema>;
