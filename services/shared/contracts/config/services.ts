import { z } from 'zod';
import { idSegment } from '../catalogue.ts';
import { tlsFilesSchema } from './broker.ts';
import { embeddedHistorianSchema, influxHistorianSchema } from './historian.ts';

const port = z.int().min(0).max(65_535);

/** How to reach an MQTT broker: ours, or any other (mosquitto, EMQX, HiveMQ). */
export const brokerLinkSchema = z.object({
  url: z
    .string()
    .regex(/^(mqtt|mqtts|ws|wss):\/\/[^/\s]+/, {
      error: 'must be mqtt://, mqtts://, ws:// or wss:// with a host',
    })
    .default('mqtt://127.0.0.1:1883'),
  username: z.string().min(1).max(64).optional(),
  passwordFile: z
    .string()
    .min(1)
    .optional()
    .describe('The file holds the password alone; a line end at its end is cut.'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe("PEM of the authority that signed the broker's certificate, where it is not a public one."),
  keepAliveS: z.int().min(1).max(3_600).default(15),
});
export type BrokerLink = z.infer<typeof brokerLinkSchema>;

export const plainViewConfigSchema = z.object({
  messagesPerSecond: z
    .number()
    .min(0)
    .max(10_000)
    .default(250)
    .describe('Of all signals together, at most: they take turns. 0 = nothing is shown.'),
  intervalMs: z.int().min(100).max(60_000).default(1_000).describe('A signal is told so often, at most.'),
  maxSignals: z
    .int()
    .min(1)
    .default(20_000)
    .describe('Each one is a retained message in the memory of the broker.'),
});
export type PlainViewConfig = z.infer<typeof plainViewConfigSchema>;

export const ingestConfigSchema = z.object({
  broker: brokerLinkSchema.prefault({}),
  hostId: idSegment
    .default('brest-centre')
    .describe('Sparkplug host id: spBv1.0/STATE/{hostId} tells whether this host application is there.'),
  sharedGroup: idSegment
    .optional()
    .describe(
      'Name of the group that several ingest workers share the data in (MQTT 5 shared subscriptions: mosquitto, EMQX, HiveMQ; our own broker has none). Each worker needs a hostId of its own, all of them the same InfluxDB. Absent: this worker takes all.',
    ),
  limits: z
    .object({
      queuedMessages: z
        .int()
        .min(10)
        .default(4_000)
        .describe(
          'Messages taken from the broker and not yet given to the store, by count and bytes. Beyond: dropped, not acknowledged, resent by the agent.',
        ),
      queuedBytes: z.int().min(65_536).default(67_108_864),
      batchSamples: z
        .int()
        .min(100)
        .max(1_000_000)
        .default(20_000)
        .describe('Samples in one write, and writes under way at once.'),
      batchRecords: z.int().min(1).max(10_000).default(500),
      appendsInFlight: z.int().min(1).max(64).default(4),
      lingerMs: z
        .int()
        .min(0)
        .max(1_000)
        .default(10)
        .describe('A write waits this long for more records, at most.'),
      heldBytesPerAgent: z
        .int()
        .min(65_536)
        .default(8_388_608)
        .describe('Records whose catalogue is not known yet, per agent, by bytes.'),
      acknowledgementsPerSecond: z.number().min(1).max(1_000).default(20),
      rebirthIntervalMs: z.int().min(100).default(5_000),
      deadLettersPerSecond: z.number().min(1).default(50),
      agents: z.int().min(1).max(10_000).default(200),
    })
    .prefault({}),
  plainView: plainViewConfigSchema
    .prefault({})
    .describe(
      'Latest values as retained plain JSON on uns/... topics, for clients that read no Sparkplug. Not with sharedGroup, where no worker knows all.',
    ),
  audit: z
    .object({
      intervalMs: z
        .int()
        .min(100)
        .default(10_000)
        .describe('How often the books of all streams are looked at.'),
      readBackIntervalMs: z
        .int()
        .min(0)
        .default(3_600_000)
        .describe('How often the store is read back and its samples are counted; 0 = never.'),
      supersededAfterMs: z
        .int()
        .min(100)
        .default(600_000)
        .describe(
          'A superseded epoch that was silent for so long is closed: what never came of it counts as lost.',
        ),
    })
    .prefault({}),
});
export type IngestConfig = z.infer<typeof ingestConfigSchema>;

/** The embedded historian and the folder it owns. */
export const embeddedStoreConfigSchema = embeddedHistorianSchema.extend({
  kind: z.literal('embedded'),
  directory: z.string().min(1).default('var/services/historian'),
});

export const influxStoreConfigSchema = influxHistorianSchema.extend({ kind: z.literal('influxdb') });

/** The historian, by its kind. */
export const storeConfigSchema = z.discriminatedUnion('kind', [
  embeddedStoreConfigSchema,
  influxStoreConfigSchema,
]);
export type StoreConfig = z.infer<typeof storeConfigSchema>;

/** The HTTP API and the dashboards. */
export const httpConfigSchema = z.object({
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(8080),
  tls: tlsFilesSchema.optional().describe('Needed as soon as host is not a loopback address.'),
  dashboardsDirectory: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of the built dashboards; absent: the API alone.'),
  access: z
    .object({
      usersFile: z
        .string()
        .min(1)
        .describe('Users with their roles and password hashes; `npm run user` keeps it.'),
      databaseFile: z
        .string()
        .min(1)
        .describe('SQLite file of the sessions and of the audit log of actions.'),
    })
    .optional()
    .describe('Absent: nobody can log in, every route that changes something is refused.'),
});
export type HttpConfig = z.infer<typeof httpConfigSchema>;

/** `services/main.ts --config FILE`. Paths are relative to the working directory. */
export const servicesConfigSchema = z.object({
  ingest: ingestConfigSchema.prefault({}),
  store: storeConfigSchema.prefault({ kind: 'embedded' }),
  http: httpConfigSchema.prefault({}),
  diagnostics: z.object({ port: port.default(0) }).prefault({}),
});
export type ServicesConfig = z.infer<typeof servicesConfigSchema>;
