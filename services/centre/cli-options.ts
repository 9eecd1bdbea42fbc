import { CENTRE_PROCESSES, centreConfigSchema } from '#contracts/config/centre.ts';
import type { CentreConfig } from '#contracts/config/centre.ts';
import { readOptions } from '#platform/command-line.ts';
import { StartError } from '#platform/errors.ts';

export const HELP = `Starts the smart-factory centre: broker, simulators, edge agent and services.

  npm start -- [options]

  --data DIR         state, keys, passwords, logs                    (default: var)
  --plant FILE       the factory to simulate                         (default: simulators/plants/brest.yaml)
  --http PORT        dashboards and API                              (default: 8080)
  --mqtt PORT        MQTT broker                                     (default: 1883)
  --mqtt-ws PORT     MQTT over WebSocket, or "off"                   (default: off)
  --opcua PORT       first OPC UA server, the others follow          (default: 4840)
  --store WHERE      embedded, or influxdb:http://host:8086           (default: embedded)
                     its token: environment variable INFLUX_TOKEN, organisation INFLUX_ORG; see docs/influxdb.md
  --without A,B      what not to start: ${CENTRE_PROCESSES.join(', ')}
  --replay FILE      a recording as one more machine (its mapping file); may be given several times
  --host ADDR        address to listen on                            (default: 127.0.0.1)
                     beyond loopback HTTP and MQTT use TLS with a certificate made on the first run
  --help             this text

Port 0 means any free one. What is to hold for every start goes into DIR/config/centre.yaml.
`;

/** What the command line says; what it leaves out is decided by `<data>/config/centre.yaml`. */
export interface CentreOptions {
  readonly help: boolean;
  readonly dataDir: string;
  readonly overrides: Readonly<Partial<CentreConfig>>;
}

const DEFAULT_DATA_DIR = 'var';
const HELP_COMMAND = 'npm start -- --help';

const OPTIONS = {
  data: { type: 'string' },
  plant: { type: 'string' },
  http: { type: 'string' },
  mqtt: { type: 'string' },
  'mqtt-ws': { type: 'string' },
  opcua: { type: 'string' },
  store: { type: 'string' },
  without: { type: 'string', multiple: true },
  replay: { type: 'string', multiple: true },
  host: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function badOption(message: string): StartError {
  return new StartError('BAD_OPTION', message, `\`${HELP_COMMAND}\` lists the options`);
}

function parsePort(option: string, text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw badOption(`--${option} needs a port from 0 to 65535, not "${text}"`);
}

function parseWithout(lists: readonly string[]): CentreConfig['without'] {
  const names = lists
    .flatMap((list) => list.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const parsed = centreConfigSchema.shape.without.safeParse(names);
  if (parsed.success) return parsed.data;
  throw badOption(`--without knows ${CENTRE_PROCESSES.join(', ')}, not "${names.join(',')}"`);
}

function parseStore(text: string): string {
  if (centreConfigSchema.shape.store.safeParse(text).success) return text;
  throw badOption(`--store is embedded, or influxdb: with an address, not "${text}"`);
}

function parseWebSocket(text: string): number | null {
  return text === 'off' ? null : parsePort('mqtt-ws', text);
}

/** @throws StartError with the first option that is wrong */
export function parseOptions(argv: readonly string[]): CentreOptions {
  const { values } = readOptions({ args: [...argv], options: OPTIONS }, HELP_COMMAND);
  for (const option of ['data', 'plant', 'host'] as const)
    if (values[option] === '') throw badOption(`--${option} needs a value`);
  const overrides: Partial<CentreConfig> = {
    ...(values.plant !== undefined && { plant: values.plant }),
    ...(values.http !== undefined && { http: parsePort('http', values.http) }),
    ...(values.mqtt !== undefined && { mqtt: parsePort('mqtt', values.mqtt) }),
    ...(values['mqtt-ws'] !== undefined && { mqttWebSocket: parseWebSocket(values['mqtt-ws']) }),
    ...(values.opcua !== undefined && { opcua: parsePort('opcua', values.opcua) }),
    ...(values.store !== undefined && { store: parseStore(values.store) }),
    ...(values.without !== undefined && { without: parseWithout(values.without) }),
    ...(values.replay !== undefined && { replays: values.replay }),
    ...(values.host !== undefined && { host: values.host }),
  };
  return { help: values.help ?? false, dataDir: values.data ?? DEFAULT_DATA_DIR, overrides };
}
