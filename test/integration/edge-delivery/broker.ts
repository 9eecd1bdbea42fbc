import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';

/** A real Aedes broker on a free loopback port, which can be killed and come back on the same port. */
export class TestBroker {
  #aedes: Aedes | undefined;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  port = 0;
  /** Whether a message goes to a client: what it answers `false` to is lost on the way. */
  forwards: (clientId: string, topic: string) => boolean = () => true;

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const aedes = await Aedes.createBroker();
    aedes.authorizeForward = (client, packet) =>
      client !== null && this.forwards(client.id, packet.topic) ? packet : null;
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.port = address.port;
    this.#aedes = aedes;
    this.#server = server;
  }

  /** Cuts every connection, as a crash does. */
  async stop(): Promise<void> {
    const [server, aedes] = [this.#server, this.#aedes];
    this.#server = undefined;
    this.#aedes = undefined;
    for (const socket of this.#sockets) socket.destroy();
    server?.close();
    await new Promise<void>((resolve) => (aedes ? aedes.close(() => resolve()) : resolve()));
  }
}
