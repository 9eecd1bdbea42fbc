import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { hashPassword } from '#platform/password-hash.ts';
import { brokerConfigSchema, type BrokerClient, type BrokerConfig } from '#contracts/config/broker.ts';
import { MqttBroker, type PolicyFactory } from '../../services/broker/mqtt-broker.ts';

/** Fast on purpose: a test's password guards nothing. */
const TEST_COST = { N: 1024, r: 8, p: 1 };
export const TEST_PASSWORD = 'test-password';

type NewClient = BrokerClient extends infer Client
  ? Client extends BrokerClient
    ? Omit<Client, 'passwordHash'>
    : never
  : never;

/** One user of each role, and two agents. */
export const TEST_CLIENTS: readonly NewClient[] = [
  { username: 'edge-1', role: 'agent', site: 'brest', agent: 'edge-1' },
  { username: 'edge-2', role: 'agent', site: 'brest', agent: 'edge-2' },
  { username: 'ingest', role: 'ingest' },
  { username: 'host', role: 'host' },
  { username: 'observer', role: 'observer' },
  { username: 'admin', role: 'admin' },
];

export interface TestBroker {
  readonly broker: MqttBroker;
  readonly tcpUrl: string;
  readonly wsUrl: string;
  readonly clientsFile: string;
  /** JSON lines that the broker logged. */
  readonly logLines: Record<string, unknown>[];
  stop(): Promise<void>;
}

export async function writeClientsFile(file: string, clients: readonly NewClient[]): Promise<void> {
  const passwordHash = await hashPassword(TEST_PASSWORD, TEST_COST);
  await writeFile(file, JSON.stringify({ clients: clients.map((client) => ({ ...client, passwordHash })) }));
}

/** The real broker on free ports of the loopback. */
export async function startTestBroker(
  options: {
    readonly limits?: Partial<BrokerConfig['limits']>;
    readonly createPolicy?: PolicyFactory;
    readonly listen?: Partial<BrokerConfig['listen']>;
  } = {},
): Promise<TestBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'broker-'));
  const clientsFile = join(folder, 'clients.json');
  await writeClientsFile(clientsFile, TEST_CLIENTS);
  const config = brokerConfigSchema.parse({
    listen: { tcpPort: 0, wsPort: 0, ...options.listen },
    clientsFile,
    limits: options.limits ?? {},
  });
  const logLines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => void logLines.push(JSON.parse(line)) });
  const broker = new MqttBroker(config, log, options.createPolicy);
  await broker.start();
  return {
    broker,
    tcpUrl: `mqtt://127.0.0.1:${broker.ports.tcp}`,
    wsUrl: `ws://127.0.0.1:${broker.ports.ws}/mqtt`,
    clientsFile,
    logLines,
    async stop() {
      await broker.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
