import { ConnectionError } from '#platform/errors.ts';
import type { MqttConnect, MqttLink, MqttSessionOptions } from '../../edge-agent/publish/mqtt-session.ts';
import { FILTERS } from '#contracts/sparkplug/topics.ts';
import type { BrokerPort, ConnectionOptions } from '../../services/ingest/mqtt/broker-connection.ts';
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts';

interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
}

interface Client {
  readonly name: string;
  readonly owner: SimulatedProcess;
  readonly filters: string[];
  /** Several ingest workers: each data message goes to one of them. */
  readonly sharesData: boolean;
  readonly will: Will | undefined;
  readonly take: (topic: string, payload: Buffer) => void;
  readonly closed: (why: string) => void;
  isOpen: boolean;
  /** Plugged in, but nothing comes through. */
  isSilent: boolean;
  /** When what was sent last arrives: one way keeps its order. */
  upMs: number;
  downMs: number;
}

export interface Weather {
  latencyMs: number;
  /** Of messages of QoS 0 that the broker loses, or hands on twice. */
  lossRate: number;
  doubleRate: number;
}

const RECONNECT_MS = 1_000;
const REFUSED_MS = 30;
/** After so long a half-open connection is found to be dead. */
const KEEP_ALIVE_MS = 4_000;

/** A broker and its cables, in memory: late, lossy, cut, half open, gone, as the seed wants it. */
export class SimulatedNetwork {
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #clients = new Set<Client>();
  readonly weather: Weather = { latencyMs: 5, lossRate: 0, doubleRate: 0 };
  isUp = true;
  /** Sees what an agent sends. */
  onSent: ((topic: string) => void) | undefined;

  constructor(time: VirtualTime, random: () => number) {
    this.#time = time;
    this.#random = random;
  }

  /** The port of the agent. */
  agentPort(owner: SimulatedProcess): MqttConnect {
    return (options, signal) => this.#connectAgent(owner, options, signal);
  }

  async #connectAgent(
    owner: SimulatedProcess,
    options: MqttSessionOptions,
    signal: AbortSignal,
  ): Promise<MqttLink> {
    await this.#sleep(this.#latency());
    if (!this.isUp || signal.aborted) {
      await this.#sleep(REFUSED_MS);
      throw new ConnectionError('MQTT_CONNECT_FAILED', 'the simulated broker is away');
    }
    const { promise: closed, resolve } = Promise.withResolvers<string>();
    let listener: (topic: string, payload: Uint8Array) => void = () => undefined;
    const client = this.#open({
      name: options.clientId,
      owner,
      will: options.will,
      sharesData: false,
      take: (topic, payload) => listener(topic, payload),
      closed: resolve,
    });
    return {
      closed,
      onMessage: (take) => void (listener = take),
      subscribe: async (topics) => {
        await this.#sleep(2 * this.#latency());
        if (!client.isOpen) throw new ConnectionError('MQTT_CONNECT_FAILED', 'the connection is lost');
        client.filters.push(...topics);
      },
      publish: (topic, payload, _qos, done) => {
        this.onSent?.(topic);
        this.#send(client, topic, payload);
        done?.(true);
      },
      end: async () => this.#close(client, { why: 'ended', withWill: false }),
      drop: () => this.#close(client, { why: 'dropped', withWill: true }),
    };
  }

  /** The port of an ingest worker. */
  ingestPort(owner: SimulatedProcess, sharesData: boolean): (options: ConnectionOptions) => BrokerPort {
    return (options) => new IngestLink(this, { owner, sharesData }, options);
  }

  connectIngest(
    options: ConnectionOptions,
    who: { owner: SimulatedProcess; sharesData: boolean },
    closed: () => void,
  ): Client | undefined {
    if (!this.isUp) return undefined;
    const client = this.#open({
      ...who,
      name: options.hostId,
      will: undefined,
      take: options.onMessage,
      closed,
    });
    client.filters.push(...FILTERS.births, ...FILTERS.data);
    return client;
  }

  #open(facts: Pick<Client, 'name' | 'owner' | 'will' | 'sharesData' | 'take' | 'closed'>): Client {
    for (const other of this.#clients)
      if (other.name === facts.name && other.owner.name === facts.owner.name)
        this.#close(other, { why: 'taken over', withWill: true });
    const client: Client = { ...facts, filters: [], isOpen: true, isSilent: false, upMs: 0, downMs: 0 };
    this.#clients.add(client);
    return client;
  }

  publish(client: Client, topic: string, payload: Uint8Array): void {
    this.#send(client, topic, payload);
  }

  leave(client: Client): void {
    this.#close(client, { why: 'left', withWill: false });
  }

  /** Cuts every connection of processes with this name; `silently`: nobody is told for a while. */
  cut(name: string, silently: boolean): void {
    for (const client of this.#clients) {
      if (client.owner.name !== name) continue;
      if (!silently) this.#close(client, { why: 'cut', withWill: true });
      else {
        client.isSilent = true;
        this.#time.after(KEEP_ALIVE_MS, () => this.#close(client, { why: 'no answer', withWill: true }));
      }
    }
  }

  /** The broker dies: everything under way is gone, no will is sent. */
  goDown(): void {
    this.isUp = false;
    for (const client of this.#clients) this.#close(client, { why: 'the broker is gone', withWill: false });
  }

  #close(client: Client, { why, withWill }: { why: string; withWill: boolean }): void {
    if (!client.isOpen) return;
    client.isOpen = false;
    this.#clients.delete(client);
    if (withWill && client.will) this.#route(client.will.topic, Buffer.from(client.will.payload));
    if (!client.owner.isDead) this.#time.as(client.owner, () => client.closed(why));
  }

  #send(client: Client, topic: string, payload: Uint8Array): void {
    if (!client.isOpen || client.isSilent || client.owner.isDead) return;
    const bytes = Buffer.from(payload); // whoever sends may use its buffer again
    client.upMs = Math.max(client.upMs, this.#time.elapsedMs + this.#latency());
    this.#time.after(client.upMs - this.#time.elapsedMs, () => {
      if (client.isOpen && this.isUp) this.#route(topic, bytes);
    });
  }

  #route(topic: string, payload: Buffer): void {
    if (this.#random() < this.weather.lossRate) return;
    const times = this.#random() < this.weather.doubleRate ? 2 : 1;
    const takers = [...this.#clients].filter(({ filters }) =>
      filters.some((filter) => matches(filter, topic)),
    );
    const sharers = takers.filter(({ sharesData }) => sharesData);
    const isData = topic.includes('/NDATA/') || topic.includes('/DDATA/');
    const chosen = sharers[Math.floor(this.#random() * sharers.length)];
    for (const client of takers) {
      if (isData && client.sharesData && client !== chosen) continue;
      for (let i = 0; i < times; i += 1) this.#hand(client, topic, payload);
    }
  }

  #hand(client: Client, topic: string, payload: Buffer): void {
    client.downMs = Math.max(client.downMs, this.#time.elapsedMs + this.#latency());
    this.#time.after(client.downMs - this.#time.elapsedMs, () => {
      if (!client.isOpen || client.isSilent || client.owner.isDead) return;
      this.#time.as(client.owner, () => client.take(topic, payload));
    });
  }

  #latency(): number {
    return this.weather.latencyMs * (0.5 + this.#random());
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** As the MQTT session of an ingest worker: tries again each second. */
class IngestLink implements BrokerPort {
  readonly #network: SimulatedNetwork;
  readonly #who: { readonly owner: SimulatedProcess; readonly sharesData: boolean };
  readonly #options: ConnectionOptions;
  #client: Client | undefined;
  state: BrokerPort['state'] = 'idle';

  constructor(
    network: SimulatedNetwork,
    who: { readonly owner: SimulatedProcess; readonly sharesData: boolean },
    options: ConnectionOptions,
  ) {
    this.#network = network;
    this.#who = who;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#connect();
  }

  async stop(): Promise<void> {
    this.state = 'stopped';
    if (this.#client) this.#network.leave(this.#client);
  }

  publish(topic: string, payload: Uint8Array): boolean {
    if (!this.#client?.isOpen) return false;
    this.#network.publish(this.#client, topic, payload);
    return true;
  }

  /** Nobody reads the plain view here. */
  retain(): boolean {
    return false;
  }

  #connect(): void {
    if (this.state === 'stopped') return;
    this.state = 'connecting';
    this.#client = this.#network.connectIngest(this.#options, this.#who, () => this.#again());
    if (!this.#client) {
      setTimeout(() => this.#connect(), RECONNECT_MS);
      return;
    }
    this.state = 'online';
    this.#options.onOnline();
  }

  #again(): void {
    if (this.state === 'stopped') return;
    this.state = 'connecting';
    this.#options.onOffline();
    setTimeout(() => this.#connect(), RECONNECT_MS);
  }
}

function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const parts = topic.split('/');
  return wanted.length === parts.length && wanted.every((part, i) => part === '+' || part === parts[i]);
}
