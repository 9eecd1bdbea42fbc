import { machineId } from '#domain/asset-path.ts';
import type { AppendOutcome, DeliveredRecord, SampleStore } from '#domain/sample-store.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { codeOf, messageOf } from '#platform/errors.ts';
import type { Service } from '#platform/lifecycle.ts';
import type { Logger } from '#platform/logger.ts';
import type { HealthComponent, Registry } from '#platform/metrics.ts';
import type { IngestConfig } from '#contracts/config/services.ts';
import type { AgentHealth } from '#contracts/delivery.ts';
import type { IngestCounters, Presence } from '#contracts/presence.ts';
import { parseTopic } from '#contracts/sparkplug/topics.ts';
import { Acknowledger } from './acknowledger.ts';
import { AgentCommands } from './agent-commands.ts';
import type { AgentLane, RawMessage } from './agent-lane.ts';
import { Appender, type PendingRecord } from './appender.ts';
import { AuditWatch } from './audit-watch.ts';
import { BirthDesk, type Refusal } from './birth-desk.ts';
import { CatalogueLearner } from './catalogue-learner.ts';
import { ConditionCommands } from './condition-commands.ts';
import { DeadLetterBox } from './dead-letter-box.ts';
import { MessageDecoder, type Decoded, type ReadyRecord } from './decode-message.ts';
import { EpochCloser, isSuperseding } from './epoch-closer.ts';
import { IdentityWatch } from './identity-watch.ts';
import { IngestMetrics } from './ingest-metrics.ts';
import { Intake } from './intake.ts';
import { BrokerConnection, type BrokerPort, type ConnectionOptions } from './mqtt/broker-connection.ts';
import { PlainView } from './plain-view.ts';
import { PresenceBoard } from './presence-board.ts';
import { StoreRetry } from './store-retry.ts';

const STOP_APPENDS_MS = 3_000;

export interface IngestOptions {
  readonly config: IngestConfig;
  /** Started by whoever made it. */
  readonly store: SampleStore;
  readonly registry: Registry;
  readonly log: Logger;
  readonly clock?: Clock;
  /** By default MQTT over the network. */
  readonly connect?: (options: ConnectionOptions) => BrokerPort;
}

/**
 * From the broker into the store: decodes what the agents publish, appends it in batches, and acknowledges to the
 * agent what is durable. No payload, and no failure of broker or store, ends it.
 */
export class Ingest implements Service {
  readonly #config: IngestConfig;
  readonly #store: SampleStore;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #decoder = new MessageDecoder();
  readonly #metrics: IngestMetrics;
  readonly #intake: Intake;
  readonly #appender: Appender;
  readonly #retry: StoreRetry;
  readonly #learner: CatalogueLearner;
  readonly #letters: DeadLetterBox;
  readonly #board: PresenceBoard;
  readonly #connection: BrokerPort;
  readonly #commands: AgentCommands;
  readonly machineCommands: ConditionCommands;
  readonly #births: BirthDesk;
  readonly #identities: IdentityWatch;
  readonly #closer: EpochCloser;
  readonly #plainView: PlainView;
  /** The books of all streams: looked at from time to time, and at will. */
  readonly audit: AuditWatch;
  #acknowledger: Acknowledger | undefined;

  constructor(options: IngestOptions) {
    const { config, store, registry, log, clock = systemClock } = options;
    const { connect = (to: ConnectionOptions) => new BrokerConnection(to) } = options;
    const { limits } = config;
    this.#config = config;
    this.#store = store;
    this.#log = log;
    this.#clock = clock;
    this.#retry = new StoreRetry(log);
    this.#identities = new IdentityWatch(clock, log);
    this.#learner = new CatalogueLearner(store, this.#retry, this.#identities.machines);
    this.#letters = new DeadLetterBox(store, limits.deadLettersPerSecond, log, clock);
    this.#board = new PresenceBoard(() => this.#counters());
    this.#appender = new Appender({
      store,
      limits,
      log,
      decodeAgain: (pending) => this.#decodeAgain(pending),
      onDurable: (records, outcome) => this.#onDurable(records, outcome),
      onRefused: (pending, reason) => this.#onStoreRefused(pending, reason),
      onForgotten: (records) => forget(records),
      onRoom: () => this.#intake.wake(),
    });
    this.#intake = new Intake({
      limits,
      hasRoom: () => this.#appender.hasRoom(),
      handle: (lane, message) => this.#handle(lane, message),
    });
    this.#metrics = new IngestMetrics(registry, this.#figures());
    this.#connection = connect({
      link: config.broker,
      hostId: config.hostId,
      sharedGroup: config.sharedGroup,
      log,
      onMessage: (topic, payload) => this.#onMessage(topic, payload),
      onOnline: () => this.#onOnline(),
      onOffline: () => undefined,
    });
    this.#births = new BirthDesk(this.#birthPorts());
    this.#closer = new EpochCloser({
      close: (stream, close) => store.closeStream(stream, close),
      supersededAfterMs: config.audit.supersededAfterMs,
      clock,
      log,
    });
    this.audit = new AuditWatch({ store, closer: this.#closer, registry, log, ...config.audit });
    const retain = (topic: string, text: string): boolean => this.#connection.retain(topic, text);
    this.#plainView = new PlainView({ config: config.plainView, store, presence: this.#board, retain, log });
    this.#commands = new AgentCommands({
      publish: (topic, payload) => this.#connection.publish(topic, payload),
      rebirthIntervalMs: limits.rebirthIntervalMs,
      metrics: this.#metrics,
      clock,
      log,
    });
    this.machineCommands = new ConditionCommands({
      presence: this.#board,
      send: (agent, command) => this.#commands.condition(agent, command),
    });
  }

  /** What the metrics ask for when they are read. */
  #figures(): ConstructorParameters<typeof IngestMetrics>[1] {
    return {
      queuedMessages: () => this.#intake.messages,
      queuedBytes: () => this.#intake.bytes,
      heldBytes: () => [...this.#intake.lanes()].reduce((sum, lane) => sum + lane.heldBytes, 0),
      pendingRecords: () => this.#appender.pending,
      appendsInFlight: () => this.#appender.inFlight,
      duplicateAgents: () => this.#identities.count('DUPLICATE_AGENT'),
    };
  }

  #birthPorts(): ConstructorParameters<typeof BirthDesk>[0] {
    return {
      storeId: () => this.#store.storeId,
      open: (stream) => this.#retry.until(() => this.#store.openStream(stream)),
      announce: (state, about) => this.#acknowledger?.announce(state, about),
      releaseHeld: (lane) => this.#intake.requeue(lane, lane.releaseHeld()),
      askRebirth: (lane) => this.#commands.askRebirth(lane),
      refuse: (message, why) => this.#refuse(message, why),
      learner: this.#learner,
      board: this.#board,
      log: this.#log,
    };
  }

  get presence(): Presence {
    return this.#board;
  }

  /** Does not wait for the broker: it is tried again and again. */
  async start(): Promise<void> {
    this.#acknowledger = new Acknowledger({
      store: this.#store,
      perSecond: this.#config.limits.acknowledgementsPerSecond,
      send: (stream, ack) => this.#commands.acknowledge(stream, ack),
      clock: this.#clock,
    });
    this.audit.start();
    if (this.#config.sharedGroup === undefined) this.#plainView.start();
    await this.#connection.start();
  }

  /** Writes what it has, acknowledges it, says goodbye. */
  async stop(): Promise<void> {
    this.#retry.stop();
    this.#plainView.stop();
    await this.audit.stop();
    await this.#appender.stop(STOP_APPENDS_MS);
    this.#acknowledger?.flush();
    this.#acknowledger?.stop();
    await this.#connection.stop();
  }

  health(): readonly HealthComponent[] {
    const { state } = this.#connection;
    const problem = this.#appender.problem ?? this.#retry.problem;
    return [
      { name: 'broker', status: state === 'online' ? 'ok' : 'down', detail: state },
      {
        name: 'ingest',
        status: problem === undefined ? 'ok' : 'down',
        detail: problem ?? `${this.#appender.pending} records on their way into the store`,
      },
      this.audit.health(),
      this.#identities.health(),
    ];
  }

  #counters(): IngestCounters {
    const { messages, samples, duplicates, rejected } = this.#metrics;
    return {
      messages,
      samples,
      duplicates,
      rejected,
      pending: this.#appender.pending,
      connectedToBroker: this.#connection.state === 'online',
    };
  }

  #onMessage(topicText: string, payload: Buffer): void {
    const topic = parseTopic(topicText);
    if (!topic) return;
    this.#metrics.message(topic.type);
    const offered = this.#intake.offer({ topic, topicText, payload, receivedAtMs: this.#clock.now() });
    if (offered !== 'taken') this.#metrics.dropped(offered);
  }

  /** What happened while we were away is not known: agents are heard anew, and asked for a birth. */
  #onOnline(): void {
    for (const lane of this.#intake.lanes()) lane.born = false;
    this.#board.forgetOnline();
    this.#acknowledger?.flush();
    this.#plainView.forget();
  }

  #handle(lane: AgentLane, message: RawMessage): Promise<void> | undefined {
    try {
      const done = this.#dispatch(lane, message);
      return done?.catch((error: unknown) => this.#onUnreadable(message, error));
    } catch (error) {
      return this.#onUnreadable(message, error);
    }
  }

  /** Whatever a payload does, it ends among the dead letters, not in the process. */
  #onUnreadable(message: RawMessage, error: unknown): Promise<void> {
    if (codeOf(error) !== 'SPARKPLUG_MALFORMED')
      this.#log.error({ err: error, topic: message.topicText }, 'a message could not be handled');
    return this.#refuse(message, { code: 'SPARKPLUG_MALFORMED', reason: messageOf(error) });
  }

  #dispatch(lane: AgentLane, message: RawMessage): Promise<void> | undefined {
    const { topic, receivedAtMs } = message;
    switch (topic.type) {
      case 'NBIRTH':
        return this.#births.node(lane, message);
      case 'DBIRTH':
        return this.#births.device(lane, message, topic.device);
      case 'NDEATH':
        this.#births.nodeDeath(lane, message);
        return undefined;
      case 'DDEATH':
        this.#board.agentHeard(lane.site, lane.agent, receivedAtMs);
        this.#board.machineDied(machineId(lane.site, topic.device));
        return undefined;
      case 'NDATA':
      case 'DDATA':
        this.#board.agentHeard(lane.site, lane.agent, receivedAtMs);
        if (!lane.born) this.#commands.askRebirth(lane);
        return this.#data(lane, message, this.#decoder.decode(message, lane));
      default:
        return undefined;
    }
  }

  #data(lane: AgentLane, message: RawMessage, decoded: Decoded): Promise<void> | undefined {
    switch (decoded.outcome) {
      case 'record':
        return this.#record(message, decoded);
      case 'catalogue':
        return this.#takeCatalogue(lane, message, decoded);
      case 'health':
        this.#health(lane, decoded.health, message.receivedAtMs);
        return undefined;
      case 'hold':
        if (!lane.hold(decoded.key, message, this.#config.limits.heldBytesPerAgent))
          this.#metrics.dropped('held-full');
        this.#commands.askRebirth(lane);
        return undefined;
      case 'refused': {
        const { header } = decoded;
        const stream = header && { agent: lane.agent, epoch: header.epoch };
        return this.#refuse(message, { ...decoded, stream, sequence: header?.sequence });
      }
      case 'command-result':
        this.machineCommands.answered(decoded.result);
        return undefined;
      case 'nothing':
        return undefined;
    }
  }

  #health(lane: AgentLane, health: AgentHealth, receivedAtMs: number): void {
    this.#board.health(lane.site, lane.agent, health, receivedAtMs);
    this.audit.heartbeat(lane.agent, health);
    if (this.#identities.heard(lane, health)) this.#commands.askRebirth(lane);
  }

  /** The end of another epoch is in the store before the event that tells of it: should we be killed between, it comes again. */
  #record(message: RawMessage, decoded: ReadyRecord): Promise<void> | undefined {
    const { record } = decoded;
    if (record.kind !== 'event' || !isSuperseding(record)) {
      this.#take(message, decoded);
      return undefined;
    }
    const closing = this.#retry.until(() => this.#closer.superseded(record));
    return closing.then(() => this.#take(message, decoded));
  }

  #take(message: RawMessage, decoded: ReadyRecord): void {
    const { stream, record, samples, newestMs, said } = decoded;
    if (record.kind === 'samples' && newestMs !== undefined)
      this.#board.machineAlive(record.machine, message.receivedAtMs);
    if (stream.pending.get(record.sequence) === record.checksum) {
      this.#metrics.duplicate();
      return;
    }
    stream.pending.set(record.sequence, record.checksum);
    const { receivedAtMs, payload } = message;
    const timesNo =
      said &&
      this.#board.times.note(stream.key, record.sequence, {
        ...said,
        receivedAtMs,
        samples,
        payloadBytes: payload.length,
      });
    this.#appender.add({ stream, record, samples, newestMs, message, timesNo });
  }

  async #takeCatalogue(
    lane: AgentLane,
    message: RawMessage,
    decoded: Extract<Decoded, { outcome: 'catalogue' }>,
  ): Promise<void> {
    const { stream, record, learn } = decoded;
    const problem = await this.#learner.learn(stream, learn);
    if (problem) {
      await this.#refuse(message, { ...problem, stream: stream.key, sequence: record.sequence });
      return;
    }
    this.#take(message, decoded);
    this.#intake.requeue(lane, lane.releaseHeld());
  }

  async #refuse(message: RawMessage, why: Refusal): Promise<void> {
    const { code, reason, stream, sequence, samples } = why;
    this.#metrics.refused(code);
    const kept = await this.#letters.put({ message, code, reason, stream, sequence, samples });
    if (!kept) this.#metrics.dropped('dead-letters-limited');
    else if (stream && sequence !== undefined) this.#acknowledger?.add(stream, sequence);
  }

  #decodeAgain({ message, record, stream }: PendingRecord): DeliveredRecord | undefined {
    if (record.kind !== 'samples') return record;
    const again = this.#decoder.decodeFor(message, stream);
    return again.outcome === 'record' ? again.record : undefined;
  }

  #onDurable(records: readonly PendingRecord[], outcome: AppendOutcome): void {
    this.#metrics.stored(outcome);
    const now = this.#clock.now();
    for (const { stream, record, newestMs, timesNo } of records) {
      stream.pending.delete(record.sequence);
      this.#acknowledger?.add(stream.key, record.sequence);
      this.#closer.heard(stream.key);
      if (timesNo !== undefined) this.#board.times.committed(timesNo, now);
      if (newestMs !== undefined) this.#metrics.lag(now - newestMs);
    }
    this.#metrics.fork(outcome.forks.length);
    for (const { stream } of outcome.forks) {
      this.#identities.forked(stream);
      for (const lane of this.#intake.lanes()) if (lane.fork(stream)) this.#commands.askRebirth(lane);
    }
  }

  #onStoreRefused(pending: PendingRecord, reason: string): void {
    forget([pending]);
    const { message, stream, samples } = pending;
    const { sequence } = pending.record;
    void this.#refuse(message, { code: 'STORE_REFUSED', reason, stream: stream.key, sequence, samples });
  }
}

function forget(records: readonly PendingRecord[]): void {
  for (const { stream, record } of records) stream.pending.delete(record.sequence);
}
