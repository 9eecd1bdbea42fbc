/** Several ingest workers, all of them real processes, share one agent's data over mosquitto into one influxd. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { pino } from 'pino';
import { BrokerConnection } from '../../../services/ingest/mqtt/broker-connection.ts';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { startMosquitto } from '../../support/mosquitto.ts';
import { describeWith, requireProgram } from '../../support/programs.ts';
import { spawnApp, type SpawnedProcess } from '../../support/spawned-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { TestBroker } from '../edge-delivery/broker.ts';
import { countRows } from './delivering.ts';

const AGENT = fileURLToPath(new URL('../edge-delivery/agent-child.ts', import.meta.url));
const SIGNALS = 5;
/** Rounds of killing, stopping and adding; more by `WORKER_ROUNDS=20`. */
const ROUNDS = Number(process.env['WORKER_ROUNDS'] ?? 1);

interface Agent {
  readonly child: ChildProcess;
  /** Greatest count that is durable in its journal. */
  readonly count: () => number;
}

async function startAgent(folder: string, url: string): Promise<Agent> {
  const config = {
    site: 'brest',
    agent: 'edge-1',
    dataDir: path.join(folder, 'agent'),
    mqtt: { url },
    delivery: { ackTimeoutMs: 500, ackTimeoutMaxMs: 1_000 },
    machines: [{ id: 'pump-01', opcua: { endpoint: 'opc.tcp://127.0.0.1:1' } }],
  };
  const child = spawn(process.execPath, [AGENT, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let count = 0;
  createInterface({ input: child.stdout }).on('line', (line) => (count = Math.max(count, Number(line))));
  await expect.poll(() => count, { timeout: 20_000 }).toBeGreaterThan(0);
  return { child, count: () => count };
}

let workers = 0;

async function startWorker(
  folder: string,
  urls: { readonly mqtt: string; readonly influx: string },
): Promise<SpawnedProcess> {
  workers += 1;
  const file = path.join(folder, `worker-${workers}.yaml`);
  const config = {
    ingest: {
      broker: { url: urls.mqtt },
      hostId: `worker-${workers}`,
      sharedGroup: 'ingest',
      limits: { rebirthIntervalMs: 300 },
    },
    store: { kind: 'influxdb', url: urls.influx, database: 'plant' },
    http: { port: 0 },
  };
  writeFileSync(file, JSON.stringify(config));
  const worker = await spawnApp('services/main.ts', { args: ['--config', file] });
  onTestFinished(() => worker.kill('SIGKILL'));
  return worker;
}

/** All values of the first signal, which counts. */
async function countsStored(influxd: Influxd): Promise<number[]> {
  const answer = JSON.parse(
    await influxd.query(`SELECT value FROM generic WHERE "signal" = 'Group/Signal0'`, 'plant'),
  ) as { results: { series?: { values: [number, number][] }[] }[] };
  return (answer.results[0]?.series?.[0]?.values ?? []).map(([, value]) => value);
}

describeWith('influxd', 'several ingest workers', (program) => {
  it(
    `lose and double nothing while they are killed, stopped and added (${ROUNDS} rounds)`,
    { timeout: 60_000 + ROUNDS * 20_000 },
    async (context) => {
      const folder = temporaryFolder('workers');
      const mosquitto = await startMosquitto(requireProgram(context, 'mosquitto'), folder);
      onTestFinished(() => void mosquitto.stop());
      const influxd = await startInfluxd(program);
      onTestFinished(() => influxd.remove());
      const urls = { mqtt: mosquitto.url, influx: influxd.url };
      const agent = await startAgent(folder, mosquitto.url);
      let running = await Promise.all([startWorker(folder, urls), startWorker(folder, urls)]);
      const stored = async (): Promise<number> => (await countRows(influxd.query, 'plant')) / SIGNALS;

      for (let round = 0; round < ROUNDS; round += 1) {
        const before = await stored();
        await expect.poll(stored, { timeout: 20_000 }).toBeGreaterThan(before);
        const [killed, stopped] = running;
        killed?.kill('SIGKILL');
        const added = await startWorker(folder, urls);
        await stopped?.stop();
        running = [added, await startWorker(folder, urls)];
      }
      agent.child.kill('SIGSTOP');
      const produced = agent.count();
      agent.child.kill('SIGCONT');
      // Each of these, not so many: later records overtake those whose worker was killed.
      const storedOf = async (): Promise<number> =>
        (await countsStored(influxd)).filter((value) => value <= produced).length;
      await expect.poll(storedOf, { timeout: 30_000 }).toBeGreaterThanOrEqual(produced);
      agent.child.kill('SIGTERM');
      await once(agent.child, 'exit');

      // Every count once: none lost, none doubled, in the order they were read.
      const values = (await countsStored(influxd)).sort((a, b) => a - b);
      expect(values.slice(0, produced)).toEqual(Array.from({ length: produced }, (_, i) => i + 1));
      expect(new Set(values).size).toBe(values.length);
    },
  );

  it('find out that a broker has no shared subscriptions, and say so', async () => {
    const aedes = new TestBroker();
    await aedes.start();
    onTestFinished(() => aedes.stop());
    const said: string[] = [];
    const connection = new BrokerConnection({
      link: { url: aedes.url, keepAliveS: 15 },
      hostId: 'worker-x',
      sharedGroup: 'ingest',
      log: pino({}, { write: (line: string) => void said.push(line) }),
      onMessage: () => undefined,
      onOnline: () => undefined,
      onOffline: () => undefined,
    });
    await connection.start();
    onTestFinished(() => connection.stop());
    await expect
      .poll(() => said.join(''), { timeout: 15_000 })
      .toMatch(/no shared subscriptions|Unacceptable protocol|not take us/);
    expect(connection.state).not.toBe('online');
  });
});
