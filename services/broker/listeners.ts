import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Duplex } from 'node:stream';
import { WebSocketServer, createWebSocketStream } from 'ws';
import { ConfigError, StartError, codeOf, messageOf } from '#platform/errors.ts';
import type { BrokerConfig } from '#contracts/config/broker.ts';

/** A new connection: the stream of MQTT bytes, and the socket below it (the same, unless WebSocket). */
export interface Connection {
  readonly stream: Duplex;
  readonly socket: Socket;
  readonly address: string;
  readonly transport: Transport;
  readonly request?: IncomingMessage;
}

export const TRANSPORTS = ['tcp', 'ws', 'tls', 'wss'] as const;
export type Transport = (typeof TRANSPORTS)[number];
export type ListenerPorts = Partial<Record<Transport, number>>;

/** MQTT over WebSocket has one path, as most clients expect it. */
const WEBSOCKET_PATH = '/mqtt';

/** The doors of the broker: TCP, WebSocket, and both over TLS. */
export class Listeners {
  readonly #config: BrokerConfig['listen'];
  readonly #limits: BrokerConfig['limits'];
  readonly #onConnection: (connection: Connection) => void;
  readonly #servers: (NetServer | HttpServer)[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(
    config: BrokerConfig['listen'],
    limits: BrokerConfig['limits'],
    onConnection: (connection: Connection) => void,
  ) {
    this.#config = config;
    this.#limits = limits;
    this.#onConnection = onConnection;
  }

  /** @throws ConfigError (unusable certificate), StartError (port taken). */
  async start(): Promise<ListenerPorts> {
    const { tcpPort, wsPort, tlsPort, wssPort } = this.#config;
    const keys = await this.#readKeys();
    const tlsOptions = {
      ...keys,
      minVersion: 'TLSv1.2',
      handshakeTimeout: this.#limits.loginTimeoutMs,
    } as const;
    const ports: ListenerPorts = {};
    if (tcpPort !== null) {
      const server = createTcpServer({ noDelay: true }, (socket) => this.#accept(socket, 'tcp'));
      ports.tcp = await this.#listen(server, tcpPort, 'tcpPort');
    }
    if (tlsPort !== null && keys) {
      const server = createTlsServer(tlsOptions, (socket) => {
        socket.setNoDelay(true);
        this.#accept(socket, 'tls');
      });
      // A failed handshake ends that connection, nothing else.
      server.on('tlsClientError', () => undefined);
      ports.tls = await this.#listen(server, tlsPort, 'tlsPort');
    }
    if (wsPort !== null) ports.ws = await this.#listenWebSocket(createHttpServer(), 'ws', wsPort);
    if (wssPort !== null && keys) {
      const server = createHttpsServer(tlsOptions);
      ports.wss = await this.#listenWebSocket(server, 'wss', wssPort);
    }
    return ports;
  }

  async stop(): Promise<void> {
    const closed = this.#servers.splice(0).map(async (server) => {
      server.close();
      await once(server, 'close');
    });
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #accept(socket: Socket, transport: Transport): void {
    this.#onConnection({ stream: socket, socket, address: socket.remoteAddress ?? '', transport });
  }

  async #listenWebSocket(server: HttpServer, transport: 'ws' | 'wss', port: number): Promise<number> {
    const webSockets = new WebSocketServer({
      server,
      path: WEBSOCKET_PATH,
      perMessageDeflate: false,
      maxPayload: this.#limits.packetBytes + 5,
      handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : false),
    });
    webSockets.on('connection', (webSocket, request) => {
      const stream = createWebSocketStream(webSocket);
      stream.on('error', () => undefined);
      const { socket } = request;
      this.#onConnection({ stream, socket, address: socket.remoteAddress ?? '', transport, request });
    });
    webSockets.on('error', () => undefined);
    server.on('request', (_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain' }).end('MQTT over WebSocket is at /mqtt\n');
    });
    return this.#listen(server, port, `${transport}Port`);
  }

  async #listen(server: NetServer | HttpServer, port: number, name: string): Promise<number> {
    const { host } = this.#config;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new StartError(
        codeOf(error),
        `the broker cannot listen on ${host}:${port} (${messageOf(error)})`,
        `is another program using the port? change listen.${name}, or stop that program`,
        { cause: error },
      );
    }
    this.#servers.push(server);
    const address = server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  async #readKeys(): Promise<{ cert: Buffer; key: Buffer } | undefined> {
    const { tls } = this.#config;
    if (!tls) return undefined;
    try {
      const [cert, key] = await Promise.all([readFile(tls.certFile), readFile(tls.keyFile)]);
      return { cert, key };
    } catch (error) {
      throw new ConfigError('the broker configuration', [{ path: 'listen.tls', message: messageOf(error) }]);
    }
  }
}
