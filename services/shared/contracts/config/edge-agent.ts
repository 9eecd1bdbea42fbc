import { z } from 'zod';
import { DATA_TYPES, PROVENANCES } from '#domain/machine.ts';
import {
  assetPathSchema,
  idSegment,
  localizedText,
  rangeSchema,
  signalPath,
  unitSchema,
} from '../catalogue.ts';

/**
 * The edge agent's YAML file. Relative paths are relative to the folder of the file. Unknown keys are refused, so
 * that a misspelt one is found. Times in ms, sizes in bytes, unless the name says otherwise.
 */

const ms = (min: number, max: number): z.ZodInt => z.int().min(min).max(max);
const portNumber = z.int().min(0).max(65_535);

/** Also that its port is one: 99999 is not. */
const isAddress = (text: string, schemes: RegExp): boolean =>
  schemes.test(text) && URL.canParse(text.replace(schemes, 'http://'));

const mqttUrl = z.string().refine((text) => isAddress(text, /^(mqtts?|wss?):\/\/(?=[^/\s])/), {
  error: 'must look like mqtt://host:1883, mqtts://host:8883, ws://host/path or wss://host/path',
});

const opcUaUrl = z.string().refine((text) => isAddress(text, /^opc\.tcp:\/\/(?=[^/\s])/), {
  error: 'must look like opc.tcp://host:4840/path',
});

/** `nsu=<namespace uri>;s=...`; `i=...` alone means the OPC UA namespace. Indexes (`ns=2;...`) are refused: they move. */
export const portableNodeId = z
  .string()
  .max(4096)
  .refine((text) => /^(nsu=[^;]+;)?[isgb]=.+$/s.test(text), {
    error:
      'must be nsu=<namespace uri>;s=<name> (or i=, g=, b=): a namespace index moves when a server restarts',
  });

const certificateSha256 = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .refine((text) => /^[0-9a-f]{64}$/.test(text), {
    error: 'must be the SHA-256 of the certificate: 64 hex digits, colons allowed',
  });

const mqttSchema = z.strictObject({
  url: mqttUrl,
  username: z.string().max(256).optional(),
  passwordFile: z.string().optional(),
  caFile: z
    .string()
    .optional()
    .describe(
      "PEM of the authority that signed the broker's certificate, where the system's store does not know it.",
    ),
  certificateFile: z.string().optional(),
  keyFile: z.string().optional(),
  clientId: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('Must be unique on the broker; <site>-<agent> when absent.'),
  keepAliveS: z.int().min(2).max(600).default(10),
  connectTimeoutMs: ms(500, 120_000).default(8_000),
  retryMinMs: ms(50, 60_000)
    .default(250)
    .describe('Pause before a new attempt; grows from the first to the last.'),
  retryMaxMs: ms(100, 600_000)
    .default(2_000)
    .describe('Once a broker is back, the agent is back after so long at most.'),
  qos: z
    .union([z.literal(0), z.literal(1)])
    .default(0)
    .describe("Of data messages. Delivery never depends on it: 1 only adds the broker's flow control."),
  maxPacketBytes: z
    .int()
    .min(65_536)
    .max(268_435_455)
    .default(4_194_304)
    .describe('Longest packet that the broker takes (limits.packetBytes of ours).'),
  primaryHost: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe(
      'Sparkplug host application whose STATE gates publishing; absent = publish whenever connected.',
    ),
});

const journalSchema = z.strictObject({
  dir: z.string().optional().describe('Folder of the journal; <dataDir>/journal when absent.'),
  maxBytes: z
    .int()
    .min(4 * 1024 * 1024)
    .default(2 * 1024 * 1024 * 1024),
  segmentBytes: z
    .int()
    .min(64 * 1024)
    .max(1024 * 1024 * 1024)
    .default(16 * 1024 * 1024),
  whenFull: z
    .enum(['block', 'thin', 'drop-oldest'])
    .default('block')
    .describe(
      "At maxBytes: block stops reading (the servers' queues fill, then overflow: a gap record tells it); thin keeps of the oldest records the minimum, maximum and last of each signal and span of time, the spans growing as needed, and declares how many samples that cost; drop-oldest gives up the oldest records and declares each loss.",
    ),
  reserveBytes: z
    .int()
    .min(0)
    .default(1024 * 1024)
    .describe('Kept free on the disk so that a loss can still be declared when it is full.'),
  cacheBytes: z
    .int()
    .min(0)
    .default(16 * 1024 * 1024)
    .describe('Fresh records kept in memory so that sending them does not read the disk.'),
});

const deliverySchema = z.strictObject({
  windowRecords: z
    .int()
    .min(1)
    .max(100_000)
    .default(2_000)
    .describe('Records and bytes sent and not yet acknowledged by the store.'),
  windowBytes: z
    .int()
    .min(64 * 1024)
    .default(8 * 1024 * 1024),
  backlogShare: z
    .number()
    .min(0.05)
    .max(0.95)
    .default(0.5)
    .describe('Least part of the window that a backlog gets while live records come in.'),
  ackTimeoutMs: ms(100, 600_000)
    .default(5_000)
    .describe('Not acknowledged for so long: sent again; doubles per attempt up to the second figure.'),
  ackTimeoutMaxMs: ms(100, 3_600_000).default(60_000),
  payloadBytes: z
    .int()
    .min(1024)
    .max(8 * 1024 * 1024)
    .default(256 * 1024)
    .describe('Longest body of one message; a longer Publish response is split.'),
  heartbeatMs: ms(100, 10_000).default(1_000),
  checkpointMs: ms(100, 3_600_000)
    .default(10_000)
    .describe("How often the audit's cut is fixed, when there is something new."),
  confirm: z
    .enum(['store', 'broker'])
    .default('store')
    .describe(
      'store: records are kept until the historian says that they are durable. broker: until the broker took them, for Sparkplug hosts that do not acknowledge; loses what the broker loses.',
    ),
});

/** How one item is watched. What is absent here is taken from the machine, then from the agent's `opcua`. */
export const monitoringSchema = z.strictObject({
  publishingIntervalMs: ms(10, 3_600_000).optional(),
  samplingIntervalMs: z
    .number()
    .min(-1)
    .max(3_600_000)
    .optional()
    .describe('0 = as fast as the server can (exception-based); -1 = the publishing interval.'),
  queueSize: z.int().min(1).max(100_000).optional(),
  trigger: z
    .enum(['statusValue', 'statusValueTimestamp'])
    .optional()
    .describe('statusValueTimestamp also reports a value equal to the one before when its time differs.'),
  deadband: z.number().min(0).optional().describe("Absolute, in the signal's unit."),
});
export type MonitoringConfig = z.infer<typeof monitoringSchema>;

/** One signal named by hand, or what is to be said differently about one that was found by browsing. */
export const signalConfigSchema = z.strictObject({
  path: signalPath,
  nodeId: portableNodeId,
  name: localizedText.optional(),
  dataType: z.enum(DATA_TYPES).optional().describe('Read from the server when absent.'),
  isArray: z.boolean().optional(),
  unit: unitSchema.optional(),
  range: rangeSchema.optional(),
  meaning: z.string().max(500).optional(),
  monitoring: monitoringSchema.optional(),
});
export type SignalConfig = z.infer<typeof signalConfigSchema>;

/** All variables below a node. Patterns are globs over signal paths: `*` within a part, `**` across parts. */
export const browseSelectionSchema = z.strictObject({
  root: portableNodeId
    .optional()
    .describe(
      'Node where browsing starts; absent = recognise the machine (companion types), else the Objects folder.',
    ),
  include: z.array(z.string().min(1)).default(['**']),
  exclude: z.array(z.string().min(1)).default([]),
  maxDepth: z.int().min(1).max(64).default(16),
  maxSignals: z.int().min(1).max(100_000).default(20_000),
});
export type BrowseSelection = z.infer<typeof browseSelectionSchema>;

export const SECURITY_MODES = ['None', 'Sign', 'SignAndEncrypt'] as const;
export const SECURITY_POLICIES = [
  'None',
  'Basic256Sha256',
  'Aes128_Sha256_RsaOaep',
  'Aes256_Sha256_RsaPss',
] as const;

const endpointFields = z.strictObject({
  endpoint: opcUaUrl,
  securityMode: z.enum(SECURITY_MODES).default('SignAndEncrypt'),
  securityPolicy: z.enum(SECURITY_POLICIES).default('Basic256Sha256'),
  serverCertificateSha256: certificateSha256
    .optional()
    .describe(
      "The server's certificate, confirmed once by a person (or known to the centre); another one is refused.",
    ),
  username: z.string().max(256).optional(),
  passwordFile: z.string().optional(),
  userCertificateFile: z
    .string()
    .min(1)
    .optional()
    .describe('Logs in by this certificate (PEM or DER) instead of a user name; the server must trust it.'),
  userKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe("Private key of userCertificateFile, PEM without a pass phrase; readable by the agent's user."),
});
export const opcUaEndpointSchema = endpointFields.superRefine((endpoint, context) => {
  const { username, userCertificateFile, userKeyFile } = endpoint;
  const wrong = (path: keyof typeof endpoint, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (userCertificateFile !== undefined && userKeyFile === undefined)
    wrong(
      'userKeyFile',
      'must be given beside userCertificateFile: the key proves that the certificate is ours',
    );
  if (userKeyFile !== undefined && userCertificateFile === undefined)
    wrong('userCertificateFile', 'must be given beside userKeyFile');
  if (userCertificateFile !== undefined && username !== undefined)
    wrong('username', 'must not be given beside userCertificateFile: a session has one login');
});
export type OpcUaEndpoint = z.infer<typeof opcUaEndpointSchema>;

/** Alarms and events of a machine (OPC 10000-9). */
export const eventsConfigSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Servers without events are read without them in any case.'),
  texts: z
    .array(localizedText)
    .max(10_000)
    .default([])
    .describe(
      'Messages in further languages, found by the English one, where the server tells one language only.',
    ),
  acknowledge: z
    .boolean()
    .default(true)
    .describe(
      'Operators may acknowledge and confirm alarms at the machine: the one thing that is ever written to it.',
    ),
  notifier: portableNodeId
    .default('i=2253')
    .describe(
      "Object whose events are the machine's: the Server object, or where one server speaks for several machines, the notifier of this one.",
    ),
});

export const machineConfigSchema = z.strictObject({
  id: idSegment,
  kind: z.string().min(1).max(64).default('generic'),
  name: localizedText.optional().describe('{en: <id>} when absent.'),
  provenance: z.enum(PROVENANCES).default('live'),
  assetPath: assetPathSchema.optional().describe("The agent's when absent."),
  opcua: opcUaEndpointSchema,
  browse: browseSelectionSchema
    .optional()
    .describe("Both absent = everything that looks like a machine's value."),
  signals: z.array(signalConfigSchema).max(100_000).default([]),
  monitoring: monitoringSchema.optional(),
  events: eventsConfigSchema.prefault({}),
  enabled: z.boolean().default(true),
});
export type MachineConfig = z.infer<typeof machineConfigSchema>;

/** Of the agent as an OPC UA client; defaults of every machine. */
const opcUaClientSchema = z.strictObject({
  pkiDir: z
    .string()
    .optional()
    .describe('Own key and certificate, trusted server certificates; <dataDir>/pki when absent.'),
  applicationName: z.string().min(1).max(128).default('Edge agent'),
  monitoring: monitoringSchema
    .prefault({})
    .describe('Watched values when neither the machine nor the signal says otherwise.'),
  connectTimeoutMs: ms(500, 120_000).default(10_000),
  subscriptionLifetimeMs: ms(10_000, 86_400_000)
    .default(600_000)
    .describe('Lifetime of a subscription without this client: how long a restart of the agent may take.'),
  keepAliveMs: ms(200, 60_000).default(1_000).describe('A sign of life from the server at least so often.'),
  maxRecoveryRequestsPerS: z
    .int()
    .min(1)
    .max(1_000)
    .default(20)
    .describe('Requests to one server while recovering from a fault.'),
});

export const edgeAgentConfigSchema = z
  .strictObject({
    site: idSegment,
    agent: idSegment,
    dataDir: z.string().min(1),
    assetPath: assetPathSchema.default({ enterprise: 'brest-pilot' }),
    mqtt: mqttSchema,
    journal: journalSchema.prefault({}),
    delivery: deliverySchema.prefault({}),
    diagnostics: z.strictObject({ port: portNumber.default(0) }).prefault({}),
    opcua: opcUaClientSchema.prefault({}),
    machines: z.array(machineConfigSchema).max(1_000).default([]),
  })
  .superRefine((config, context) => {
    const seen = new Map<string, number>();
    config.machines.forEach(({ id }, i) => {
      const first = seen.get(id);
      if (first === undefined) seen.set(id, i);
      else
        context.addIssue({
          code: 'custom',
          path: ['machines', i, 'id'],
          message: `"${id}" is already the id of machines[${first}]; give each machine an id of its own`,
        });
    });
    const { maxBytes, segmentBytes } = config.journal;
    if (segmentBytes * 2 > maxBytes)
      context.addIssue({
        code: 'custom',
        path: ['journal', 'segmentBytes'],
        message: 'must be at most half of maxBytes, else the journal can never be trimmed in time',
      });
  });
export type EdgeAgentConfig = z.infer<typeof edgeAgentConfigSchema>;
