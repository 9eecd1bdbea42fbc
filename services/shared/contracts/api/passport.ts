import { z } from 'zod';
import { localizedText } from '../catalogue.ts';
import { PROVENANCES } from '#domain/machine.ts';
import { signalSchema } from './machines.ts';
import type { RouteContract } from './route.ts';
import { signalParameter, timestampSchema } from './values.ts';

/** The stations of a value, in their order, and whose clock tells when it was there. */
export const PASSPORT_STEPS = {
  source: 'machine',
  server: 'machine',
  journaled: 'agent',
  published: 'agent',
  received: 'centre',
  committed: 'centre',
  answered: 'centre',
} as const;
export type PassportStep = keyof typeof PASSPORT_STEPS;
const STEP_NAMES = Object.keys(PASSPORT_STEPS) as [PassportStep, ...PassportStep[]];

export const passportSchema = z.object({
  signal: signalSchema,
  machine: z.object({
    id: z.string(),
    name: localizedText,
    kind: z.string(),
    provenance: z.enum(PROVENANCES),
  }),
  status: z
    .object({
      code: z.string().describe('All 32 bits, 0x80310000'),
      name: z.string().optional().describe('Of the code without its info bits, where it is a common one.'),
      severity: z.enum(['good', 'uncertain', 'bad']),
      overflow: z.boolean().describe("The server's queue lost values before this one."),
    })
    .describe('What the machine said of the quality of this value.'),
  timeSource: z
    .enum(['source', 'server', 'agent'])
    .describe(
      'Who gave the time of the value: the source as a rule, else the OPC UA server or the agent in its place.',
    ),
  record: z
    .object({
      agent: z.string().describe('site/agent'),
      epoch: z.string().nullable(),
      epochNumber: z.int().min(1),
      sequence: z.int().min(1).describe("Of the agent's journal, and of the Sparkplug payload."),
      index: z.int().min(0).describe('Of the sample within the record.'),
      topic: z.string().describe('MQTT topic'),
      samples: z
        .int()
        .min(0)
        .nullable()
        .describe('In the whole record; null when its delivery is not remembered.'),
      payloadBytes: z.int().min(0).nullable(),
    })
    .nullable()
    .describe('The journal record that brought it; null when the store cannot tell.'),
  steps: z.array(
    z.object({
      step: z
        .enum(STEP_NAMES)
        .describe(
          'source: time of the value; server: the OPC UA server sent it; journaled: the agent wrote it to its journal; ' +
            'published: over MQTT; received: by ingest; committed: durable in the store; answered: this answer.',
        ),
      clock: z.enum(['machine', 'agent', 'centre']).describe('Whose clock it is.'),
      at: timestampSchema.nullable().describe('null: not measured.'),
      ms: z
        .number()
        .nullable()
        .describe('Since the last step before it that is known; null for the first one.'),
    }),
  ),
  links: z.object({
    sample: z.string().describe('Path below this host that answers just this sample.'),
    signals: z.string().describe('Path of all the signals of the machine.'),
  }),
});
export type PassportView = z.infer<typeof passportSchema>;

export const passportRoute = {
  path: '/passport',
  summary:
    'The way of the latest value of a signal, station by station: when it was where, under which name and number',
  query: z.object({ signal: signalParameter }),
  response: passportSchema,
  problems: ['BAD_PARAMETER', 'SIGNAL_UNKNOWN', 'INTERNAL', 'STORE_UNAVAILABLE', 'TOO_MANY_REQUESTS'],
} as const satisfies RouteContract;
