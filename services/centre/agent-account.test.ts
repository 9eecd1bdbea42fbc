import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { brokerClientsSchema } from '#contracts/config/broker.ts';
import { edgeAgentConfigSchema } from '#contracts/config/edge-agent.ts';
import { readConfigFile } from '#platform/config-file.ts';
import { hashPassword, verifyPassword } from '#platform/password-hash.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { makeAgentAccount } from './agent-account.ts';

let dataDir: string;
const clientsFile = (): string => path.join(dataDir, 'clients.yaml');

async function centre(listen: object): Promise<void> {
  mkdirSync(path.join(dataDir, 'config'), { recursive: true });
  mkdirSync(path.join(dataDir, 'secrets'), { recursive: true });
  const write = (name: string, content: object): void =>
    writeFileSync(path.join(dataDir, 'config', `${name}.yaml`), JSON.stringify(content));
  write('broker', { listen, clientsFile: clientsFile() });
  write('edge-agent', {
    site: 'brest',
    agent: 'edge-1',
    dataDir: '/x',
    assetPath: { enterprise: 'Technopark' },
    mqtt: { url: 'mqtt://127.0.0.1:1883' },
  });
  writeFileSync(
    clientsFile(),
    JSON.stringify({
      clients: [{ username: 'ingest', role: 'ingest', passwordHash: await hashPassword('kept') }],
    }),
  );
}

beforeEach(() => {
  dataDir = temporaryFolder('account');
});

describe('an account for an agent on another host', () => {
  it('is one on the broker and a folder that is all the agent needs', async () => {
    writeFileSync(path.join(dataDir, 'server.crt'), 'certificate');
    const tls = { certFile: path.join(dataDir, 'server.crt'), keyFile: path.join(dataDir, 'server.key') };
    await centre({ host: '0.0.0.0', tcpPort: null, wsPort: null, tlsPort: 8883, tls });
    const kit = await makeAgentAccount({ dataDir, agent: 'edge-2', broker: 'centre.brest' });
    expect(kit).toMatchObject({ url: 'mqtts://centre.brest:8883', isLocalOnly: false });
    const config = await readConfigFile(path.join(kit.folder, 'edge-agent.yaml'), edgeAgentConfigSchema);
    expect(config).toMatchObject({ site: 'brest', agent: 'edge-2', assetPath: { enterprise: 'Technopark' } });
    expect(readFileSync(path.join(kit.folder, 'broker.crt'), 'utf8')).toBe('certificate');
    const passwordFile = path.join(kit.folder, 'mqtt.password');
    expect(statSync(passwordFile).mode & 0o077).toBe(0);
    const { clients } = parse(readFileSync(clientsFile(), 'utf8')) as { clients: Record<string, string>[] };
    expect(brokerClientsSchema.safeParse({ clients }).success).toBe(true);
    expect(new Set(clients.map(({ username }) => username))).toEqual(new Set(['edge-2', 'ingest']));
    const hash = clients.find(({ username }) => username === 'edge-2')?.['passwordHash'] ?? '';
    expect(await verifyPassword(readFileSync(passwordFile, 'utf8').trim(), hash)).toBe(true);
  });

  it('is the same when asked for again, and the machines that were added stay', async () => {
    await centre({ tcpPort: 1883 });
    const first = await makeAgentAccount({ dataDir, agent: 'edge-2', broker: '127.0.0.1' });
    const file = path.join(first.folder, 'edge-agent.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}# mine\n`);
    const before = readFileSync(clientsFile(), 'utf8');
    expect(await makeAgentAccount({ dataDir, agent: 'edge-2', broker: '127.0.0.1' })).toEqual(first);
    expect(readFileSync(file, 'utf8')).toContain('# mine');
    expect(readFileSync(clientsFile(), 'utf8')).toBe(before);
  });

  it.each(['Edge 2', 'edge-1', '../x', ''])('is refused for the id "%s"', async (agent) => {
    await centre({ tcpPort: 1883 });
    await expect(makeAgentAccount({ dataDir, agent, broker: '127.0.0.1' })).rejects.toThrow(
      'cannot be the id of another agent',
    );
  });

  it('needs a centre', async () => {
    await expect(makeAgentAccount({ dataDir, agent: 'edge-2', broker: 'x' })).rejects.toThrow(
      'There is no centre',
    );
  });
});
