import { z } from 'zod';
import { idSegment, signalPath } from './catalogue.ts';

/** 16 hex digits. */
export const epochSchema = z.string().regex(/^[0-9a-f]{16}$/);
/** 55 years at 10,000 records a second; a store puts it beside the epoch's number into 64 bits. */
export const MAX_SEQUENCE = 2 ** 44 - 1;
export const sequenceSchema = z.int().min(1).max(MAX_SEQUENCE);
export const sequenceRangeSchema = z
  .tuple([sequenceSchema, sequenceSchema])
  .refine(([from, to]) => from <= to, { error: 'must not run backwards' });
/** Samples that one record speaks of: no journal holds more, and thousands of such records still add up exactly. */
const samplesOfRecords = z.int().min(0).max(1e12);

/** What is beyond 64 bits no store can hold. */
function isDecimalNs(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

export const decimalNs = z.string().refine(isDecimalNs, {
  error: 'must be nanoseconds since 1970 in decimal digits, between the years 1678 and 2262',
});

/** `Delivery/Ack` of an NCMD: what one ingest worker has made durable of a stream. The agent unites the ranges. */
export const deliveryAckSchema = z.object({
  epoch: epochSchema,
  /** The store that holds them: a changed id is announced, never continued silently. */
  store: z.string().min(1).max(64),
  /** Greatest sequence the store has of the epoch; 0 when none. Sent in answer to an NBIRTH. */
  head: z.int().min(0).optional(),
  /** `Stream/Birth` of the NBIRTH that is answered: whatever this worker had received before it counts in `ranges`. */
  birth: z.string().max(64).optional(),
  /** Other contents came under a sequence of this epoch that was taken: two agents write in it. Sent in answer to an NBIRTH. */
  forked: z.literal(true).optional(),
  ranges: z.array(sequenceRangeSchema).max(10_000),
  /**
   * Times (decimal ns) of the newest values that the store had when it was opened, by machine of the agent's site. Sent to an agent that knows
   * another store: should this one be an older backup, what is gone lies behind them.
   */
  newest: z.record(idSegment, decimalNs).optional(),
});
export type DeliveryAck = z.infer<typeof deliveryAckSchema>;

/** How one machine's path looks from the agent. Closed set: it is a metric label, and a word of the dashboards. */
export const MACHINE_LINK_STATES = ['connecting', 'online', 'silent', 'offline', 'refused'] as const;

/** Why a machine is not read, for those who say it in their own words; `detail` says it in English. */
export const pathProblemSchema = z.object({
  code: z
    .string()
    .max(64)
    .describe('Of the socket (ECONNREFUSED), of OPC UA (BadTooManySessions), or of the agent (UNTRUSTED).'),
  endpoint: z.string().max(300).describe('The address that the agent tries.'),
});
export type PathProblem = z.infer<typeof pathProblemSchema>;

/** `Agent/Health` of an NDATA every second: proof of life, not data; never journaled. */
export const agentHealthSchema = z.object({
  /** Agent's clock, ms since 1970. */
  t: z.number(),
  version: z.string(),
  /** Of the figures below. */
  epoch: epochSchema.optional(),
  /** A random word of this run of the agent: two that alternate are two agents under one id. */
  run: z.string().max(32).optional(),
  journal: z.object({
    head: z.int().min(0),
    tail: z.int().min(0),
    bytes: z.int().min(0),
    limitBytes: z.int().min(0),
    /** ms; 0 when all is acknowledged. */
    oldestUnacknowledgedMs: z.number().min(0),
    /** A disk that refuses: reading is paused, nothing is acknowledged to the servers. */
    problem: z.string().optional(),
    /** Damaged segments in quarantine: what they held is declared lost; degraded until somebody has taken them away. */
    quarantined: z.int().min(0).optional(),
  }),
  /** Samples since the epoch began. */
  produced: z.int().min(0),
  journaled: z.int().min(0),
  discarded: z.int().min(0),
  declaredLost: z.int().min(0),
  machines: z.array(
    z.object({
      id: idSegment,
      state: z.enum(MACHINE_LINK_STATES),
      /** Age of the last proof of life (data, keep-alive), ms. */
      aliveMs: z.number().min(0).optional(),
      items: z.int().min(0),
      failedItems: z.int().min(0),
      /** The first of the failed ones, each with the server's reason; the agent's log names all. */
      failed: z
        .array(z.object({ path: z.string().max(1_000), reason: z.string().max(200) }))
        .max(20)
        .optional(),
      detail: z.string().max(500).optional(),
      problem: pathProblemSchema.optional(),
    }),
  ),
});
export type AgentHealth = z.infer<typeof agentHealthSchema>;

/** `Stream/Body` of the records that are not samples, by `Stream/Kind`. Times are decimal ns. */
export const gapBodySchema = z.object({
  machine: idSegment.optional(),
  path: signalPath.optional(),
  from: decimalNs,
  to: decimalNs,
  cause: z.string().min(1).max(64),
});
export const eventBodySchema = z
  .object({ machine: idSegment.optional(), time: decimalNs, type: z.string() })
  .loose();
export const dropBodySchema = z.object({
  samples: samplesOfRecords,
  /** From the first sequence lost to the last one. */
  sequences: sequenceRangeSchema,
  /** Which ones exactly; absent = all of them. */
  ranges: z.array(sequenceRangeSchema).max(1_000).optional(),
  /**
   * Samples journaled up to the last of those sequences since the epoch began: lost is what the store has neither stored, nor refused, nor been told of
   * as lost. Where the agent cannot count what is gone (a restored store); `samples` is 0 then.
   */
  journaled: samplesOfRecords.optional(),
  /** So many other samples of those records go on in later ones, up to that sequence: what a thinning policy keeps. */
  moved: z.object({ samples: samplesOfRecords, upTo: sequenceSchema }).optional(),
  cause: z.string().min(1).max(64),
});
export const checkpointBodySchema = z.object({
  produced: z.int().min(0),
  journaled: z.int().min(0),
  discarded: z.int().min(0),
});
export const RECORD_KINDS = ['samples', 'catalogue', 'gap', 'event', 'drop', 'checkpoint'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];
