import { z } from 'zod';
import { isIdSegment, parseSignalId, type MachineId, type SignalId } from '#domain/asset-path.ts';
import { isoToNs } from '#domain/time.ts';

/** ISO 8601 UTC with as many digits as needed, three at least: what `nsToIso` writes. */
export const timestampSchema = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3,9}Z$/)
  .meta({ description: 'ISO 8601 UTC, 3 to 9 fraction digits', format: 'date-time' });

export const sampleValueSchema = z.union([z.number(), z.string(), z.boolean(), z.null()]).meta({
  description:
    'Value of a sample; null where its status is Bad. Integers beyond 2^53 are decimal text, NaN and the ' +
    'infinities "NaN", "Infinity", "-Infinity", ByteString is base64, arrays and structures are JSON text: ' +
    "the signal's dataType and isArray tell these texts from a String.",
});
export type WireValue = z.infer<typeof sampleValueSchema>;

export const statusCodeSchema = z
  .int()
  .min(0)
  .max(0xffffffff)
  .meta({ description: 'OPC UA StatusCode, all 32 bits; 0 is Good' });

export const gapSchema = z
  .object({
    machine: z.string().optional(),
    signal: z.string().optional(),
    from: timestampSchema,
    to: timestampSchema,
    cause: z.string(),
  })
  .meta({
    description:
      'A declared hole. Without signal: the whole machine; without machine: all that its agent reads.',
  });
export type WireGap = z.infer<typeof gapSchema>;

const MIN_TIME = -(2n ** 63n);
const MAX_TIME = 2n ** 63n - 1n;

/** A time in a query: ISO 8601 with offset, up to 9 fraction digits. Answers ns since 1970. */
export const timeParameter = z
  .string()
  .max(64)
  .meta({ description: 'ISO 8601 time, e.g. 2026-11-22T06:00:00.123Z', format: 'date-time' })
  .transform((text, context) => {
    const time = isoToNs(text);
    if (time !== undefined && time >= MIN_TIME && time <= MAX_TIME) return time;
    context.addIssue({
      code: 'custom',
      message:
        'must be an ISO 8601 time such as 2026-11-22T06:00:00Z, between the years 1678 and 2262 (the "+" of an offset is written %2B in a URL)',
    });
    return z.NEVER;
  });

/** `brest/cnc-01/Spindle/Load` */
export const signalParameter = z
  .string()
  .max(400)
  .refine((text): text is SignalId => parseSignalId(text) !== undefined, {
    error: 'must be a signal id: site/machine/path, e.g. brest/cnc-01/Spindle/Load',
  });

/** One or several: `signal=a&signal=b`. */
export const signalsParameter = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : value),
  z.array(signalParameter).min(1).max(50).meta({ description: 'Signal id, may be repeated' }),
);

/** `brest/cnc-01` */
export const machineParameter = z
  .string()
  .max(127)
  .refine(
    (text): text is MachineId => {
      const [site = '', machine = '', ...rest] = text.split('/');
      return rest.length === 0 && isIdSegment(site) && isIdSegment(machine);
    },
    { error: 'must be a machine id: site/machine, e.g. brest/cnc-01' },
  );
