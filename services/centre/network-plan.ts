import type { CentreConfig } from '#contracts/config/centre.ts';
import type { Plant } from '#contracts/config/plant.ts';
import { StartError } from '#platform/errors.ts';
import { resolveAnyPort, resolvePort } from './ports.ts';

const LOOPBACK = '127.0.0.1';
/** Where Prometheus looks first; any other free port will do, and is taken when HTTP takes any port too. */
const DIAGNOSTICS_PORTS = { broker: 9101, simulators: 9102, 'edge-agent': 9103, services: 9104 } as const;

/** Every address of the centre, decided before anything starts, so that a restarted process comes back where it was. */
export interface NetworkPlan {
  readonly host: string;
  /** Beyond loopback: TLS for HTTP and MQTT, no plain listener. */
  readonly isPublic: boolean;
  /** Address under which this host's own processes reach a listener on `host`. */
  readonly connectHost: string;
  readonly http: number;
  readonly mqtt: number;
  readonly mqttWebSocket: number | null;
  /** 0 = the simulators take free ones and tell them. */
  readonly opcua: number;
  readonly diagnostics: Readonly<Record<keyof typeof DIAGNOSTICS_PORTS, number>>;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function connectHost(host: string): string {
  if (host === '0.0.0.0') return LOOPBACK;
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** Ports of the simulated machines: base + offset each; the replays follow behind the last one. */
function opcuaPorts(base: number, plant: Plant, replays: number): number[] {
  const alike = plant.machines.flatMap(({ portOffset, count }) =>
    Array.from({ length: count }, (_unused, i) => (portOffset === undefined ? undefined : portOffset + i)),
  );
  const offsets = alike.map((offset, place) => offset ?? place);
  const behind = Math.max(-1, ...offsets) + 1;
  return [...offsets, ...Array.from({ length: replays }, (_unused, place) => behind + place)].map(
    (offset) => base + offset,
  );
}

async function assertOpcuaPortsFree(config: CentreConfig, plant: Plant): Promise<void> {
  if (config.opcua === 0) return;
  for (const port of opcuaPorts(config.opcua, plant, config.replays.length)) {
    await resolvePort({ purpose: 'an OPC UA server', option: 'opcua', host: LOOPBACK, port });
  }
}

async function diagnosticsPorts(anyWillDo: boolean): Promise<NetworkPlan['diagnostics']> {
  const taken = new Set<number>();
  const next = async (preferred: number): Promise<number> => {
    let port = await resolveAnyPort(LOOPBACK, anyWillDo ? 0 : preferred);
    while (taken.has(port)) port = await resolveAnyPort(LOOPBACK, 0);
    taken.add(port);
    return port;
  };
  return {
    broker: await next(DIAGNOSTICS_PORTS.broker),
    simulators: await next(DIAGNOSTICS_PORTS.simulators),
    'edge-agent': await next(DIAGNOSTICS_PORTS['edge-agent']),
    services: await next(DIAGNOSTICS_PORTS.services),
  };
}

/** Two listeners of ours on one port would be told of each other only when the second one fails. @throws StartError */
function assertDistinct(config: CentreConfig, plant: Plant): void {
  const wishes: readonly (readonly [option: string, port: number])[] = [
    ['--http', config.http],
    ['--mqtt', config.mqtt],
    ['--mqtt-ws', config.mqttWebSocket ?? 0],
    ...(config.opcua === 0
      ? []
      : opcuaPorts(config.opcua, plant, config.replays.length).map((port) => ['--opcua', port] as const)),
  ];
  const owners = new Map<number, string>();
  for (const [option, port] of wishes) {
    const other = owners.get(port);
    if (port !== 0 && other !== undefined) {
      throw new StartError(
        'PORT_TWICE',
        `Port ${port} is wanted twice: by ${other} and by ${option}`,
        `choose another port for one of them; OPC UA takes one port per machine from --opcua on`,
      );
    }
    owners.set(port, option);
  }
}

/** @throws StartError naming the port that cannot be used, and the option that chooses another */
export async function planNetwork(config: CentreConfig, plant: Plant): Promise<NetworkPlan> {
  const { host, without } = config;
  assertDistinct(config, plant);
  const runs = (name: (typeof without)[number]): boolean => !without.includes(name);
  const http = runs('services')
    ? await resolvePort({ purpose: 'the dashboards', option: 'http', host, port: config.http })
    : config.http;
  const mqtt = runs('broker')
    ? await resolvePort({ purpose: 'MQTT', option: 'mqtt', host, port: config.mqtt })
    : config.mqtt;
  const mqttWebSocket =
    runs('broker') && config.mqttWebSocket !== null
      ? await resolvePort({
          purpose: 'MQTT over WebSocket',
          option: 'mqtt-ws',
          host,
          port: config.mqttWebSocket,
        })
      : null;
  if (runs('simulators')) await assertOpcuaPortsFree(config, plant);
  return {
    host,
    isPublic: !isLoopback(host),
    connectHost: connectHost(host),
    http,
    mqtt,
    mqttWebSocket,
    opcua: config.opcua,
    diagnostics: await diagnosticsPorts(config.http === 0),
  };
}
