import { existsSync } from 'node:fs';
import path from 'node:path';
import { brokerConfigSchema } from '#contracts/config/broker.ts';
import { CENTRE_PROCESSES } from '#contracts/config/centre.ts';
import type { CentreConfig } from '#contracts/config/centre.ts';
import { edgeAgentConfigSchema } from '#contracts/config/edge-agent.ts';
import { servicesConfigSchema } from '#contracts/config/services.ts';
import { endpointsFileSchema, simulatorsConfigSchema } from '#contracts/config/simulators.ts';
import type { Plant } from '#contracts/config/plant.ts';
import { readConfigFile } from '#platform/config-file.ts';
import { ManagedMachines, mergeMachines } from './agent-machines.ts';
import { ensureBrokerClients } from './broker-clients.ts';
import type { DataFolder } from './data-folder.ts';
import { ManagedConfig } from './managed-config.ts';
import type { ManagedEntry } from './managed-config.ts';
import type { NetworkPlan } from './network-plan.ts';
import { ensurePassword } from './secrets.ts';
import { ensureUsers, usersFile } from './users.ts';
import type { TlsFiles } from './tls-files.ts';

/** The edge agent beside the simulators; further agents on other hosts have ids of their own. */
export const AGENT_ID = 'edge-1';

const header = (keys: string): string =>
  ` Kept by the centre: ${keys}.\n Everything else here is yours and stays; its reference is docs/reference/config.`;

/** Everything that the configurations of the processes are made from. */
export interface CentreFacts {
  readonly projectRoot: string;
  readonly folder: DataFolder;
  readonly config: CentreConfig;
  readonly plant: Plant;
  readonly network: NetworkPlan;
  /** Present when the centre listens beyond loopback. */
  readonly tls: TlsFiles | undefined;
}

export const configFile = (folder: DataFolder, name: string): string =>
  path.join(folder.config, `${name}.yaml`);

function write(facts: CentreFacts, name: string, keys: string, entries: readonly ManagedEntry[]): void {
  new ManagedConfig(configFile(facts.folder, name), header(keys)).set(entries).save();
}

async function writeBroker(facts: CentreFacts): Promise<void> {
  const { folder, network, plant, tls } = facts;
  const clientsFile = path.join(folder.secrets, 'broker-clients.yaml');
  const password = (name: string): string => ensurePassword(folder.secrets, name).value;
  await ensureBrokerClients(clientsFile, [
    {
      username: AGENT_ID,
      password: password(`mqtt-${AGENT_ID}`),
      role: 'agent',
      site: plant.site,
      agent: AGENT_ID,
    },
    { username: 'ingest', password: password('mqtt-ingest'), role: 'ingest' },
    { username: 'observer', password: password('mqtt-observer'), role: 'observer' },
    { username: 'admin', password: password('mqtt-admin'), role: 'admin' },
  ]);
  write(facts, 'broker', 'listen, clientsFile, diagnostics.port', [
    [['listen', 'host'], network.host],
    [['listen', 'tcpPort'], network.isPublic ? null : network.mqtt],
    [['listen', 'wsPort'], network.isPublic ? null : network.mqttWebSocket],
    [['listen', 'tlsPort'], network.isPublic ? network.mqtt : null],
    [['listen', 'wssPort'], network.isPublic ? network.mqttWebSocket : null],
    [['listen', 'tls'], tls],
    [['clientsFile'], clientsFile],
    [['diagnostics', 'port'], network.diagnostics.broker],
  ]);
}

function writeSimulators(facts: CentreFacts): void {
  const { folder, config, network, projectRoot } = facts;
  const replays = config.replays.map((mapping) => ({
    mapping: path.resolve(projectRoot, mapping),
    repeat: 'loop',
    times: 'now',
  }));
  write(facts, 'simulators', 'dataDir, plant, basePort, replays, diagnosticsPort', [
    [['dataDir'], folder.of('simulators')],
    [['plant'], path.resolve(projectRoot, config.plant)],
    [['basePort'], network.opcua],
    [['replays'], replays],
    [['diagnosticsPort'], network.diagnostics.simulators],
  ]);
}

/** Keys of a connection to our own broker; with `--without broker` they are the user's to fill in. */
function brokerLink(facts: CentreFacts, at: readonly string[], username: string): ManagedEntry[] {
  const { config, network, folder, tls } = facts;
  if (config.without.includes('broker')) return [];
  const url = `${network.isPublic ? 'mqtts' : 'mqtt'}://${network.connectHost}:${network.mqtt}`;
  return [
    [[...at, 'url'], url],
    [[...at, 'username'], username],
    [[...at, 'passwordFile'], ensurePassword(folder.secrets, `mqtt-${username}`).file],
    [[...at, 'caFile'], tls?.certFile],
  ];
}

/** The store as the command line or the centre's file wants it; what the user has set for the same kind stays. */
function storeEntries({ folder, config }: CentreFacts, file: ManagedConfig): ManagedEntry[] {
  const [kind = 'embedded', url] = config.store?.split(/:(.*)/s) ?? [];
  const hasStore = file.document.hasIn(['store', 'kind']);
  if (config.store === undefined && hasStore) return [];
  const isSame = file.document.getIn(['store', 'kind']) === kind;
  if (kind === 'influxdb') return isSame ? [[['store', 'url'], url]] : [[['store'], { kind, url }]];
  return isSame ? [] : [[['store'], { kind, directory: path.join(folder.of('services'), 'historian') }]];
}

function writeServices(facts: CentreFacts): void {
  const { folder, network, projectRoot, tls } = facts;
  const dashboards = path.join(projectRoot, 'dashboards/dist');
  const file = new ManagedConfig(
    configFile(folder, 'services'),
    header('ingest.broker, http, diagnostics.port; the store on the first run and when --store names one'),
  );
  file.set([
    ...storeEntries(facts, file),
    ...brokerLink(facts, ['ingest', 'broker'], 'ingest'),
    [['http', 'host'], network.host],
    [['http', 'port'], network.http],
    [['http', 'tls'], tls],
    [['http', 'access', 'usersFile'], usersFile(folder.secrets)],
    [['http', 'access', 'databaseFile'], path.join(folder.of('services'), 'access.sqlite')],
    [['http', 'dashboardsDirectory'], existsSync(dashboards) ? dashboards : undefined],
    [['diagnostics', 'port'], network.diagnostics.services],
  ]);
  file.save();
}

function agentConfig(facts: CentreFacts): ManagedConfig {
  const { folder, network, plant } = facts;
  const keys = 'site, agent, dataDir, mqtt, diagnostics.port, and the machines of the simulators';
  return new ManagedConfig(configFile(folder, 'edge-agent'), header(keys)).set([
    [['site'], plant.site],
    [['agent'], AGENT_ID],
    [['dataDir'], folder.of('edge-agent')],
    [['assetPath', 'enterprise'], plant.enterprise],
    ...brokerLink(facts, ['mqtt'], AGENT_ID),
    [['diagnostics', 'port'], network.diagnostics['edge-agent']],
  ]);
}

/** Everything but the agent's machines, which the simulators know once they are up. */
export async function writeAppConfigs(facts: CentreFacts): Promise<void> {
  await writeBroker(facts);
  writeSimulators(facts);
  await ensureUsers(facts.folder.secrets);
  writeServices(facts);
  agentConfig(facts).save();
}

const SCHEMAS = {
  broker: brokerConfigSchema,
  simulators: simulatorsConfigSchema,
  services: servicesConfigSchema,
  'edge-agent': edgeAgentConfigSchema,
} as const;

/** Reads every file that a process is about to read: one that is wrong is told before anything starts. @throws ConfigError */
export async function checkAppConfigs({ folder, config }: CentreFacts): Promise<void> {
  for (const name of CENTRE_PROCESSES) {
    if (!config.without.includes(name)) await readConfigFile(configFile(folder, name), SCHEMAS[name]);
  }
}

/**
 * Enters the simulators' machines, with their pinned certificates, into the agent's configuration.
 * @returns ids that the user has given to machines of their own, which stay as they are
 */
export async function writeAgentMachines(facts: CentreFacts): Promise<readonly string[]> {
  const { folder } = facts;
  const { endpoints } = await readConfigFile(
    path.join(folder.of('simulators'), 'endpoints.json'),
    endpointsFileSchema,
  );
  const managed = new ManagedMachines(path.join(folder.config, 'managed-machines.json'));
  const before = managed.read();
  const file = agentConfig(facts);
  const changes = mergeMachines(file.document, endpoints, before);
  // Should we die between the two files, a machine is claimed that is not there, never the user's own.
  managed.write(new Set([...before, ...changes.managed]));
  file.save();
  managed.write(changes.managed);
  return changes.shadowed;
}
