import { once } from 'node:events';
import { WebSocket } from 'ws';
import {
  LIVE_PATH,
  type ClientMessage,
  type DictionaryMessage,
  type EventsMessage,
  type FrameMessage,
  type LiveProblemMessage,
  type ServerMessage,
} from '#contracts/live.ts';

type Outgoing =
  ClientMessage | { sub: number; tags: readonly string[]; rate?: number; mode?: 'last' | 'minmax' };

const WAIT_MS = 5_000;

/** A browser's side of the live channel that keeps all it receives. */
export class LiveClient {
  readonly messages: ServerMessage[] = [];
  readonly socket: WebSocket;
  autoAcknowledge = true;
  closedWith: number | undefined;
  readonly #waiting = new Set<() => void>();

  private constructor(port: number, origin?: string) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${LIVE_PATH}`, origin === undefined ? {} : { origin });
    this.socket.on('message', (data: Buffer) =>
      this.#onMessage(JSON.parse(data.toString()) as ServerMessage),
    );
    this.socket.on('close', (code) => {
      this.closedWith = code;
      this.#wake();
    });
    this.socket.on('error', () => this.#wake());
  }

  static async open(port: number, origin?: string): Promise<LiveClient> {
    const client = new LiveClient(port, origin);
    await once(client.socket, 'open');
    return client;
  }

  #onMessage(message: ServerMessage): void {
    this.messages.push(message);
    if (this.autoAcknowledge && 'f' in message) this.send({ a: message.f });
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  send(message: Outgoing): void {
    this.socket.send(JSON.stringify(message));
  }

  get frames(): FrameMessage[] {
    return this.messages.filter((message) => 'f' in message);
  }

  get dictionaries(): DictionaryMessage[] {
    return this.messages.filter((message) => 'dict' in message);
  }

  get events(): EventsMessage[] {
    return this.messages.filter((message) => 'es' in message);
  }

  get problems(): LiveProblemMessage[] {
    return this.messages.filter((message) => 'problem' in message);
  }

  /** What `look` finds, as soon as it finds something in what was received. */
  async until<Found>(what: string, look: () => Found | undefined | false): Promise<Found> {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`waited ${WAIT_MS} ms in vain for ${what}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, Math.min(left, 50));
        this.#waiting.add(wake);
      });
    }
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.close();
    await once(this.socket, 'close');
  }
}
