import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { edgeAgentConfigSchema } from '#contracts/config/edge-agent.ts';
import { withAbsolutePaths } from './read-config.ts';

test('relative paths are relative to the folder of the file; absolute and absent ones stay', () => {
  const config = edgeAgentConfigSchema.parse({
    site: 'brest',
    agent: 'edge-1',
    dataDir: '../state',
    mqtt: { url: 'mqtt://127.0.0.1:1', passwordFile: 'secrets/mqtt', caFile: '/etc/ca.pem' },
    journal: { dir: 'journal' },
    opcua: { pkiDir: 'pki' },
    machines: [
      { id: 'a', opcua: { endpoint: 'opc.tcp://h:1', passwordFile: 'a.txt' } },
      {
        id: 'b',
        opcua: {
          endpoint: 'opc.tcp://h:2',
          userCertificateFile: 'engineer.pem',
          userKeyFile: '/etc/engineer.key',
        },
      },
    ],
  });
  const made = withAbsolutePaths(config, '/site/config/agent.yaml');
  expect(made.dataDir).toBe(resolve('/site/state'));
  expect(made.mqtt).toMatchObject({
    passwordFile: resolve('/site/config/secrets/mqtt'),
    caFile: resolve('/etc/ca.pem'),
  });
  expect('keyFile' in made.mqtt).toBe(false);
  expect([made.journal.dir, made.opcua.pkiDir]).toEqual([
    resolve('/site/config/journal'),
    resolve('/site/config/pki'),
  ]);
  expect(made.machines.map(({ opcua }) => opcua.passwordFile)).toEqual([
    resolve('/site/config/a.txt'),
    undefined,
  ]);
  expect(made.machines[1]?.opcua).toMatchObject({
    userCertificateFile: resolve('/site/config/engineer.pem'),
    userKeyFile: '/etc/engineer.key',
  });
});

test.each(['opc.tcp://h:99999', 'opc.tcp://h%2:1', 'opc.tcp:///x', 'http://h'])(
  'the address %s is refused before anybody asks it',
  (endpoint) => {
    const config = { site: 'brest', agent: 'edge-1', dataDir: 'x', mqtt: { url: 'mqtt://h:1' } };
    const { error } = edgeAgentConfigSchema.safeParse({
      ...config,
      machines: [{ id: 'a', opcua: { endpoint } }],
    });
    expect(error?.issues.map(({ message }) => message)).toEqual(['must look like opc.tcp://host:4840/path']);
  },
);

test.each([
  [{ userCertificateFile: 'a.pem' }, 'userKeyFile'],
  [{ userKeyFile: 'a.key' }, 'userCertificateFile'],
  [{ userCertificateFile: 'a.pem', userKeyFile: 'a.key', username: 'ada' }, 'username'],
])('a login of halves or of two sorts is refused: %o', (login, where) => {
  const { error } = edgeAgentConfigSchema.safeParse({
    site: 'brest',
    agent: 'edge-1',
    dataDir: 'x',
    mqtt: { url: 'mqtt://h:1' },
    machines: [{ id: 'a', opcua: { endpoint: 'opc.tcp://h:1', ...login } }],
  });
  expect(error?.issues.map(({ path }) => path.at(-1))).toEqual([where]);
});
