import { z } from 'zod';
import { PROVENANCES } from '#domain/machine.ts';
import { assetPathSchema, idSegment, localizedText } from '../catalogue.ts';

/** A recording served as one more machine, beside those of the plant file. */
export const replaySchema = z
  .strictObject({
    mapping: z.string().min(1).describe('Mapping file: columns, time, names.'),
    file: z.string().min(1).optional().describe('The CSV; by default the one that the mapping names.'),
    id: idSegment.optional().describe("Instead of the mapping's."),
    speed: z
      .union([z.number().min(0.01).max(10_000), z.literal('max')])
      .default(1)
      .describe('Recorded seconds per second; max = as fast as the subscribers take it.'),
    repeat: z.enum(['once', 'loop']).default('once'),
    times: z
      .enum(['recorded', 'now'])
      .default('recorded')
      .describe('recorded keeps the times of the file; now gives each row the time at which it is replayed.'),
    waitForSubscriber: z
      .boolean()
      .default(true)
      .describe('Hold row 1 until the signals have monitored items, and pause when these go away.'),
  })
  .refine(({ times, repeat }) => !(times === 'recorded' && repeat === 'loop'), {
    path: ['times'],
    error: 'must be "now" with repeat: loop, else every round would bring the same times again',
  })
  .refine(({ times, speed }) => !(times === 'now' && speed === 'max'), {
    path: ['times'],
    error: 'must be "recorded" with speed: max, which runs ahead of the clock',
  });
export type ReplayConfig = z.infer<typeof replaySchema>;

/** `--config` of simulators/main.ts. */
export const simulatorsConfigSchema = z.strictObject({
  dataDir: z.string().min(1).describe('Folder of certificates and of endpoints.json.'),
  plant: z.string().min(1).optional().describe('Plant file; absent: only replays.'),
  host: z.string().min(1).default('127.0.0.1'),
  basePort: z
    .int()
    .min(0)
    .max(65_000)
    .default(4840)
    .describe('OPC UA port of the machine with offset 0; 0 = any free port for each.'),
  seed: z.int().min(0).max(0xffffffff).optional().describe("Overrides the plant's."),
  speed: z.number().min(0.1).max(60).default(1).describe('Virtual seconds per second.'),
  ledger: z
    .string()
    .min(1)
    .optional()
    .describe('File that receives every value produced; the oracle of proofs.'),
  ledgerAtOnce: z
    .boolean()
    .default(false)
    .describe(
      "Each value reaches the ledger's file before it reaches a server: for proofs that kill this process.",
    ),
  replays: z.array(replaySchema).default([]),
  controlPort: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe(
      'Faults, scenarios and reset over HTTP on 127.0.0.1, with the token of control.token; 0 = any port, absent = none.',
    ),
  diagnosticsPort: z
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('/metrics and /health on 127.0.0.1; 0 = none.'),
});
export type SimulatorsConfig = z.infer<typeof simulatorsConfigSchema>;

/** One machine in `<dataDir>/endpoints.json`. */
export const simulatedEndpointSchema = z.object({
  id: idSegment,
  kind: z.string(),
  name: localizedText,
  provenance: z.enum(PROVENANCES),
  assetPath: assetPathSchema,
  endpointUrl: z.string(),
  certificateSha256: z
    .string()
    .describe("SHA-256 of the server's certificate (DER), 64 lower-case hex digits."),
  applicationUri: z.string(),
  securityMode: z.literal('SignAndEncrypt'),
  securityPolicy: z.literal('Basic256Sha256'),
  rootNodeId: z.string().describe("nsu=...;s=... of the machine's object: all its variables lie below it."),
  alarmTexts: z
    .array(localizedText)
    .optional()
    .describe('Messages of its alarms in all languages: an OPC UA server tells one of them.'),
  signalCount: z
    .int()
    .min(0)
    .describe("Variables that produce values; the browse path below the root is the signal's path."),
});
export type SimulatedEndpoint = z.infer<typeof simulatedEndpointSchema>;

/** `<dataDir>/endpoints.json`: written when all servers are up. */
export const endpointsFileSchema = z.object({
  version: z.literal(1),
  site: idSegment,
  enterprise: z.string(),
  name: localizedText,
  endpoints: z.array(simulatedEndpointSchema),
});
export type EndpointsFile = z.infer<typeof endpointsFileSchema>;
