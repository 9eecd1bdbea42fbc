import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { REPOSITORY_ROOT, spawnApp } from '../../support/spawned-process.ts';
import type { SpawnedProcess } from '../../support/spawned-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ENTRY = 'services/centre/main.ts';
const PLANT = `site: brest
enterprise: test
name: { en: Test plant }
machines:
  - { id: pump-01, kind: pump-loop, name: { en: Pump } }
`;

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The supervisor alone: no process below it, free ports. */
const alone = (folder: string, without = 'broker,simulators,edge-agent,services'): string[] => {
  const plant = path.join(folder, 'plant.yaml');
  writeFileSync(plant, PLANT);
  return [
    '--data',
    path.join(folder, 'data'),
    '--plant',
    plant,
    '--without',
    without,
    '--http',
    '0',
    '--mqtt',
    '0',
    '--opcua',
    '0',
  ];
};

function run(args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [path.join(REPOSITORY_ROOT, ENTRY), ...args],
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode, stdout, stderr });
      },
    );
  });
}

async function startAlone(folder: string): Promise<SpawnedProcess> {
  return await spawnApp(ENTRY, { args: alone(folder), isReady: (line) => line.startsWith('Dashboard: ') });
}

describe('the command line of the centre', () => {
  it('lists every option', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const option of ['data', 'plant', 'http', 'mqtt', 'opcua', 'without', 'replay', 'host'])
      expect(stdout).toContain(`--${option} `);
  });

  it.each([
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['--http', '70000'], '--http needs a port from 0 to 65535, not "70000"'],
    [['--http', '-1'], '--http needs a value'],
    [['--http', '4711', '--mqtt', '4711'], 'Port 4711 is wanted twice: by --http and by --mqtt'],
    [['--http', '4841', '--opcua', '4840'], 'Port 4841 is wanted twice: by --http and by --opcua'],
    [['--data', '/proc/nope'], 'The data folder /proc/nope cannot be used'],
    [['--data', ''], '--data needs a value'],
    [['--store', 'influxdb:http://[::1'], '--store is embedded, or influxdb: with an address'],
    [['--http', 'x'], '--http needs a port from 0 to 65535, not "x"'],
    [['--without', 'journal'], '--without knows broker, simulators, edge-agent, services, not "journal"'],
  ])('refuses %j in one sentence', async (args, sentence) => {
    const { code, stderr, stdout } = await run(args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(sentence);
    expect(stderr).toContain('What to check: ');
    expect(stderr).not.toContain('    at ');
  });

  it('names a port that is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    onTestFinished(() => void blocker.close());
    const { port } = blocker.address() as AddressInfo;
    const folder = temporaryFolder();
    const { code, stderr } = await run([
      ...alone(folder, 'broker,simulators,edge-agent'),
      '--http',
      String(port),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port} for the dashboards is taken by another program.`);
    expect(stderr).toContain('--http PORT');
  });

  it('names an address that this machine does not have', async () => {
    const { code, stderr } = await run([
      ...alone(temporaryFolder(), 'broker,simulators,edge-agent'),
      '--host',
      '192.0.2.1',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('This machine has no address 192.0.2.1.');
  });

  it('names a data folder that cannot be used', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'file'), '');
    const { code, stderr } = await run([...alone(folder), '--data', path.join(folder, 'file', 'data')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/The data folder .* cannot be used: a file is in the way\./);
  });

  it('lists everything that is wrong with a plant file', async () => {
    const folder = temporaryFolder();
    const plant = path.join(folder, 'bad.yaml');
    const missing = await run([...alone(folder), '--plant', path.join(folder, 'absent.yaml')]);
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('the file does not exist');
    writeFileSync(plant, 'site: Brest!\nmachines: []\n');
    const { code, stderr } = await run([...alone(folder), '--plant', plant]);
    expect(code).toBe(2);
    for (const key of ['site', 'enterprise', 'name', 'machines']) expect(stderr).toContain(`  ${key}: `);
  });

  it.each([
    ['absent.yaml', "The recording's mapping file absent.yaml does not exist."],
    ['simulators/replay/recordings/pump-loop.csv', 'pump-loop.csv is not a mapping file (YAML)'],
  ])('refuses --replay %s in one sentence', async (file, sentence) => {
    const { code, stderr } = await run([...alone(temporaryFolder()), '--replay', file]);
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
  });

  it('refuses a second centre on the same data, and lets the next one in after a crash', async () => {
    const folder = temporaryFolder();
    const first = await startAlone(folder);
    const second = await run(alone(folder));
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(
      `Another centre (process ${first.pid}) already runs on this data folder.`,
    );
    first.kill('SIGKILL');
    await first.exited;
    const third = await startAlone(folder);
    expect(await third.stop()).toBe(0);
    expect(third.output()).toContain('everything has stopped');
  });

  it('makes passwords for their owner alone, hashes for the broker, and keeps both', async () => {
    const folder = temporaryFolder();
    const read = (file: string): string => readFileSync(path.join(folder, 'data', file), 'utf8');
    await (await startAlone(folder)).stop();
    const before = read('secrets/broker-clients.yaml');
    const password = read('secrets/mqtt-ingest.password').trim();
    expect(password).toMatch(/^[\w-]{32}$/);
    expect(before).not.toContain(password);
    expect(statSync(path.join(folder, 'data/secrets')).mode & 0o777).toBe(0o700);
    for (const file of ['mqtt-ingest.password', 'mqtt-edge-1.password', 'broker-clients.yaml']) {
      expect(statSync(path.join(folder, 'data/secrets', file)).mode & 0o777).toBe(0o600);
    }
    await (await startAlone(folder)).stop();
    expect(read('secrets/broker-clients.yaml')).toBe(before);
    expect(read('secrets/mqtt-ingest.password').trim()).toBe(password);
  });
});
