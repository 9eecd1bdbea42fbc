import { z } from 'zod';
import { PROVENANCES } from '#domain/machine.ts';
import { assetPathSchema, idSegment, localizedText } from '../catalogue.ts';

/** A recording served as one more machine, beside those of the plant file. */
export const replaySchema = z
  .strictObject({
    /** Mapping file: columns, time, names. */
    mapping: z.string().min(1),
    /** The CSV; by default the one that the mapping names. */
    file: z.string().min(1).optional(),
    /** Instead of the mapping's. */
    id: idSegment.optional(),
    /** Recorded seconds per second; `max` = as fast as the subscribers take it. */
    speed: z.union([z.number().min(0.01).max(10_000), z.literal('max')]).default(1),
    repeat: z.enum(['once', 'loop']).default('once'),
    /** `recorded` keeps the times of the file; `now` gives each row the time at which it is replayed. */
    times: z.enum(['recorded', 'now']).default('recorded'),
    /** Hold row 1 until the signals have monitored items, and pause when these go away. */
    waitForSubscriber: z.boolean().default(true),
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
  /** Folder of certificates and of `endpoints.json`. */
  dataDir: z.string().min(1),
  /** Plant file; absent: only replays. */
  plant: z.string().min(1).optional(),
  host: z.string().min(1).default('127.0.0.1'),
  /** OPC UA port of the machine with offset 0; 0 = any free port for each. */
  basePort: z.int().min(0).max(65_000).default(4840),
  /** Overrides the plant's. */
  seed: z.int().min(0).max(0xffffffff).optional(),
  /** Virtual seconds per second. */
  speed: z.number().min(0.1).max(60).default(1),
  /** File that receives every value produced; the oracle of proofs. */
  ledger: z.string().min(1).optional(),
  /** Each value reaches the ledger's file before it reaches a server: for proofs that kill this process. */
  ledgerAtOnce: z.boolean().default(false),
  replays: z.array(replaySchema).default([]),
  /** Faults, scenarios and reset over HTTP on 127.0.0.1, with the token of `control.token`; 0 = any port, absent = none. */
  controlPort: z.int().min(0).max(65_535).optional(),
  /** `/metrics` and `/health` on 127.0.0.1; 0 = none. */
  diagnosticsPort: z.int().min(0).max(65_535).default(0),
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
  /** SHA-256 of the server's certificate (DER), 64 lower-case hex digits. */
  certificateSha256: z.string(),
  applicationUri: z.string(),
  securityMode: z.literal('SignAndEncrypt'),
  securityPolicy: z.literal('Basic256Sha256'),
  /** `nsu=...;s=...` of the machine's object: all its variables lie below it. */
  rootNodeId: z.string(),
  /** Variables that produce values; the browse path below the root is the signal's path. */
  signalCount: z.int().min(0),
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
