import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  acknowledgePacket,
  connectPacket,
  publishPacket,
  readPackets,
  subscribePacket,
  type ConnectFields,
  type IncomingPacket,
  type PublishFields,
} from './mqtt-packets.ts';

type Commands = IncomingPacket['cmd'];
type PacketOf<Command extends Commands, Member = IncomingPacket> = Member extends { cmd: infer Own }
  ? Command extends Own
    ? Member
    : never
  : never;

/** One MQTT 3.1.1 connection, packet by packet: for what a client library would hide or refuse to send. */
export class RawMqtt {
  readonly socket: Socket;
  readonly packets: IncomingPacket[] = [];
  readonly #waiting: (() => void)[] = [];
  #rest = Buffer.alloc(0);
  #messageId = 0;
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      const { packets, rest } = readPackets(Buffer.concat([this.#rest, chunk]));
      this.#rest = Buffer.from(rest);
      this.packets.push(...packets);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<RawMqtt> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawMqtt(socket);
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Sends CONNECT and answers the CONNACK's return code, or `closed`. */
  async connect(fields: Partial<ConnectFields>): Promise<number | 'closed'> {
    this.write(connectPacket({ protocolVersion: 4, clean: true, clientId: '', keepalive: 60, ...fields }));
    return (await this.next('connack'))?.returnCode ?? 'closed';
  }

  /** Answers the message id. */
  publish(fields: Partial<PublishFields> & Pick<PublishFields, 'topic'>): number {
    this.#messageId += 1;
    const messageId = fields.messageId ?? this.#messageId;
    this.write(publishPacket({ payload: 'x', qos: 0, retain: false, dup: false, ...fields, messageId }));
    return messageId;
  }

  /** Answers the granted QoS of each filter; 128 = refused. */
  async subscribe(
    ...subscriptions: (readonly [string, 0 | 1 | 2])[]
  ): Promise<readonly number[] | undefined> {
    this.#messageId += 1;
    this.write(subscribePacket(this.#messageId, subscriptions));
    return (await this.next('suback'))?.granted;
  }

  acknowledge(cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp', messageId: number): void {
    this.write(acknowledgePacket(cmd, messageId));
  }

  /** Takes the next packet of this kind; `undefined` when the connection closed, or nothing came in time. */
  async next<Command extends Commands>(
    cmd: Command,
    timeoutMs = 5_000,
  ): Promise<PacketOf<Command> | undefined> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const at = this.packets.findIndex((packet) => packet.cmd === cmd);
      if (at >= 0) return this.packets.splice(at, 1)[0] as PacketOf<Command>;
      const left = deadline - performance.now();
      if (this.closed || left <= 0) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Resolves when the other side closed; false when it did not in time. */
  async untilClosed(timeoutMs = 5_000): Promise<boolean> {
    if (this.closed) return true;
    await Promise.race([
      once(this.socket, 'close'),
      new Promise((resolve) => {
        setTimeout(resolve, timeoutMs).unref();
      }),
    ]);
    return this.closed;
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
