import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { LIVE_MAX_MESSAGE_BYTES, LIVE_PATH } from '#contracts/live.ts';
import { rawProblemAnswer } from '../api-problem.ts';
import type { HostRule } from '../host-rule.ts';
import type { LiveHub } from './live-hub.ts';

export interface LiveServerOptions {
  readonly maxConnections: number;
  /** Origins of pages that may connect besides those this server serves itself. */
  readonly allowedOrigins: readonly string[];
  readonly mayAnswer: HostRule;
}

/** Takes the upgrades of the HTTP server: `WS /api/v1/live`, and nothing else. */
export class LiveServer {
  readonly #hub: LiveHub;
  readonly #options: LiveServerOptions;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIVE_MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });

  constructor(hub: LiveHub, options: LiveServerOptions) {
    this.#hub = hub;
    this.#options = options;
  }

  attach(server: Pick<Server, 'on'>): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#onUpgrade(request, socket, head);
    });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?')[0] !== LIVE_PATH) {
      socket.end(rawProblemAnswer('NOT_FOUND', `The live channel is at ${LIVE_PATH}.`));
    } else if (!this.#mayConnect(request)) {
      this.#hub.metrics.refused.inc({ reason: 'origin' });
      socket.end(rawProblemAnswer('ORIGIN_REFUSED', 'Pages of other sites may not open the live channel.'));
    } else if (this.#hub.connectionCount >= this.#options.maxConnections) {
      this.#hub.metrics.refused.inc({ reason: 'full' });
      socket.end(
        rawProblemAnswer(
          'TOO_MANY_REQUESTS',
          `There are ${this.#options.maxConnections} live connections already.`,
        ),
      );
    } else {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#hub.accept(webSocket));
    }
  }

  /** A browser names the page's origin; programs name none. Without this any page could read along. */
  #mayConnect({ headers }: IncomingMessage): boolean {
    const { origin, host } = headers;
    if (!this.#options.mayAnswer(host)) return false;
    if (origin === undefined) return true;
    return URL.parse(origin)?.host === host || this.#options.allowedOrigins.includes(origin);
  }
}
