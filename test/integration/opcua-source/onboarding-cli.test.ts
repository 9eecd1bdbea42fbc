/** The commands of an engineer, as processes against a real server. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatFingerprint } from '../../../edge-agent/sources/opcua/pki.ts';
import { freePort } from '../../support/free-ports.ts';
import { Harness } from './harness.ts';
import { DataType, type TestServer } from './machine-server.ts';

const CLI = fileURLToPath(new URL('../../../edge-agent/cli.ts', import.meta.url));

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.make();
});
afterEach(async () => {
  await harness.close();
});

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function edge(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI, ...args, '--data', harness.folder],
      { timeout: 90_000 },
      (error, stdout, stderr) => {
        resolve({ exitCode: error ? Number(error.code ?? 99) : 0, stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}

const configPath = (): string => join(harness.folder, 'config', 'edge-agent.yaml');

const build = (test: TestServer): void => {
  const folder = test.folder('Hydraulics');
  test
    .namespace()
    .addAnalogDataItem({
      browseName: 'Pressure',
      nodeId: 's=Pressure',
      componentOf: folder,
      dataType: 'Double',
      engineeringUnitsRange: { low: 0, high: 16 },
      engineeringUnits: {
        namespaceUri: 'http://www.opcfoundation.org/UA/units/un/cefact',
        unitId: 4342098,
        displayName: 'bar',
        description: 'bar',
      },
    })
    .setValueFromSource({ dataType: DataType.Double, value: 3 });
  test.double('Flow', 1);
};

test('probe, trust, browse, add, list, remove: a machine is plugged in and out again', async () => {
  const server = await harness.server({ build });
  const url = server.endpoint;
  await mkdir(join(harness.folder, 'config'));
  await writeFile(
    configPath(),
    `# ours\nsite: brest\nagent: edge-7 # the one in the hall\ndataDir: ${harness.folder}/edge-agent\nmqtt: { url: 'mqtt://127.0.0.1:1883' }\n`,
  );

  const probed = await edge('probe', url);
  expect(probed.exitCode).toBe(0);
  expect(probed.stdout).toMatch(/SignAndEncrypt\/Basic256Sha256/);
  expect(probed.stdout).toContain(formatFingerprint(server.sha256));
  expect(probed.stdout).toMatch(/not confirmed yet/);
  expect(probed.stdout).toContain(`npm run edge -- trust ${url} --data ${harness.folder}`);

  // What is refused changes nothing, and so can be tried at once.
  const [unconfirmed, wrong, early] = await Promise.all([
    edge('trust', url),
    edge('trust', url, '--fingerprint', 'ab'.repeat(32)),
    edge('add', url, '--id', 'pump-07'),
  ]);
  expect(unconfirmed).toMatchObject({ exitCode: 1 });
  expect(unconfirmed.stderr).toMatch(/not confirmed.*--fingerprint/s);
  expect(wrong.stderr).toMatch(/not the certificate that --fingerprint names/);
  expect(early.stderr).toMatch(/never confirmed/);
  expect((await edge('trust', url, '--fingerprint', server.sha256)).exitCode).toBe(0);

  const [tree, json, dry] = await Promise.all([
    edge('browse', url, '--path', 'Pump'),
    edge('browse', url, '--path', 'Pump', '--json'),
    edge('add', url, '--id', 'pump-07', '--path', 'Pump', '--dry-run'),
  ]);
  expect(tree.stdout).toMatch(
    /^Hydraulics\/ +nsu=\S+\n {2}Pressure +Double 0 \.\. 16 bar +nsu=urn:test:machine;s=Pressure\n/m,
  );
  expect(
    json.stdout
      .split('\n')
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line)),
  ).toContainEqual(
    expect.objectContaining({ path: 'Hydraulics/Pressure', dataType: 'Double', range: { low: 0, high: 16 } }),
  );

  expect(dry.stdout).toMatch(/Hydraulics\/Pressure +Double +bar +0 \.\. 16/);
  expect(await readFile(configPath(), 'utf8')).not.toContain('pump-07');

  const added = await edge(
    'add',
    url,
    '--id',
    'pump-07',
    '--path',
    'Pump',
    '--kind',
    'pump-loop',
    '--name',
    'Pump',
    '--name',
    'ru=Насос',
    '--area',
    'Hall 2',
    '--line',
    'Caps',
  );
  expect(added).toMatchObject({ exitCode: 0, stderr: '' });
  const text = await readFile(configPath(), 'utf8');
  expect(text).toContain('# ours');
  expect(text).toContain('agent: edge-7 # the one in the hall');
  expect(text).toMatch(/ru: Насос/);
  expect(text).toMatch(/assetPath:\n +enterprise: .+\n +area: Hall 2\n +line: Caps\n/);
  expect(text).toContain(`serverCertificateSha256: ${server.sha256}`);
  expect((await edge('list')).stdout).toMatch(/pump-07 +pump-loop +opc\.tcp.*confirmed/);

  const again = await edge('add', url, '--id', 'pump-07');
  expect(again.stderr).toMatch(/has a machine "pump-07" already/);
  expect((await edge('remove', 'pump-07')).exitCode).toBe(0);
  expect(await readFile(configPath(), 'utf8')).not.toContain('pump-07');
  expect((await edge('remove', 'pump-07')).stderr).toMatch(/no machine "pump-07"/);
});

test('what cannot work is said in one sentence with what to check', async () => {
  const [nobody, typo, scheme, run] = await Promise.all([
    edge('probe', `opc.tcp://127.0.0.1:${await freePort()}`),
    edge('prob', 'opc.tcp://127.0.0.1:1'),
    edge('probe', 'http://x'),
    edge('run'),
  ]);
  expect(nobody.exitCode).toBe(1);
  expect(nobody.stdout).toMatch(/cannot be reached \(ECONNREFUSED\).*server runs and listens on this port/s);
  expect(typo).toMatchObject({ exitCode: 1, stdout: '' });
  expect(typo.stderr).toMatch(/no command "prob".*--help/s);
  expect(scheme.stderr).toMatch(/opc\.tcp/);
  expect(run.stderr).toMatch(/there is no configuration/);
});
