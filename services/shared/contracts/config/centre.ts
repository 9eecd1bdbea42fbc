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
  /** Address of HTTP and MQTT. Anything but loopback brings TLS with it. */
  host: z.string().min(1).default('127.0.0.1'),
  http: port.default(8080),
  /** MQTT over TCP; over TLS when `host` is not loopback. */
  mqtt: port.default(1883),
  /** MQTT over WebSocket for browsers' tools; null = off. */
  mqttWebSocket: port.nullable().default(null),
  /** OPC UA port of the first simulated machine; the others follow. */
  opcua: port.default(4840),
  plant: z.string().min(1).default('simulators/plants/brest.yaml'),
  /** Where samples are kept: `embedded`, or `influxdb:http://host:8086`; absent = as `<data>/config/services.yaml` says. */
  store: z
    .string()
    .regex(STORE, {
      error: 'must be embedded, or influxdb: with an address, as influxdb:http://127.0.0.1:8086',
    })
    .optional(),
  /** Processes that are not to be started here. */
  without: z.array(z.enum(CENTRE_PROCESSES)).default([]),
  /** Mapping files of recordings that are served as further machines, in a loop, with the times of today. */
  replays: z.array(z.string().min(1)).default([]),
});
export type CentreConfig = z.infer<typeof centreConfigSchema>;
