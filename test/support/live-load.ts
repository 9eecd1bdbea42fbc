import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { LiveClient } from './live-client.ts';
import type { LiveLoad } from './live-load-server.ts';

export interface LiveLoadFigures {
  /** Processor time of the server's thread over time. */
  readonly cores: number;
  /** Share of the time in which the server's event loop was busy, 0 to 1. */
  readonly busy: number;
  /** Frames with values that each client got. */
  readonly frames: readonly number[];
  /** ms from a value's time of source to its arrival, at one of the clients, ascending. */
  readonly delaysMs: readonly number[];
}

interface Mark {
  readonly utilization: number;
  readonly cpuMs: number;
}

async function ask<Answer>(server: Worker, request?: 'mark' | 'stop'): Promise<Answer> {
  const answer = once(server, 'message') as Promise<[Answer]>;
  if (request) server.postMessage(request);
  return (await answer)[0];
}

/** Half of the screens are the same, the others have tags of their own. */
const tagsOf = (client: number, { tags }: LiveLoad): readonly string[] =>
  Array.from(
    { length: tags - (client % 2) * client },
    (_, tag) => `brest/load/Group${tag % 10}/Signal${tag}`,
  );

async function openClient(port: number, tags: readonly string[]): Promise<LiveClient> {
  const client = await LiveClient.open(port);
  client.send({ hello: 1 });
  client.send({ sub: 1, tags, rate: 10, mode: 'minmax' });
  return client;
}

/** A server's live channel in a thread of its own under `clients` browsers' sides of it, for `seconds`. */
export async function measureLiveLoad(
  load: LiveLoad,
  { clients: count, seconds }: { readonly clients: number; readonly seconds: number },
): Promise<LiveLoadFigures> {
  const server = new Worker(new URL('./live-load-server.ts', import.meta.url), { workerData: load });
  const { port } = await ask<{ port: number }>(server);
  const clients = await Promise.all(
    Array.from({ length: count }, (_, i) => openClient(port, tagsOf(i, load))),
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
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const { utilization, cpuMs } = await ask<Mark>(server, 'mark');
  const elapsedMs = performance.now() - startedAt;
  const frames = clients.map((client) => client.frames.filter(({ i }) => i.length > 0).length);
  await Promise.all(clients.map((client) => client.close()));
  await ask<Mark>(server, 'stop');
  await server.terminate();
  return { cores: cpuMs / elapsedMs, busy: utilization, frames, delaysMs: delaysMs.sort((a, b) => a - b) };
}
