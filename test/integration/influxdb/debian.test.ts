/** infra/debian/install.sh laid under a folder, its broker configuration on a real mosquitto, its units before systemd's own check. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { servicesConfigSchema } from '#contracts/config/services.ts';
import { startMosquitto } from '../../support/mosquitto.ts';
import { describeWith, requireProgram } from '../../support/programs.ts';
import { skipMark } from '../../support/skip-mark.ts';
import { REPOSITORY_ROOT } from '../../support/spawned-process.ts';
import { makeTemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';

describeWith('mosquitto', 'the installation on a plain Debian host', (program) => {
  const dest = makeTemporaryFolder('debian');
  const read = (file: string): string => readFileSync(path.join(dest, file), 'utf8');

  beforeAll(() => {
    const script = path.join(REPOSITORY_ROOT, 'infra/debian/install.sh');
    execFileSync('sh', [script], { env: { ...process.env, DESTDIR: dest }, stdio: 'pipe' });
    return () => void execFileSync('rm', ['-rf', dest]);
  });

  it('lays the project, its configuration and secrets, and keeps them when it is run again', () => {
    const before = read('var/lib/brest-centre/secrets/mosquitto-ingest');
    expect(before).toMatch(/^[0-9a-f]{48}$/);
    const config = servicesConfigSchema.parse(parse(read('var/lib/brest-centre/config/services.yaml')));
    expect(config.store).toMatchObject({ kind: 'influxdb', url: 'http://127.0.0.1:8086' });
    expect(readdirSync(path.join(dest, 'opt/brest-centre'))).toEqual(
      expect.arrayContaining(['package.json', 'services']),
    );
    execFileSync('sh', [path.join(REPOSITORY_ROOT, 'infra/debian/install.sh')], {
      env: { ...process.env, DESTDIR: dest },
      stdio: 'pipe',
    });
    expect(read('var/lib/brest-centre/secrets/mosquitto-ingest')).toBe(before);
  });

  it('has units that systemd accepts', (context) => {
    const systemdAnalyze = requireProgram(context, 'systemd-analyze');
    const folder = path.join(dest, 'etc/systemd/system');
    const units = readdirSync(folder).filter((file) => file.endsWith('.service'));
    expect(units.length).toBe(2);
    const { status, stderr } = spawnSync(
      systemdAnalyze,
      ['verify', '--man=no', ...units.map((unit) => path.join(folder, unit.replace('@.', '@1.')))],
      { encoding: 'utf8' },
    );
    // The program that they start is not installed here; nothing else may be complained of.
    const complaints = stderr
      .split('\n')
      .filter(
        (line) =>
          line.includes('brest-') &&
          !/is not executable|Failed to (create|open|load)|No such file/.test(line),
      );
    expect(complaints, `${status}`).toEqual([]);
  });

  it('lets an agent publish below its own id and nothing else, and ingest command it', async () => {
    const folder = temporaryFolder('mosquitto');
    const lines = read('etc/mosquitto/conf.d/brest.conf')
      .split('\n')
      .filter((line) => !line.startsWith('listener') && !line.startsWith('persistence'))
      .map((line) => line.replace('/etc/', `${dest}/etc/`));
    const mosquitto = await startMosquitto(program, folder, lines);
    onTestFinished(() => mosquitto.stop());
    const connect = async (username: string): Promise<MqttClient> => {
      const password = read(`var/lib/brest-centre/secrets/mosquitto-${username}`);
      const client = await connectAsync(mosquitto.url, {
        username,
        password,
        protocolVersion: 5,
        reconnectPeriod: 0,
      });
      onTestFinished(() => client.endAsync(true));
      return client;
    };
    await expect(
      connectAsync(mosquitto.url, { username: 'ingest', password: 'x', reconnectPeriod: 0 }),
    ).rejects.toThrow(/[Nn]ot authori[sz]ed|Bad/);
    const [agent, ingest] = [await connect('edge-1'), await connect('ingest')];
    const heard: string[] = [];
    ingest.on('message', (topic) => heard.push(`ingest ${topic}`));
    agent.on('message', (topic) => heard.push(`agent ${topic}`));
    await ingest.subscribeAsync('spBv1.0/#', { qos: 1 });
    await agent.subscribeAsync('spBv1.0/brest/NCMD/edge-1', { qos: 1 });
    const tries = [
      'spBv1.0/brest/DDATA/edge-1/pump-01',
      'spBv1.0/brest/DDATA/edge-2/pump-01',
      'spBv1.0/brest/NCMD/edge-1',
    ];
    for (const topic of tries) await agent.publishAsync(topic, 'x', { qos: 1 }).catch(() => undefined);
    await ingest.publishAsync('spBv1.0/brest/NCMD/edge-1', 'x', { qos: 1 });
    await expect.poll(() => heard.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(3);
    expect([...heard].sort()).toEqual([
      'agent spBv1.0/brest/NCMD/edge-1',
      'ingest spBv1.0/brest/DDATA/edge-1/pump-01',
      'ingest spBv1.0/brest/NCMD/edge-1',
    ]);
  });
});

describe('the compose file', () => {
  interface Service {
    readonly image: string;
    readonly user: string;
    readonly healthcheck: object;
    readonly ports?: readonly string[];
    readonly volumes?: readonly string[];
  }

  it('pins its images, runs nobody as root, checks health, and opens ports to this host alone', () => {
    const { services, volumes } = parse(
      readFileSync(path.join(REPOSITORY_ROOT, 'infra/compose/compose.yaml'), 'utf8'),
      { merge: true },
    ) as { services: Record<string, Service>; volumes: Record<string, unknown> };
    expect(Object.keys(services).sort()).toEqual(['centre', 'grafana', 'influxdb', 'mosquitto']);
    for (const [name, { image, user, healthcheck, ports = [], volumes: mounts = [] }] of Object.entries(
      services,
    )) {
      expect(image, name).toMatch(/:\d+\.\d+\.\d+/);
      expect(user, name).toMatch(/^[1-9]\d*:\d+$/);
      expect(healthcheck, name).toBeDefined();
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
      for (const mount of mounts) {
        const [from = ''] = mount.split(':');
        if (!from.startsWith('.')) expect(Object.keys(volumes)).toContain(from);
        else
          expect(() =>
            readdirSync(path.dirname(path.join(REPOSITORY_ROOT, 'infra/compose', from))),
          ).not.toThrow();
      }
    }
  });

  it('is accepted by docker compose', (context) => {
    const compose = path.join(REPOSITORY_ROOT, 'infra/compose/compose.yaml');
    if (spawnSync('docker', ['compose', 'version']).status !== 0)
      return context.skip(skipMark('docker', 'install docker compose'));
    execFileSync('sh', [path.join(REPOSITORY_ROOT, 'infra/compose/prepare.sh')], { stdio: 'pipe' });
    execFileSync('docker', ['compose', '-f', compose, 'config', '-q'], { stdio: 'pipe' });
  });
});
