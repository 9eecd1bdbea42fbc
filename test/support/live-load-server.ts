import { parentPort, workerData } from 'node:worker_threads';
import { performance } from 'node:perf_hooks';
import { machineId } from '#domain/asset-path.ts';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import { msToNs } from '#domain/time.ts';
import { ApiFixture } from './api-fixture.ts';

/**
 * An API in a thread of its own, fed with `tags` signals at `rateHz`, so that its share of a core can be read apart
 * from the clients'. The store is not part of it: batches go straight to the listeners.
 */
export interface LiveLoad {
  readonly tags: number;
  readonly rateHz: number;
}

const { tags, rateHz } = workerData as LiveLoad;
const port = parentPort;
if (!port) throw new Error('runs as a worker thread');

const fixture = ApiFixture.inMemory();
await fixture.start();
const paths = Array.from({ length: tags }, (_, i) => `Group${i % 10}/Signal${i}`);
const numbers = await fixture.addMachine('load', paths);
const machine = machineId('brest', 'load');
const batch = createSampleBatch(tags);
numbers.forEach((no, i) => {
  batch.signal[i] = no;
});
batch.count = tags;

let round = 0;
const timer = setInterval(() => {
  round += 1;
  const now = Date.now();
  const timeNs = msToNs(now);
  for (let i = 0; i < tags; i += 1) {
    batch.timeNs[i] = timeNs;
    setValue(batch, i, Math.sin(round / 20 + i) * 100);
  }
  fixture.presence.alive(machine);
  fixture.store.tell(machine, batch);
}, 1_000 / rateHz);

let before = performance.eventLoopUtilization();
let cpu = process.threadCpuUsage();
port.on('message', (request: 'mark' | 'stop') => {
  const utilization = performance.eventLoopUtilization(before).utilization;
  const used = process.threadCpuUsage(cpu);
  before = performance.eventLoopUtilization();
  cpu = process.threadCpuUsage();
  port.postMessage({ utilization, cpuMs: (used.user + used.system) / 1_000 });
  if (request === 'stop') {
    clearInterval(timer);
    void fixture.stop().then(() => port.close());
  }
});
port.postMessage({ port: fixture.port });
