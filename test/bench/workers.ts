/** One, two and four ingest workers, real processes, over mosquitto's shared subscriptions into one influxd: first publish to last acknowledgement. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startInfluxd } from '../support/influxd.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { spawnApp } from '../support/spawned-process.ts';
import { TestAgent, testCatalogue } from '../support/test-agent.ts';

const SIGNALS = 500;
const SAMPLES_PER_MESSAGE = 500;
/** Messages under way, as an agent's window bounds them. */
const WINDOW = 400;

export interface WorkerFigures {
  readonly workers: number;
  readonly samplesPerSecond: number;
}

export async function measureWorkers(
  programs: { readonly influxd: string; readonly mosquitto: string },
  dir: string,
  options: { readonly workers: number; readonly messages: number },
): Promise<WorkerFigures> {
  const mosquitto = await startMosquitto(programs.mosquitto, dir);
  const influxd = await startInfluxd(programs.influxd, {
    directory: path.join(dir, `influxd-${options.workers}`),
  });
  const started = await Promise.all(
    Array.from({ length: options.workers }, (_, i) =>
      startWorker(dir, i + 1, { mqtt: mosquitto.url, influx: influxd.url }),
    ),
  );
  const agent = new TestAgent('edge-1');
  try {
    await agent.connect(mosquitto.url);
    agent.addMachine(testCatalogue('bench', SIGNALS));
    // Each worker that hears a birth says what it has: until all of them may have.
    const births = setInterval(() => agent.birth(), 500);
    await agent
      .until(() => agent.acks.length >= options.workers * 2, 30_000)
      .finally(() => clearInterval(births));
    const samplesPerSecond = await publishAll(agent, options.messages);
    return { workers: options.workers, samplesPerSecond };
  } finally {
    await agent.disconnect();
    await Promise.all(started.map((worker) => worker.stop()));
    await mosquitto.stop();
    await influxd.remove();
  }
}

async function startWorker(
  dir: string,
  number: number,
  urls: { readonly mqtt: string; readonly influx: string },
): ReturnType<typeof spawnApp> {
  const file = path.join(dir, `worker-${number}.yaml`);
  const config = {
    ingest: { broker: { url: urls.mqtt }, hostId: `worker-${number}`, sharedGroup: 'ingest' },
    store: { kind: 'influxdb', url: urls.influx },
    http: { port: 0 },
  };
  writeFileSync(file, JSON.stringify(config));
  return await spawnApp('services/main.ts', { args: ['--config', file] });
}

async function publishAll(agent: TestAgent, messages: number): Promise<number> {
  const firstMs = Date.now() - 600_000;
  for (let m = 0; m < messages; m += 1)
    agent.record(
      'bench',
      Array.from({ length: SAMPLES_PER_MESSAGE }, (_, i) => ({
        alias: 1 + (i % SIGNALS),
        timeNs: BigInt(firstMs + m * 10) * 1_000_000n,
        value: Math.round(5_000 + 3_000 * Math.sin((m + i) / 50)) / 100,
      })),
    );
  const startMs = performance.now();
  let acknowledged = 0;
  for (const [i, record] of agent.journal.entries()) {
    agent.publishRecord(record);
    if (i - acknowledged < WINDOW) continue;
    await agent.until(() => {
      acknowledged = agent.acknowledged.size;
      return i - acknowledged < WINDOW;
    }, 60_000);
  }
  await agent.untilAllAcknowledged(60_000);
  return ((messages * SAMPLES_PER_MESSAGE) / (performance.now() - startMs)) * 1000;
}
