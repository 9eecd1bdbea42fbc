import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { brokerConfigSchema } from '#contracts/config/broker.ts';
import { edgeAgentConfigSchema } from '#contracts/config/edge-agent.ts';
import { readConfigFile } from '#platform/config-file.ts';
import { StartError } from '#platform/errors.ts';
import { AGENT_ID, configFile } from './app-configs.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { ensureBrokerClients } from './broker-clients.ts';
import { dataFolder } from './data-folder.ts';
import { isLoopback } from './network-plan.ts';
import { ensurePassword } from './secrets.ts';

const AGENT = /^[a-z0-9][a-z0-9-]{0,62}$/;
const OWNER_ONLY = 0o600;

export interface AccountOrder {
  readonly dataDir: string;
  /** Id of the new edge agent, unique at the site. */
  readonly agent: string;
  /** Name or address under which the agent's host reaches this one. */
  readonly broker: string;
}

export interface AgentKit {
  /** What is to be copied to the agent's host. */
  readonly folder: string;
  readonly url: string;
  /** The broker listens on loopback only: the agent can run on this host alone. */
  readonly isLocalOnly: boolean;
}

/**
 * Gives another edge agent an account on the centre's broker and makes a folder with all that it needs on its host: its
 * configuration, password and the authority of the broker's certificate. The running broker takes the account over.
 *
 * @throws StartError when there is no centre in `dataDir` or the id cannot be used
 */
export async function makeAgentAccount({ dataDir, agent, broker }: AccountOrder): Promise<AgentKit> {
  const data = dataFolder(dataDir);
  if (!existsSync(configFile(data, 'broker'))) {
    const check = '`npm start` has to have run once; --data DIR names its data folder';
    throw new StartError('NO_CENTRE', `There is no centre's broker in ${data.root}`, check);
  }
  if (!AGENT.test(agent) || agent === AGENT_ID) {
    const check = `an id such as edge-2: lower case letters, digits and dashes, and not ${AGENT_ID}, the centre's own`;
    throw new StartError('BAD_OPTION', `"${agent}" cannot be the id of another agent`, check);
  }
  const { listen, clientsFile } = await readConfigFile(configFile(data, 'broker'), brokerConfigSchema);
  const { site, assetPath } = await readConfigFile(configFile(data, 'edge-agent'), edgeAgentConfigSchema);
  const { tlsPort, tcpPort, tls, host } = listen;
  const url = tlsPort === null ? `mqtt://${broker}:${tcpPort ?? 1883}` : `mqtts://${broker}:${tlsPort}`;
  const password = ensurePassword(data.secrets, `mqtt-${agent}`);
  await ensureBrokerClients(clientsFile, [
    { username: agent, password: password.value, role: 'agent', site, agent },
  ]);
  const folder = path.join(data.root, 'agents', agent);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileAtomic(path.join(folder, 'mqtt.password'), readFileSync(password.file, 'utf8'), OWNER_ONLY);
  if (tls) copyFileSync(tls.certFile, path.join(folder, 'broker.crt'));
  const file = path.join(folder, 'edge-agent.yaml');
  const config = {
    site,
    agent,
    dataDir: 'state',
    assetPath: { enterprise: assetPath.enterprise },
    mqtt: { url, username: agent, passwordFile: 'mqtt.password', ...(tls && { caFile: 'broker.crt' }) },
    machines: [],
  };
  if (!existsSync(file)) writeFileAtomic(file, HEADER + stringify(config), OWNER_ONLY);
  return { folder, url, isLocalOnly: isLoopback(host) };
}

const HEADER = `# An edge agent on a host of its own. Paths are relative to this file. Machines are added by
#   npm run edge -- trust opc.tcp://HOST:4840 --config edge-agent.yaml
#   npm run edge -- add opc.tcp://HOST:4840 --id press-01 --config edge-agent.yaml
`;
