import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands between the services and a real influxd does with a write. */
export type GateMode =
  | { readonly kind: 'open' }
  /** Answers so itself; influxd hears of nothing. */
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfterS?: number }
  /** Refuses these lines as influxd refuses a line of the wrong type: the others of the request are stored, the answer is 400. */
  | { readonly kind: 'poison'; readonly isPoisoned: (line: string) => boolean };

/** An HTTP proxy before influxd that can be told to refuse. */
export class InfluxGate {
  mode: GateMode = { kind: 'open' };
  /** Each different line that was refused. */
  readonly poisoned = new Set<string>();
  /** Requests that it answered itself, by status. */
  readonly answered = new Map<number, number>();
  readonly #behind: string;
  readonly #server: Server;

  constructor(influxdUrl: string) {
    this.#behind = influxdUrl;
    this.#server = createServer((incoming, outgoing) => {
      this.#handle(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const isWrite = incoming.url?.startsWith('/write') === true;
    const { mode } = this;
    if (isWrite && mode.kind === 'answer') this.#answer(outgoing, mode);
    else if (isWrite && mode.kind === 'poison') await this.#refuseSome(incoming, outgoing, { body, mode });
    else await this.#forward(incoming, body, outgoing);
  }

  #answer(outgoing: ServerResponse, { status, retryAfterS }: Extract<GateMode, { kind: 'answer' }>): void {
    this.answered.set(status, (this.answered.get(status) ?? 0) + 1);
    outgoing
      .writeHead(status, retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) })
      .end(`{"error":"the gate answers ${status}"}`);
  }

  async #refuseSome(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { body, mode }: { readonly body: Buffer; readonly mode: Extract<GateMode, { kind: 'poison' }> },
  ): Promise<void> {
    const lines = body.toString('utf8').split('\n');
    const good = lines.filter((line) => !mode.isPoisoned(line));
    if (good.length === lines.length) return await this.#forward(incoming, body, outgoing);
    for (const line of lines) if (mode.isPoisoned(line)) this.poisoned.add(line);
    if (good.length > 0) await this.#forward(incoming, Buffer.from(good.join('\n')));
    this.answered.set(400, (this.answered.get(400) ?? 0) + 1);
    // "dropped=0" though a line was dropped: what 1.6.7 says [measured].
    outgoing.writeHead(400).end('{"error":"partial write: field type conflict dropped=0"}');
  }

  #forward(incoming: IncomingMessage, body: Buffer, outgoing?: ServerResponse): Promise<void> {
    const { method, url, headers } = incoming;
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#behind}${url ?? '/'}`,
        { method, headers: { ...headers, 'content-length': String(body.length) } },
        (answer) => {
          outgoing?.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.on('data', (chunk: Buffer) => outgoing?.write(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            outgoing?.end();
            resolve();
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
