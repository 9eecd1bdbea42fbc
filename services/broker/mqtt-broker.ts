import {
  Aedes,
  type AedesPublishPacket,
  type AuthenticateError,
  type Client,
  type ConnectPacket,
} from 'aedes';
import { createRegistry, Counter, type HealthComponent, type Registry } from '#platform/metrics.ts';
import type { Logger } from '#platform/logger.ts';
import type { Service } from '#platform/lifecycle.ts';
import type { BrokerClient, BrokerConfig } from '#contracts/config/broker.ts';
import { createAccessPolicy, type AccessPolicy, type Refusal } from './access-policy.ts';
import { BoundedPersistence } from './bounded-persistence.ts';
import { registerBrokerGauges } from './broker-gauges.ts';
import { ClientAccounts } from './client-accounts.ts';
import { Doorstep } from './doorstep.ts';
import { Listeners, type Connection, type ListenerPorts } from './listeners.ts';
import { guardStream } from './packet-guard.ts';
import { PublishGate } from './publish-gate.ts';
import { RefusalLog } from './refusal-log.ts';
import { SubscriberWatch, unread, type WatchedSubscriber } from './subscriber-watch.ts';

const CLIENT_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** Publishers wait while an ingest worker has more than this unread: it is the one reader that must not lose. */
const INGEST_UNREAD_BYTES = 8_388_608;
/** QoS 2 messages of one client between PUBLISH and PUBREL. */
const MAX_INFLIGHT_QOS2 = 20;

/** CONNACK return codes of MQTT 3.1.1, 3.2.2.3. */
const IDENTIFIER_REJECTED = 2;
const SERVER_UNAVAILABLE = 3;
const BAD_USERNAME_OR_PASSWORD = 4;
const NOT_AUTHORIZED = 5;

/** What we know of one connection. */
interface Peer {
  readonly connection: Connection;
  readonly watched: WatchedSubscriber;
  readonly gate: PublishGate;
  connect: ConnectPacket | undefined;
  account: BrokerClient | undefined;
  policy: AccessPolicy | undefined;
}

interface Credentials {
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
}

export type PolicyFactory = (account: BrokerClient, limits: BrokerConfig['limits']) => AccessPolicy;

/** Parts of Aedes that its types leave out. `length` and `emit` are those of mqemitter. */
interface BrokerInternals {
  readonly mq: {
    readonly length: number;
    emit(packet: AedesPublishPacket, done?: (error?: Error) => void): unknown;
  };
  readonly clients: Readonly<Record<string, Client | undefined>>;
}

interface ClientInternals {
  waitForDrain?: (done: (error: Error | null) => void) => void;
}

/** Aedes with authentication, topic rights, bounds, and nobody waiting for a frozen neighbour. */
export class MqttBroker implements Service {
  readonly #config: BrokerConfig;
  readonly #log: Logger;
  readonly #createPolicy: PolicyFactory;
  readonly registry: Registry = createRegistry();
  readonly #refusals: RefusalLog;
  readonly #accounts: ClientAccounts;
  readonly #watch: SubscriberWatch;
  readonly #listeners: Listeners;
  readonly #doorstep: Doorstep;
  readonly #persistence: BoundedPersistence;
  readonly #peers = new Map<Client, Peer>();
  /** User that a client id belongs to, while it is connected or has a lasting session. */
  readonly #owners = new Map<string, string>();
  readonly #ingestWorkers = new Set<WatchedSubscriber>();
  #aedes: (Aedes & BrokerInternals) | undefined;
  #queuedBytes = 0;
  #ports: ListenerPorts = {};
  readonly #messages: Counter;
  readonly #bytes: Counter;

  constructor(config: BrokerConfig, log: Logger, createPolicy: PolicyFactory = createAccessPolicy) {
    const { limits } = config;
    this.#config = config;
    this.#log = log;
    this.#createPolicy = createPolicy;
    this.#refusals = new RefusalLog(log, this.registry);
    this.#accounts = new ClientAccounts(config.clientsFile, log, () => this.#recheckAccounts());
    this.#watch = new SubscriberWatch(limits);
    this.#listeners = new Listeners(config.listen, limits, (connection) => this.#accept(connection));
    this.#doorstep = new Doorstep(limits, (code, { socket, address }) => {
      this.#refusals.add(code, { address });
      socket.destroy();
    });
    const counter = (name: string, help: string): Counter =>
      new Counter({ name, help, registers: [this.registry] });
    const dropped = counter(
      'broker_offline_messages_dropped_total',
      'Messages for clients that are away, dropped at the bound',
    );
    this.#persistence = new BoundedPersistence(
      {
        messagesPerClient: limits.offlineMessagesPerClient,
        bytesPerClient: limits.offlineBytesPerClient,
        sessions: limits.sessions,
      },
      (count) => dropped.inc(count),
    );
    this.#messages = counter('broker_messages_received_total', 'Messages published by clients');
    this.#bytes = counter('broker_bytes_received_total', 'Bytes of payload published by clients');
    registerBrokerGauges(this.registry, {
      roles: () => [...this.#peers.values()].flatMap(({ account }) => (account ? [account.role] : [])),
      queuedMessages: () => this.#aedes?.mq.length ?? 0,
      queuedBytes: () => this.#queuedBytes,
    });
  }

  get ports(): ListenerPorts {
    return this.#ports;
  }

  async start(): Promise<void> {
    await this.#accounts.start();
    const { limits } = this.#config;
    const aedes: Aedes = await Aedes.createBroker({
      persistence: this.#persistence,
      drainTimeout: limits.drainTimeoutMs,
      connectTimeout: limits.loginTimeoutMs,
      maxTopicLevels: limits.topicLevels,
      maxInflightInbound: MAX_INFLIGHT_QOS2,
      maxClientsIdLength: 128,
      preConnect: (client, packet, done) => {
        const peer = this.#peers.get(client);
        if (peer) peer.connect = packet;
        done(null, peer !== undefined);
      },
      authenticate: (client, username, password, done) => {
        void this.#answerLogin(client, { username, password }, done);
      },
      authorizePublish: (client, packet, done) => this.#authorizePublish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        done(null, this.#refuseSubscribe(client, subscription.topic) ? null : subscription),
      authorizeForward: (client, packet) => this.#authorizeForward(client, packet),
    });
    this.#aedes = aedes as Aedes & BrokerInternals;
    this.#countQueuedBytes(this.#aedes);
    aedes.on('clientError', (client, error) => this.#onClientError(client, error));
    aedes.on('connectionError', (client, error) => this.#onClientError(client, error));
    this.#watch.start();
    this.#ports = await this.#listeners.start();
  }

  async stop(): Promise<void> {
    const aedes = this.#aedes;
    this.#aedes = undefined;
    this.#accounts.stop();
    this.#watch.stop();
    if (aedes)
      await new Promise<void>((resolve) => {
        aedes.close(resolve);
      });
    await this.#listeners.stop();
  }

  health(): readonly HealthComponent[] {
    const congested = this.#isCongested();
    return [
      {
        name: 'listeners',
        status: this.#aedes ? 'ok' : 'down',
        detail: Object.entries(this.#ports)
          .map(([transport, port]) => `${transport} ${port}`)
          .join(', '),
      },
      {
        name: 'queue',
        status: congested ? 'degraded' : 'ok',
        detail: `${this.#aedes?.mq.length ?? 0} messages, ${this.#queuedBytes} bytes`,
      },
    ];
  }

  #accept(connection: Connection): void {
    const { stream, socket } = connection;
    const { limits } = this.#config;
    const aedes = this.#aedes;
    if (!aedes || !this.#doorstep.hasRoom(connection)) {
      socket.destroy();
      return;
    }
    guardStream(stream, limits, (fault) => {
      this.#refusals.add(fault, this.#factsOf(client));
      socket.destroy();
    });
    const client = aedes.handle(stream, connection.request);
    const watched: WatchedSubscriber = {
      stream,
      socket,
      onSlow: (detail) => {
        this.#refusals.add('SLOW_SUBSCRIBER', { ...this.#factsOf(client), detail });
        socket.destroy();
        client.close();
      },
    };
    const gate = new PublishGate({
      messagesPerSecond: limits.messagesPerSecond,
      isCongested: () => this.#isCongested(),
    });
    const peer: Peer = {
      connection,
      watched,
      gate,
      connect: undefined,
      account: undefined,
      policy: undefined,
    };
    this.#peers.set(client, peer);
    this.#doorstep.enter(peer);
    this.#watch.add(watched);
    // A delivery is done when it is handed to the socket: the watch bounds what waits there.
    (client as ClientInternals).waitForDrain = (done) => setImmediate(done, null);
    stream.once('close', () => this.#forget(client, peer));
  }

  #forget(client: Client, peer: Peer): void {
    this.#peers.delete(client);
    this.#doorstep.leave(peer);
    this.#ingestWorkers.delete(peer.watched);
    this.#watch.remove(peer.watched);
    peer.gate.close();
    if (peer.connect?.clean !== false && client.id) {
      const takenOver = [...this.#peers.keys()].some((other) => other.id === client.id);
      if (!takenOver) this.#owners.delete(client.id);
    }
  }

  async #answerLogin(
    client: Client,
    credentials: Credentials,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): Promise<void> {
    let code: number | undefined = SERVER_UNAVAILABLE;
    try {
      code = await this.#authenticate(client, credentials);
    } catch (error) {
      this.#log.error({ err: error }, 'a login could not be checked');
    }
    if (code === undefined) done(null, true);
    else done(Object.assign(new Error('refused'), { returnCode: code }), false);
  }

  /** The return code of a refusal (MQTT 3.1.1, 3.2.2.3), or `undefined`. */
  async #authenticate(client: Client, { username, password }: Credentials): Promise<number | undefined> {
    const peer = this.#peers.get(client);
    if (!peer?.connect) return SERVER_UNAVAILABLE;
    const { connect, connection } = peer;
    const facts = { user: username, clientId: connect.clientId, address: connection.address };
    // 3.1.3-8: an empty client id needs a clean session.
    if (connect.clientId === '' ? connect.clean === false : !CLIENT_ID.test(connect.clientId)) {
      this.#refusals.add('CLIENT_ID_REJECTED', facts);
      return IDENTIFIER_REJECTED;
    }
    const result = await this.#accounts.login(username, password, connection.address);
    if (typeof result === 'string') {
      this.#refusals.add(result, facts);
      return result === 'TOO_MANY_LOGINS' ? SERVER_UNAVAILABLE : BAD_USERNAME_OR_PASSWORD;
    }
    const owner = this.#owners.get(client.id);
    if (owner !== undefined && owner !== result.username) {
      this.#refusals.add('CLIENT_ID_TAKEN', facts);
      return IDENTIFIER_REJECTED;
    }
    const policy = this.#createPolicy(result, this.#config.limits);
    const { will } = connect;
    if (will && policy.refusePublish(will.topic, will.retain ?? false)) {
      this.#refusals.add('WILL_NOT_ALLOWED', { ...facts, topic: will.topic });
      return NOT_AUTHORIZED;
    }
    // It may have gone while its password was looked at.
    if (!this.#peers.has(client)) return SERVER_UNAVAILABLE;
    if (!this.#doorstep.login(peer)) {
      this.#refusals.add('TOO_MANY_CONNECTIONS', facts);
      return SERVER_UNAVAILABLE;
    }
    this.#rememberOwner(client.id, result.username);
    peer.account = result;
    if (result.role === 'ingest') this.#ingestWorkers.add(peer.watched);
    peer.policy = policy;
    return undefined;
  }

  #rememberOwner(clientId: string, username: string): void {
    this.#owners.delete(clientId);
    this.#owners.set(clientId, username);
    const { connections, sessions } = this.#config.limits;
    if (this.#owners.size <= connections + sessions) return;
    const connected = new Set([...this.#peers.keys()].map(({ id }) => id));
    const gone = [...this.#owners.keys()].find((id) => !connected.has(id));
    if (gone !== undefined) this.#owners.delete(gone);
  }

  #authorizePublish(
    client: Client | null,
    packet: { readonly topic: string; readonly payload: string | Buffer; readonly retain?: boolean },
    done: (error?: Error | null) => void,
  ): void {
    const peer = client ? this.#peers.get(client) : undefined;
    // No peer: a will, sent after its connection is gone. It was checked at CONNECT, against the same topic.
    if (!client || !peer) {
      done(null);
      return;
    }
    const code = peer.policy
      ? (peer.policy.refusePublish(packet.topic, packet.retain === true) ??
        this.#refuseRetained(packet.topic, packet.retain === true))
      : 'PUBLISH_NOT_ALLOWED';
    if (code) {
      this.#refusals.add(code, { ...this.#factsOf(client), topic: packet.topic });
      done(new Error(code));
      return;
    }
    this.#messages.inc();
    this.#bytes.inc(packet.payload.length);
    peer.gate.enter(() => done(null));
  }

  #refuseRetained(topic: string, retain: boolean): Refusal | undefined {
    const full = this.#persistence.retainedCount >= this.#config.limits.retainedMessages;
    return retain && full && !this.#persistence.isRetained(topic) ? 'TOO_MANY_RETAINED' : undefined;
  }

  #refuseSubscribe(client: Client, filter: string): boolean {
    const peer = this.#peers.get(client);
    const held = Object.keys((client as { subscriptions?: object }).subscriptions ?? {});
    const tooMany =
      held.length >= this.#config.limits.subscriptionsPerClient && !held.includes(filter)
        ? 'TOO_MANY_SUBSCRIPTIONS'
        : undefined;
    const code = peer?.policy ? (peer.policy.refuseSubscribe(filter) ?? tooMany) : 'SUBSCRIBE_NOT_ALLOWED';
    if (!code) return false;
    this.#refusals.add(code, { ...this.#factsOf(client), topic: filter });
    return true;
  }

  #authorizeForward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    const peer = this.#peers.get(client);
    if (peer?.policy?.mayReceive(packet.topic) !== true) return null;
    return this.#watch.hasRoom(peer.watched) ? packet : null;
  }

  #isCongested(): boolean {
    const { queuedMessages, queuedBytes } = this.#config.limits;
    if ((this.#aedes?.mq.length ?? 0) > queuedMessages || this.#queuedBytes > queuedBytes) return true;
    for (const watched of this.#ingestWorkers) if (unread(watched) > INGEST_UNREAD_BYTES) return true;
    return false;
  }

  #countQueuedBytes({ mq }: BrokerInternals): void {
    const emit = mq.emit.bind(mq);
    mq.emit = (packet, done) => {
      const size = packet.payload.length;
      this.#queuedBytes += size;
      return emit(packet, (error) => {
        this.#queuedBytes -= size;
        done?.(error);
      });
    };
  }

  #onClientError(client: Client, error: Error): void {
    const facts = this.#factsOf(client);
    this.#log.debug({ ...facts, problem: error.message }, 'a connection ended with an error');
  }

  /** A user that was removed or changed loses its connections. */
  #recheckAccounts(): void {
    for (const [client, { account }] of this.#peers) {
      const now = account && this.#accounts.get(account.username);
      if (account && JSON.stringify(now) !== JSON.stringify(account)) client.close();
    }
  }

  #factsOf(client: Client): { user?: string; clientId: string; address?: string } {
    const peer = this.#peers.get(client);
    return {
      ...(peer?.account && { user: peer.account.username }),
      clientId: client.id ?? '',
      ...(peer && { address: peer.connection.address }),
    };
  }
}
