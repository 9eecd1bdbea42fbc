import { randomBytes } from 'node:crypto';
import type { ConditionCommand } from '#contracts/condition.ts';
import type { DeliveryAck } from '#contracts/delivery.ts';
import { PublishedSequences } from '#contracts/sparkplug/outgoing.ts';
import { formatTopic, parseTopic, stateTopic } from '#contracts/sparkplug/topics.ts';
import { messageOf } from '#platform/errors.ts';
import { beginNewEpoch, changeStore, reachBeyond, type AgreementContext } from './agreement.ts';
import { Delivery, type DeliveryCounters } from './delivery.ts';
import { EdgeSession } from './edge-session.ts';
import { MqttSession, type MqttLink } from './mqtt-session.ts';
import { commandsIn } from './node-commands.ts';
import type { PublisherOptions } from './publisher-options.ts';
import { sessionOptions } from './session-options.ts';

/**
 * `connecting`: no MQTT session; `waiting`: for the primary host; `agreeing`: births are out, the store has not told yet what it has;
 * `delivering`.
 */
export type PublisherState = 'stopped' | 'connecting' | 'waiting' | 'agreeing' | 'delivering';

const REBIRTH_PAUSE_MS = 1_000;
const ANSWER_TIMEOUT_MS = 1_000;
const ANSWER_TIMEOUT_MAX_MS = 30_000;

interface Live {
  readonly mqtt: MqttLink;
  readonly session: EdgeSession;
  /** Aborted when the session is over. */
  readonly over: AbortController;
  delivering: AbortController | undefined;
  deliveryDone: Promise<void>;
}

/** The agent on MQTT: keeps a session up, announces machines, delivers the journal and takes acknowledgements. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #delivery: Delivery;
  readonly #published = new PublishedSequences();
  readonly #stop = new AbortController();
  #run: Promise<void> = Promise.resolve();
  #unsubscribe: () => void = () => {};
  #live: Live | undefined;
  #state: PublisherState = 'stopped';
  #detail: string | undefined;
  /** Deaths that follow when everything up to the sequence was sent. */
  readonly #deaths = new Map<string, number>();
  #commands: Promise<void> = Promise.resolve();
  #lastBirthAt = -Infinity;
  #rebirthTimer: NodeJS.Timeout | undefined;
  #hostOnline: (() => void) | undefined;
  /** The store took records of this epoch that are not ours; a new one begins with its next answer. */
  #hasClone = false;
  /** Names of the births since records were sent: only an answer to one of them tells of all that was sent. */
  readonly #birthsSince = new Set<string>();
  connects = 0;
  acknowledgements = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { delivery } = options.config;
    this.#delivery = new Delivery({
      journal: options.journal,
      clock: options.clock,
      limits: {
        records: delivery.windowRecords,
        bytes: delivery.windowBytes,
        backlogShare: delivery.backlogShare,
        ackTimeoutMs: delivery.ackTimeoutMs,
        ackTimeoutMaxMs: delivery.ackTimeoutMaxMs,
      },
      send: (record) => this.#send(record),
      onProgress: () => this.#sendDeaths(),
    });
  }

  get state(): { state: PublisherState; detail: string | undefined } {
    return { state: this.#state, detail: this.#detail };
  }

  get counters(): DeliveryCounters {
    return this.#delivery.counters;
  }

  start(): void {
    const { journal, pipeline } = this.#options;
    this.#delivery.begin();
    this.#unsubscribe = journal.onDurable(() => this.#delivery.wake());
    pipeline.listen({
      onMachineUp: (machineId) => this.#machineUp(machineId),
      onMachineDown: (machineId) => this.#deaths.set(machineId, journal.stats().head),
    });
    this.#run = this.#keepConnected();
  }

  /** Says goodbye (NDEATH) where there is a session; bounded in time. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#unsubscribe();
    clearTimeout(this.#rebirthTimer);
    await this.#run;
    this.#state = 'stopped';
  }

  async #keepConnected(): Promise<void> {
    const { retryMinMs, retryMaxMs } = this.#options.config.mqtt;
    let pauseMs = retryMinMs;
    while (!this.#stop.signal.aborted) {
      this.#state = 'connecting';
      try {
        const since = this.#options.clock.monotonic();
        const why = await this.#session();
        if (this.#stop.signal.aborted) return;
        this.#detail = why;
        this.#options.log.warn(
          { why },
          'the connection to the broker ended; the journal keeps what comes meanwhile',
        );
        if (this.#options.clock.monotonic() - since > 10_000) pauseMs = retryMinMs;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#detail = messageOf(error);
        this.#options.log.warn({ why: this.#detail, retryMs: pauseMs }, 'no connection to the broker');
      }
      await this.#sleep(pauseMs * (0.75 + Math.random() / 2));
      pauseMs = Math.min(pauseMs * 2, retryMaxMs);
    }
  }

  #sleep(ms: number, signal = this.#stop.signal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  }

  /** One MQTT session, from CONNECT to its end; answers why it ended. */
  async #session(): Promise<string> {
    const { config, journal, pipeline, clock } = this.#options;
    const bdSeq = await journal.nextBdSeq();
    const connect = this.#options.connect ?? MqttSession.connect;
    const mqtt = await connect(await sessionOptions(config, bdSeq, clock.now()), this.#stop.signal);
    this.connects += 1;
    const session = new EdgeSession({
      site: config.site,
      agent: config.agent,
      mqtt,
      bdSeq,
      qos: config.delivery.confirm === 'broker' ? 1 : config.mqtt.qos,
      journal,
      pipeline,
      published: this.#published,
      storeId: () => (config.delivery.confirm === 'store' ? journal.storeId : undefined),
      clock,
      maxPacketBytes: config.mqtt.maxPacketBytes,
      log: this.#options.log,
    });
    const over = new AbortController();
    const live: Live = { mqtt, session, over, delivering: undefined, deliveryDone: Promise.resolve() };
    void mqtt.closed.then(() => over.abort());
    const onStop = (): void => void this.#leave(live);
    this.#stop.signal.addEventListener('abort', onStop, { once: true });
    mqtt.onMessage((topic, payload) => this.#message(live, topic, payload));
    try {
      await mqtt.subscribe([
        formatTopic({ type: 'NCMD', group: config.site, edgeNode: config.agent }),
        ...(config.mqtt.primaryHost === undefined ? [] : [stateTopic(config.mqtt.primaryHost)]),
      ]);
      await this.#waitForHost(over.signal);
      if (!over.signal.aborted && !this.#stop.signal.aborted) await this.#work(live);
    } catch (error) {
      mqtt.drop();
      throw error;
    } finally {
      this.#stop.signal.removeEventListener('abort', onStop);
      this.#live = undefined;
      over.abort();
      await live.deliveryDone;
    }
    return mqtt.closed;
  }

  /** Sparkplug B 3.0, 6.4.1: with a primary host nothing is published before it is online. */
  async #waitForHost(signal: AbortSignal): Promise<void> {
    const { primaryHost } = this.#options.config.mqtt;
    if (primaryHost === undefined) return;
    this.#state = 'waiting';
    this.#detail = `waiting for the host application "${primaryHost}" to be online`;
    await new Promise<void>((resolve) => {
      this.#hostOnline = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#hostOnline = undefined;
  }

  /** Births, heartbeats, and births again while no store answers, until the session is over. */
  async #work(live: Live): Promise<void> {
    const { config, clock } = this.#options;
    const { signal } = live.over;
    this.#live = live;
    this.#birthsSince.clear();
    this.#births(live);
    if (config.delivery.confirm === 'broker') this.#deliver(live);
    let answerTimeoutMs = ANSWER_TIMEOUT_MS;
    while (!signal.aborted) {
      live.session.publishHealth(this.#options.health());
      await this.#sleep(config.delivery.heartbeatMs, signal);
      if (this.#state !== 'agreeing' || clock.monotonic() - this.#lastBirthAt < answerTimeoutMs) continue;
      this.#detail = 'no historian has answered to the birth yet';
      answerTimeoutMs = Math.min(answerTimeoutMs * 2, ANSWER_TIMEOUT_MAX_MS);
      this.#births(live);
    }
  }

  #births(live: Live): void {
    const { pipeline, journal, clock, config } = this.#options;
    this.#lastBirthAt = clock.monotonic();
    if (this.#state !== 'delivering') {
      this.#state = config.delivery.confirm === 'broker' ? 'delivering' : 'agreeing';
      this.#detail = undefined;
    }
    const birth = randomBytes(6).toString('hex');
    this.#birthsSince.add(birth);
    live.session.births(birth);
    for (const machineId of pipeline.catalogues.ids()) {
      const link = pipeline.linkOf(machineId);
      const isAway = link === 'offline' || link === 'silent' || link === 'refused';
      if (isAway || pipeline.catalogues.isRemoved(machineId))
        this.#deaths.set(machineId, journal.stats().head);
    }
  }

  #machineUp(machineId: string): void {
    this.#deaths.delete(machineId);
    this.#live?.session.birthOf(machineId);
  }

  #sendDeaths(): void {
    const session = this.#live?.session;
    if (!session || this.#deaths.size === 0) return;
    for (const [machineId, sequence] of this.#deaths) {
      if (!this.#delivery.window.isSent(sequence)) continue;
      session.deathOf(machineId);
      this.#deaths.delete(machineId);
    }
  }

  #deliver(live: Live): void {
    this.#birthsSince.clear();
    live.delivering = new AbortController();
    const signal = AbortSignal.any([live.delivering.signal, live.over.signal]);
    live.deliveryDone = this.#delivery.run(signal).catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'sending the journal failed; connecting anew');
      live.mqtt.drop();
    });
  }

  #send(record: Parameters<EdgeSession['publishRecord']>[0]): number {
    const live = this.#live;
    if (!live) return 0;
    if (this.#options.config.delivery.confirm === 'store') return live.session.publishRecord(record);
    const { sequence } = record;
    return live.session.publishRecord(record, (taken) => {
      if (taken) this.#acknowledge([[sequence, sequence]]);
    });
  }

  /** Clean end: NDEATH, then DISCONNECT. */
  async #leave(live: Live): Promise<void> {
    if (live.session.isBorn) live.session.nodeDeath();
    await live.mqtt.end();
  }

  // --- commands ---

  #message(live: Live, topic: string, payload: Uint8Array): void {
    const { primaryHost } = this.#options.config.mqtt;
    if (primaryHost !== undefined && topic === stateTopic(primaryHost)) {
      this.#hostState(live, payload);
      return;
    }
    if (parseTopic(topic)?.type !== 'NCMD') return;
    this.#commands = this.#commands
      .then(() => this.#command(live, payload))
      .catch((error: unknown) =>
        this.#options.log.warn({ why: messageOf(error) }, 'a command was not understood'),
      );
  }

  #hostState(live: Live, payload: Uint8Array): void {
    const state: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    const online = typeof state === 'object' && state !== null && 'online' in state && state.online === true;
    if (online) this.#hostOnline?.();
    else if (live.session.isBorn) void this.#leave(live);
  }

  async #command(live: Live, payload: Uint8Array): Promise<void> {
    for (const one of commandsIn(payload)) {
      if (one.kind === 'rebirth') this.#rebirth(live);
      else if (one.kind === 'stored') await this.#take(live, one.ack);
      else this.#ask(live, one.command);
    }
  }

  /** Acknowledgements of the store do not wait for a machine's answer. */
  #ask(live: Live, command: ConditionCommand): void {
    void this.#options.command?.(command).then((result) => {
      if (this.#live === live && live.session.isBorn) live.session.publishResult(result);
    });
  }

  /** At most one a second: many hosts may ask at once. */
  #rebirth(live: Live): void {
    if (this.#rebirthTimer || this.#live !== live) return;
    const wait = this.#lastBirthAt + REBIRTH_PAUSE_MS - this.#options.clock.monotonic();
    this.#rebirthTimer = setTimeout(
      () => {
        this.#rebirthTimer = undefined;
        if (this.#live === live && !live.over.signal.aborted) this.#births(live);
      },
      Math.max(0, wait),
    );
  }

  async #take(live: Live, ack: DeliveryAck): Promise<void> {
    const { journal, config } = this.#options;
    if (config.delivery.confirm !== 'store' || ack.epoch !== journal.stats().epoch || this.#live !== live)
      return;
    if (ack.head !== undefined) await this.#agree(live, ack, ack.head);
    else if (ack.store !== journal.storeId)
      this.#rebirth(live); // its answer will tell what it has
    else if (reachBeyond(ack.ranges, this.#delivery.sentHead)) {
      // Of another agent with this epoch: were they taken, records of ours that nobody has would be given up.
      this.#hasClone = true;
      this.#rebirth(live);
    } else if (!this.#hasClone) this.#acknowledge(ack.ranges);
  }

  #acknowledge(ranges: DeliveryAck['ranges']): void {
    this.acknowledgements += 1;
    if (this.#options.journal.acknowledge(ranges) > 0) this.#delivery.acknowledged();
  }

  /** The store's answer to a birth: what it has of this epoch, up to `head`. */
  async #agree(live: Live, ack: DeliveryAck, head: number): Promise<void> {
    const { journal } = this.#options;
    const isBeyond = head > Math.min(journal.publishableHead, this.#delivery.sentHead);
    if (this.#hasClone || ack.forked || isBeyond) {
      if (await this.#isQuiet(live, ack)) await this.#newEpoch(live, ack);
      return;
    }
    await journal.confirmHead();
    const isOther = journal.storeId !== ack.store;
    if (isOther) await changeStore(this.#agreement, ack);
    this.#acknowledge(ack.ranges);
    if (this.#live !== live || (this.#state === 'delivering' && !isOther)) return;
    live.delivering?.abort(); // another store: what was acknowledged to the last one is backlog again
    await live.deliveryDone;
    this.#state = 'delivering';
    this.#detail = undefined;
    this.#deliver(live);
  }

  /**
   * Whether the answer knows of all that was sent. What is under way may still be stored in this epoch, and would stand in the next one,
   * too: nothing more is sent, and the store is asked once more.
   */
  async #isQuiet(live: Live, { birth }: DeliveryAck): Promise<boolean> {
    if (live.delivering && !live.delivering.signal.aborted) {
      this.#hasClone = true;
      live.delivering.abort();
      await live.deliveryDone;
      this.#birthsSince.clear();
      this.#state = 'agreeing';
      if (this.#live === live) this.#births(live);
      return false;
    }
    return birth === undefined || this.#birthsSince.has(birth);
  }

  async #newEpoch(live: Live, ack: DeliveryAck): Promise<void> {
    await beginNewEpoch(this.#agreement, ack, this.#delivery.sentHead);
    this.#delivery.forgetSent();
    this.#hasClone = false;
    this.#state = 'agreeing';
    if (this.#live === live) this.#births(live);
  }

  get #agreement(): AgreementContext {
    return { ...this.#options, published: this.#published };
  }
}
