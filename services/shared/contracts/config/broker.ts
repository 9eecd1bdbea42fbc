import { z } from 'zod';
import { idSegment } from '../catalogue.ts';

const port = z.int().min(0).max(65_535);

/** Certificate and key as PEM files; both or none. */
export const tlsFilesSchema = z.object({
  certFile: z.string().min(1),
  keyFile: z.string().min(1),
});

/**
 * `services/broker --config FILE`. Paths are relative to the working directory. Everything binds to loopback until
 * `host` says otherwise; port 0 = any free one (told in the ready line), `null` = this listener is off.
 */
export const brokerConfigSchema = z.object({
  listen: z
    .object({
      host: z.string().min(1).default('127.0.0.1'),
      tcpPort: port.nullable().default(1883).describe('MQTT over TCP.'),
      wsPort: port.nullable().default(9001).describe('MQTT over WebSocket, path /mqtt.'),
      tlsPort: port.nullable().default(null).describe('MQTT over TLS; needs tls.'),
      wssPort: port.nullable().default(null).describe('MQTT over WebSocket over TLS; needs tls.'),
      tls: tlsFilesSchema.optional(),
    })
    .refine((listen) => (listen.tlsPort === null && listen.wssPort === null) || listen.tls !== undefined, {
      error: 'tlsPort and wssPort need tls.certFile and tls.keyFile',
      path: ['tls'],
    })
    .refine(
      (listen) =>
        listen.tcpPort !== null ||
        listen.wsPort !== null ||
        listen.tlsPort !== null ||
        listen.wssPort !== null,
      { error: 'at least one listener must be on', path: ['tcpPort'] },
    )
    .prefault({}),
  clientsFile: z
    .string()
    .min(1)
    .describe('Users and their roles: brokerClientsSchema, YAML or JSON. Read again when it changes.'),
  limits: z
    .object({
      packetBytes: z
        .int()
        .min(1024)
        .max(268_435_455)
        .default(4_194_304)
        .describe('Bytes of one MQTT packet, counted before the parser keeps them.'),
      connectBytes: z
        .int()
        .min(256)
        .max(1_048_576)
        .default(16_384)
        .describe('Bytes of a CONNECT packet: what somebody may send before being known.'),
      topicLevels: z.int().min(4).max(100).default(16),
      topicBytes: z.int().min(64).max(65_535).default(1_024),
      connections: z.int().min(1).max(100_000).default(500).describe('Of clients that are logged in.'),
      connectionsBeforeLogin: z
        .int()
        .min(1)
        .max(100_000)
        .default(100)
        .describe(
          'Connections without a login. When there are more, the one that has waited longest without a CONNECT is closed: they take no place of a client.',
        ),
      loginTimeoutMs: z
        .int()
        .min(100)
        .max(120_000)
        .default(10_000)
        .describe('ms a connection may take until its CONNECT is there, and a TLS handshake to be done.'),
      messagesPerSecond: z
        .number()
        .min(1)
        .default(5_000)
        .describe(
          "Of one client: sustained rate, with a burst of two seconds' worth. Beyond it the client is slowed, never dropped.",
        ),
      subscriptionsPerClient: z.int().min(1).default(100),
      offlineMessagesPerClient: z
        .int()
        .min(0)
        .default(1_000)
        .describe(
          'Waiting for an offline client with a persistent session, across all topics; the oldest go first.',
        ),
      offlineBytesPerClient: z.int().min(0).default(8_388_608),
      sessions: z
        .int()
        .min(0)
        .default(100)
        .describe('Lasting sessions kept for clients that are away; the one unused longest goes first.'),
      retainedMessages: z.int().min(0).default(50_000),
      queuedMessages: z
        .int()
        .min(10)
        .default(2_000)
        .describe("Publishers wait while the broker's own queue is longer than this."),
      queuedBytes: z
        .int()
        .min(65_536)
        .default(67_108_864)
        .describe("Bytes waiting in the broker's own queue, likewise."),
      unreadBytesPerClient: z
        .int()
        .min(65_536)
        .default(33_554_432)
        .describe('Bytes that one subscriber may leave unread before it is disconnected.'),
      drainTimeoutMs: z
        .int()
        .min(100)
        .default(2_000)
        .describe('ms a subscriber may refuse to read before it is disconnected.'),
    })
    .prefault({}),
  diagnostics: z.object({ port: port.default(0) }).prefault({}),
});
export type BrokerConfig = z.infer<typeof brokerConfigSchema>;

/**
 * What a client may do:
 * - `agent`: publishes under its own site and id, reads its own commands and STATE;
 * - `ingest`: reads all Sparkplug topics, publishes NCMD (acknowledgements, rebirth) and its STATE, and the plain view;
 * - `host`: another host application: reads all Sparkplug topics and the plain view, publishes its own STATE only;
 * - `observer`: reads all Sparkplug topics and the plain view, publishes nothing;
 * - `admin`: as observer, and may read `$SYS`.
 */
export const BROKER_ROLES = ['agent', 'ingest', 'host', 'observer', 'admin'] as const;
export type BrokerRole = (typeof BROKER_ROLES)[number];

const clientBase = {
  username: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, { error: 'must be 1-64 letters, digits, dots, hyphens, underscores' }),
  /** As #platform/password-hash.ts writes it: `scrypt$N$r$p$salt$hash`. Never a password. */
  passwordHash: z
    .string()
    .regex(/^scrypt\$\d+\$\d+\$\d+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+$/, { error: 'must be a scrypt hash' }),
};

export const brokerClientSchema = z.discriminatedUnion('role', [
  z.object({ ...clientBase, role: z.literal('agent'), site: idSegment, agent: idSegment }),
  z.object({ ...clientBase, role: z.enum(['ingest', 'host', 'observer', 'admin']) }),
]);
export type BrokerClient = z.infer<typeof brokerClientSchema>;

/** The clients file of the broker. */
export const brokerClientsSchema = z
  .object({ clients: z.array(brokerClientSchema) })
  .refine(({ clients }) => new Set(clients.map(({ username }) => username)).size === clients.length, {
    error: 'every username must be there once only',
    path: ['clients'],
  });
export type BrokerClients = z.infer<typeof brokerClientsSchema>;
