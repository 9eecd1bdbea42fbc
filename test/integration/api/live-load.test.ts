import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { LiveClient } from '../../support/live-client.ts';
import type { LiveLoad } from '../../support/live-load-server.ts';

const CLIENTS = 50;
const LOAD: LiveLoad = { tags: 500, rateHz: 10 };
const SECONDS = 4;
/** Share of a core that the server's thread may take; UI.md asks for one core with twice the clients. */
const MAX_CORES = 0.5;

interface Mark {
  readonly utilization: number;
  readonly cpuMs: number;
}

async function ask<Answer>(server: Worker, request?: 'mark' | 'stop'): Promise<Answer> {
  const answer = once(server, 'message') as Promise<[Answer]>;
  if (request) server.postMessage(request);
  return (await answer)[0];
}

test(`${CLIENTS} browsers with ${LOAD.tags} tags at ${LOAD.rateHz} Hz cost little, lag little, miss nothing`, async () => {
  const server = new Worker(new URL('../../support/live-load-server.ts', import.meta.url), {
    workerData: LOAD,
  });
  const { port } = await ask<{ port: number }>(server);
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, i) => {
      const client = await LiveClient.open(port);
      client.send({ hello: 1 });
      // Half of the screens are the same, the others have tags of their own.
      const own = Array.from(
        { length: LOAD.tags - (i % 2) * i },
        (_, tag) => `brest/load/Group${tag % 10}/Signal${tag}`,
      );
      client.send({ sub: 1, tags: own, rate: 10, mode: 'minmax' });
      return client;
    }),
  );
  await Promise.all(clients.map((client) => client.until('values', () => client.frames.length > 5)));
  await ask<Mark>(server, 'mark');
  for (const client of clients) client.messages.length = 0;
  const delaysMs: number[] = [];
  clients[1]?.socket.on('message', (data: Buffer) => {
    const { t, d } = JSON.parse(data.toString()) as { t: number; d: number[] };
    if (d.length > 0) delaysMs.push(Date.now() - (t + Math.max(...d)));
  });
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
  const { utilization, cpuMs } = await ask<Mark>(server, 'mark');
  const elapsedMs = performance.now() - startedAt;
  const perClient = clients.map(({ frames }) => frames.filter(({ i }) => i.length > 0).length);
  delaysMs.sort((a, b) => a - b);
  const cores = cpuMs / elapsedMs;
  const p = (share: number): number => delaysMs[Math.floor(delaysMs.length * share)] ?? Number.NaN;
  process.stdout.write(
    `live load: ${CLIENTS} clients x ${LOAD.tags} tags x ${LOAD.rateHz} Hz: server ${cores.toFixed(3)} cores, ` +
      `busy ${(utilization * 100).toFixed(0)} %, frames/s per client ${(Math.min(...perClient) / SECONDS).toFixed(1)}-` +
      `${(Math.max(...perClient) / SECONDS).toFixed(1)}, stored to received p50 ${p(0.5)} p95 ${p(0.95)} ms\n`,
  );
  await Promise.all(clients.map((client) => client.close()));
  await ask<Mark>(server, 'stop');
  await server.terminate();
  expect(cores).toBeLessThan(MAX_CORES);
  expect(Math.min(...perClient)).toBeGreaterThan(0);
  expect(delaysMs.length).toBeGreaterThan(0);
});
