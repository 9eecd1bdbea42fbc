/** An HTTP client in a thread of its own: what it measures does not wait for the server's event loop twice. */
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';

/** ms from the request to the answer's last byte, or what was wrong. */
type Answer = { readonly ms: number } | { readonly problem: string };

export class HttpPoller {
  readonly #worker = new Worker(new URL(import.meta.url));

  /** Answers the ms it took. */
  async fetch(url: string): Promise<number> {
    this.#worker.postMessage(url);
    const [answer] = (await once(this.#worker, 'message')) as [Answer];
    if ('problem' in answer) throw new Error(answer.problem);
    return answer.ms;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

async function fetchOnce(url: string, agent: Agent): Promise<Answer> {
  const startMs = performance.now();
  return new Promise((resolve) => {
    get(url, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const ms = performance.now() - startMs;
        resolve(response.statusCode === 200 ? { ms } : { problem: Buffer.concat(chunks).toString() });
      });
    }).on('error', (error) => resolve({ problem: error.message }));
  });
}

if (!isMainThread) {
  const agent = new Agent({ keepAlive: true });
  parentPort?.on('message', (url: string) => {
    void fetchOnce(url, agent).then((answer) => parentPort?.postMessage(answer));
  });
}
