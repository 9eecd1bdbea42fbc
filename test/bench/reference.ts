/** What this machine gives without us: the figures that ours are read against. */
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { connectAsync } from 'mqtt';

export interface DiskFigures {
  readonly syncsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** 4 KiB writes, each followed by fdatasync, for `durationMs`. */
export async function measureDisk(durationMs: number): Promise<DiskFigures> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-disk-'));
  const file = await open(join(dir, 'probe'), 'w');
  const block = Buffer.alloc(4096, 7);
  const took: number[] = [];
  const start = performance.now();
  while (performance.now() - start < durationMs) {
    const before = performance.now();
    await file.write(block);
    await file.datasync();
    took.push(performance.now() - before);
  }
  const seconds = (performance.now() - start) / 1000;
  await file.close();
  await rm(dir, { recursive: true });
  took.sort((a, b) => a - b);
  return { syncsPerSecond: took.length / seconds, p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99) };
}

/** Messages a second through a bare Aedes in this process, one publisher, one subscriber, QoS 0. */
export async function measureBareAedes(payloadBytes: number, messages: number): Promise<number> {
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const subscriber = await connectAsync(url);
  const publisher = await connectAsync(url);
  await subscriber.subscribeAsync('bench');
  const payload = Buffer.alloc(payloadBytes, 1);
  let received = 0;
  const start = performance.now();
  const all = new Promise<void>((resolve) => {
    subscriber.on('message', () => {
      received += 1;
      if (received === messages) resolve();
    });
  });
  for (let sent = 0; sent < messages; sent += 200) {
    await Promise.all(
      Array.from({ length: Math.min(200, messages - sent) }, () => publisher.publishAsync('bench', payload)),
    );
  }
  await all;
  const seconds = (performance.now() - start) / 1000;
  await Promise.all([subscriber.endAsync(true), publisher.endAsync(true)]);
  await new Promise<void>((resolve) => aedes.close(() => resolve()));
  server.close();
  return messages / seconds;
}
