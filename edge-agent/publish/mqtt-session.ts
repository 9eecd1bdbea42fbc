import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { ConnectionError, messageOf } from '#platform/errors.ts';

export interface MqttSessionOptions {
  readonly url: string;
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM texts. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly keepAliveS: number;
  readonly connectTimeoutMs: number;
  readonly will: { readonly topic: string; readonly payload: Uint8Array };
}

/** One connection to the broker, from CONNECT to its end; it never reconnects by itself (each CONNECT has a will of its own). */
export class MqttSession {
  readonly #client: MqttClient;
  #onMessage: (topic: string, payload: Uint8Array) => void = () => {};
  /** Resolves with the reason when the connection is over. */
  readonly closed: Promise<string>;

  private constructor(client: MqttClient) {
    this.#client = client;
    let reason = 'the connection to the broker was lost';
    client.on('error', (error) => {
      reason = messageOf(error);
    });
    this.closed = new Promise((resolve) => client.once('close', () => resolve(reason)));
    client.on('message', (topic, payload) => this.#onMessage(topic, payload));
  }

  /** @throws ConnectionError `MQTT_CONNECT_FAILED` */
  static connect(options: MqttSessionOptions, signal: AbortSignal): Promise<MqttSession> {
    const client = connect(options.url, clientOptions(options));
    return new Promise((resolve, reject) => {
      let reason = 'the broker does not answer';
      const fail = (why: string): void => {
        signal.removeEventListener('abort', onAbort);
        client.removeAllListeners();
        client.on('error', () => {});
        client.end(true);
        reject(new ConnectionError('MQTT_CONNECT_FAILED', `${options.url}: ${why}`));
      };
      const onAbort = (): void => fail('stopped');
      signal.addEventListener('abort', onAbort, { once: true });
      client.on('error', (error) => {
        reason = describe(error);
        fail(reason);
      });
      client.on('close', () => fail(reason));
      client.once('connect', () => {
        signal.removeEventListener('abort', onAbort);
        client.removeAllListeners('error');
        client.removeAllListeners('close');
        resolve(new MqttSession(client));
      });
      if (signal.aborted) onAbort();
    });
  }

  onMessage(listener: (topic: string, payload: Uint8Array) => void): void {
    this.#onMessage = listener;
  }

  /** @throws ConnectionError `MQTT_SUBSCRIBE_REFUSED` when the broker grants less than was asked for. */
  async subscribe(topics: readonly string[]): Promise<void> {
    const granted = await this.#client.subscribeAsync([...topics], { qos: 1 });
    const refused = granted.filter(({ qos }) => (qos as number) >= 128).map(({ topic }) => topic);
    if (refused.length > 0)
      throw new ConnectionError(
        'MQTT_SUBSCRIBE_REFUSED',
        `the broker does not let this agent read ${refused.join(', ')}; check the rights of its user`,
      );
  }

  /** Calls back when the bytes are on their way (QoS 0), or when the broker took them (QoS 1). */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1, done?: (taken: boolean) => void): void {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    this.#client.publish(topic, bytes, { qos, retain: false }, (error) => done?.(!error));
  }

  /** Leaves with DISCONNECT, so that the will is not sent; bounded in time. */
  async end(timeoutMs = 1_000): Promise<void> {
    const timer = setTimeout(() => this.drop(), timeoutMs);
    this.#client.end(false);
    await this.closed;
    clearTimeout(timer);
  }

  /** Cuts the connection: the broker sends the will. */
  drop(): void {
    this.#client.stream.destroy();
    this.#client.end(true);
  }
}

function clientOptions(options: MqttSessionOptions): IClientOptions {
  return {
    clientId: options.clientId,
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
    ...(options.ca !== undefined && { ca: options.ca }),
    ...(options.certificate !== undefined && { cert: options.certificate }),
    ...(options.key !== undefined && { key: options.key }),
    protocolVersion: 4,
    clean: true,
    keepalive: options.keepAliveS,
    connectTimeout: options.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    rejectUnauthorized: true,
    will: { topic: options.will.topic, payload: Buffer.from(options.will.payload), qos: 1, retain: false },
  };
}

/** What a session needs of its connection: the port through which a simulated network takes its place. */
export type MqttLink = Pick<MqttSession, 'closed' | 'onMessage' | 'subscribe' | 'publish' | 'end' | 'drop'>;
export type MqttConnect = (options: MqttSessionOptions, signal: AbortSignal) => Promise<MqttLink>;

/** CONNACK return codes of MQTT 3.1.1, 3.2.2.3, as sentences. */
const REFUSALS: Readonly<Record<number, string>> = {
  2: 'the broker refuses the client id; check mqtt.clientId',
  3: 'the broker is not available',
  4: 'the broker refuses the user name or password; check mqtt.username and mqtt.passwordFile',
  5: 'the broker refuses the user name or password; check mqtt.username and mqtt.passwordFile',
};

function describe(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return REFUSALS[code] ?? messageOf(error);
  return messageOf(error) || String(code);
}
