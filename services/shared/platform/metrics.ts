import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { codeOf } from './errors.ts';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface HealthComponent {
  readonly name: string;
  readonly status: 'ok' | 'degraded' | 'down';
  readonly detail?: string | undefined;
}

/** A process's own registry, with Node's default metrics. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** The loopback server of `/metrics` and `/health` that each process has. */
export class DiagnosticsServer {
  readonly #registry: Registry;
  readonly #health: () => readonly HealthComponent[];
  #server: Server | undefined;

  constructor(registry: Registry, health: () => readonly HealthComponent[]) {
    this.#registry = registry;
    this.#health = health;
  }

  /** Listens on 127.0.0.1; port 0 = any. A port taken by another is no reason not to run: any other will do. Answers the port. */
  async start(port: number): Promise<number> {
    const server = createServer((request, response) => {
      void this.#answer(request.url ?? '/').then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type }).end(body);
      });
    });
    this.#server = server;
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error;
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    const address = server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async #answer(url: string): Promise<{ status: number; type: string; body: string }> {
    if (url === '/metrics')
      return { status: 200, type: this.#registry.contentType, body: await this.#registry.metrics() };
    if (url === '/health') {
      const components = this.#health();
      const down = components.some(({ status }) => status === 'down');
      const degraded = components.some(({ status }) => status !== 'ok');
      const status = down ? 'down' : degraded ? 'degraded' : 'ok';
      return {
        status: down ? 503 : 200,
        type: 'application/json',
        body: JSON.stringify({ status, components }),
      };
    }
    return { status: 404, type: 'text/plain', body: 'GET /metrics or /health\n' };
  }
}
