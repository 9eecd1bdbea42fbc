import { z } from 'zod';

const port = z.int().min(0).max(65_535);

/** Processes that the supervisor starts, in the order in which they are named to people. */
export const CENTRE_PROCESSES = ['broker', 'simulators', 'edge-agent', 'services'] as const;
export type CentreProcess = (typeof CENTRE_PROCESSES)[number];

const STORE = /^(embedded|influxdb:https?:\/\/[^\s]+)$/;

/**
 * `<data>/config/centre.yaml`: what `npm start` does when its command line does not say otherwise. Paths are relative
 * to the folder of the project; port 0 = any free one.
 */
export const centreConfigSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address of HTTP and MQTT. Anything but loopback brings TLS with it.'),
  http: port.default(8080),
  mqtt: port.default(1883).describe('MQTT over TCP; over TLS when host is not loopback.'),
  mqttWebSocket: port
    .nullable()
    .default(null)
    .describe("MQTT over WebSocket for browsers' tools; null = off."),
  opcua: port.default(4840).describe('OPC UA port of the first simulated machine; the others follow.'),
  plant: z.string().min(1).default('simulators/plants/brest.yaml'),
  store: z
    .string()
    .regex(STORE, {
      error: 'must be embedded, or influxdb: with an address, as influxdb:http://127.0.0.1:8086',
    })
    .refine((text) => text === 'embedded' || URL.canParse(text.replace(/^influxdb:/, '')), {
      error: 'must name an address, as influxdb:http://127.0.0.1:8086',
    })
    .optional()
    .describe(
      'Where samples are kept: embedded, or influxdb:http://host:8086; absent = as <data>/config/services.yaml says.',
    ),
  without: z
    .array(z.enum(CENTRE_PROCESSES))
    .default([])
    .describe('Processes that are not to be started here.'),
  replays: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Mapping files of recordings that are served as further machines, in a loop, with the times of today.',
    ),
});
export type CentreConfig = z.infer<typeof centreConfigSchema>;
