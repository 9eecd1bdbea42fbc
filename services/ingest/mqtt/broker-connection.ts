import { readFile } from 'node:fs/promises';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { ConfigError, ConnectionError, messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { BrokerLink } from '#contracts/config/services.ts';
import { FILTERS, stateTopic } from '#contracts/sparkplug/topics.ts';

const RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;
const GOODBYE_MS = 1_000;
const REPEAT_PROBLEM_MS = 30_000;
const CANARY_MS = 3_000;
const CANARY_TOPIC = 'brest/canary';

export type ConnectionState = 'idle' | 'connecting' | 'online' | 'refused' | 'stopped';

export interface ConnectionOptions {
  readonly link: BrokerLink;
  /** Sparkplug host id, also the stem of the MQTT client id. */
  readonly hostId: string;
  /** Other workers of this group take a part of the data; see `sharedGroup` of the configuration. */
  readonly sharedGroup: string | undefined;
  readonly log: Logger;
  /** Never awaited and never to block: a handler that waits would hold back the keep-alive too. */
  readonly onMessage: (topic: string, payload: Buffer) => void;
  /** Subscribed and announced; called again after each reconnect. */
  readonly onOnline: () => void;
  readonly onOffline: () => void;
}

/** What ingest needs of its connection: the port through which a simulated network takes its place. */
export type BrokerPort = Pick<BrokerConnection, 'state' | 'start' | 'stop' | 'publish' | 'retain'>;

/**
 * The MQTT session of one ingest worker: clean, subscribed anew at each connect, announced by a retained STATE with
 * the same time stamp in the will (Sparkplug B 3.0, 6.4.25). mqtt.js' store and queue are not used: nothing relies on them.
 */
export class BrokerConnection {
  readonly #options: ConnectionOptions;
  #client: MqttClient | undefined;
  #state: ConnectionState = 'idle';
  #canary: { readonly topic: string } | undefined;
  #stateTimestampMs = 0;
  #toldProblem = '';
  #toldAtMs = -Infinity;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects in the background, again and again. @throws ConfigError when a password or authority file cannot be read. */
  async start(): Promise<void> {
    const { link, hostId, sharedGroup } = this.#options;
    const clientOptions: IClientOptions = {
      clientId: `${hostId}-${process.pid}-${Math.random().toString(36).slice(2, 8)}`,
      protocolVersion: sharedGroup === undefined ? 4 : 5,
      clean: true,
      keepalive: link.keepAliveS,
      reconnectPeriod: RECONNECT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectOnConnackError: true,
      resubscribe: false,
      queueQoSZero: false,
      ...(link.username !== undefined && { username: link.username }),
      ...(link.passwordFile !== undefined && { password: (await readSecret(link.passwordFile)).trimEnd() }),
      ...(link.caFile !== undefined && { ca: await readSecret(link.caFile) }),
      will: { topic: stateTopic(hostId), payload: this.#statePayload(false), qos: 1, retain: true },
    };
    this.#state = 'connecting';
    const client = connect(link.url, clientOptions);
    this.#client = client;
    client.on('connect', () => void this.#onConnect(client));
    client.on('message', (topic, payload) => {
      if (topic !== this.#canary?.topic) this.#options.onMessage(topic, payload);
    });
    client.on('error', (error) => {
      this.#onRefused(messageOf(error));
    });
    client.on('close', () => this.#onClose(client, clientOptions));
  }

  /** QoS 0, as Sparkplug wants commands. False when not connected: the receiver will ask again. */
  publish(topic: string, payload: Uint8Array): boolean {
    const client = this.#client;
    if (!client?.connected) return false;
    client.publish(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), { qos: 0 });
    return true;
  }

  /** Text that the broker keeps for whoever comes later; an empty one takes it away. QoS 0; false when not connected. */
  retain(topic: string, text: string): boolean {
    const client = this.#client;
    if (this.#state !== 'online' || !client?.connected) return false;
    client.publish(topic, text, { qos: 0, retain: true });
    return true;
  }

  /** Says goodbye by STATE, bounded in time. */
  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#state = 'stopped';
    if (!client) return;
    if (client.connected) {
      const goodbye = client.publishAsync(stateTopic(this.#options.hostId), this.#statePayload(false), {
        qos: 1,
        retain: true,
      });
      await Promise.race([goodbye.catch(() => undefined), pause(GOODBYE_MS)]);
    }
    await Promise.race([client.endAsync(false).catch(() => undefined), pause(GOODBYE_MS)]);
    client.end(true);
  }

  async #onConnect(client: MqttClient): Promise<void> {
    const { hostId, log, onOnline } = this.#options;
    try {
      if (this.#options.sharedGroup !== undefined) await this.#assertShares(client);
      const granted = await client.subscribeAsync(filtersFor(this.#options.sharedGroup), { qos: 1 });
      const refused = granted.filter(({ qos }) => qos === 128).map(({ topic }) => topic);
      if (refused.length > 0)
        log.error({ refused }, 'the broker does not let us read these topics; check the rights of our user');
      await client.publishAsync(stateTopic(hostId), this.#statePayload(true), { qos: 1, retain: true });
    } catch (error) {
      if (this.#client !== client) return;
      this.#onRefused(messageOf(error));
      client.reconnect();
      return;
    }
    if (this.#client !== client) return;
    this.#state = 'online';
    this.#toldProblem = '';
    log.info({ url: this.#options.link.url }, 'connected to the broker');
    onOnline();
  }

  /**
   * Some brokers grant `$share/...` as a plain topic and deliver nothing (Aedes, NATS 2.9): a message to ourselves tells.
   * @throws ConnectionError when it does not come
   */
  async #assertShares(client: MqttClient): Promise<void> {
    const topic = `${CANARY_TOPIC}/${this.#options.hostId}-${process.pid}`;
    const filter = `$share/canary/${topic}`;
    let came: () => void = () => undefined;
    const arrival = new Promise<boolean>((resolve) => (came = () => resolve(true)));
    const onMessage = (at: string): void => {
      if (at === topic) came();
    };
    this.#canary = { topic };
    client.on('message', onMessage);
    try {
      await client.subscribeAsync(filter, { qos: 1 });
      await client.publishAsync(topic, 'canary', { qos: 1 });
      if (await Promise.race([arrival, pause(CANARY_MS).then(() => false)])) return;
    } finally {
      client.off('message', onMessage);
      if (client.connected) await client.unsubscribeAsync(filter).catch(() => undefined);
    }
    throw new ConnectionError(
      'MQTT_NO_SHARED_SUBSCRIPTIONS',
      'this broker has no shared subscriptions; use mosquitto, EMQX or HiveMQ, or one worker without ingest.sharedGroup',
    );
  }

  /** Told at once and then from time to time: it is tried every second. */
  #onRefused(problem: string): void {
    const { log, link } = this.#options;
    if (this.#state !== 'stopped') this.#state = 'refused';
    const now = performance.now();
    if (problem === this.#toldProblem && now - this.#toldAtMs < REPEAT_PROBLEM_MS) return;
    this.#toldProblem = problem;
    this.#toldAtMs = now;
    log.warn({ problem, url: link.url }, 'the broker does not take us; check user, password and address');
  }

  #onClose(client: MqttClient, clientOptions: IClientOptions): void {
    // The next CONNECT needs a will with the time stamp that the next STATE will have.
    const will = { topic: stateTopic(this.#options.hostId), qos: 1 as const, retain: true };
    client.options.will = { ...will, payload: this.#statePayload(false, Date.now()) };
    clientOptions.will = client.options.will;
    if (this.#state === 'online') {
      this.#state = 'connecting';
      this.#options.log.warn('the connection to the broker is lost; connecting again');
      this.#options.onOffline();
    }
  }

  #statePayload(online: boolean, timestampMs = this.#stateTimestampMs || Date.now()): Buffer {
    this.#stateTimestampMs = timestampMs;
    return Buffer.from(JSON.stringify({ online, timestamp: timestampMs }));
  }
}

/**
 * Of a group only the machines' data is shared. Births, deaths and what the agents say of themselves (heartbeats, catalogues,
 * gaps: few and small) come to every worker, so that each can decode and knows who is there.
 */
export const filtersFor = (sharedGroup: string | undefined): string[] => [
  ...FILTERS.births,
  ...FILTERS.data.map((filter) =>
    sharedGroup === undefined || filter.includes('/NDATA/') ? filter : `$share/${sharedGroup}/${filter}`,
  ),
];

async function readSecret(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError('the services configuration', [
      { path: 'ingest.broker', message: `${file} cannot be read: ${messageOf(error)}` },
    ]);
  }
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
