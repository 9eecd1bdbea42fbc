/** One connection to one machine from session to loss: namespaces, limits, signals, subscription, values. */
import { coerceNodeId, type DataValue } from 'node-opcua-client';
import type { EdgeAgentConfig, MachineConfig } from '#contracts/config/edge-agent.ts';
import { msToNs } from '#domain/time.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { SourceMachine, SourceSink } from '../../pipeline/source.ts';
import type { BrowseContext } from './browse.ts';
import { UaFailure, toFailure } from './failure.ts';
import { adoptItems, createItems, deleteItems, itemFingerprint, itemSettings, type Item, type ItemContext } from './item-table.ts'; // prettier-ignore
import { watchLiveness } from './liveness.ts';
import { inChunks, readOperationLimits, type OperationLimits } from './limits.ts';
import type { NotificationReader } from './notification-reader.ts';
import type { Pace } from './pace.ts';
import type { OwnIdentity } from './pki.ts';
import { PublishLoop } from './publish-loop.ts';
import { openSession, readAttributes, readNamespaces, type UaServices, type UaSession } from './session.ts';
import { anySelectable, selectSignals, type Selection } from './signal-selection.ts';
import { createSubscription, deleteSubscription, keptSubscription, parseHints, transferSubscription, type Subscription, type Transfer, type SubscriptionHints, wishOf } from './subscription.ts'; // prettier-ignore
import { Timers } from './timers.ts';
import type { Watchdog } from './watchdog.ts';

export interface LiveSessionOptions {
  readonly config: MachineConfig;
  readonly machine: SourceMachine;
  readonly client: EdgeAgentConfig['opcua'];
  readonly identity: () => Promise<OwnIdentity>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly sink: SourceSink;
  /** Outlives this connection: it knows what was delivered last. */
  readonly reader: NotificationReader;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** The signals were marked Bad: fresh values are owed once online. */
  readonly wasAway: boolean;
  /** Session that a lost connection left behind. */
  readonly resume: UaServices | undefined;
  /** The old subscription was there and silent: a new one is made, the old one deleted. */
  readonly startAfresh: boolean;
  /** Last sign of life, ms since 1970 on the agent's clock; outlives this connection. */
  readonly alive: { ms: number };
  readonly onPhase: (phase: 'connecting' | 'browsing' | 'subscribing') => void;
  readonly onItems: (items: { live: number; failed: number; detail: string }) => void;
  readonly onOnline: () => void;
  readonly onSilent: (failure: UaFailure) => void;
}

/** Server_ServerStatus_StartTime. */
const START_TIME = coerceNodeId('i=2257');

/** Refused items and missing nodes are tried again after 60 s, then twice as long each time, up to 10 min. */
const RETRY_ITEMS_MS = 60_000;
const RETRY_ITEMS_MAX_MS = 600_000;
const SAVE_ALIVE_MS = 30_000;
/** Notifications. */
const SETTLED_AFTER = 5;

export class LiveSession {
  readonly #options: LiveSessionOptions;
  #ua: UaSession | undefined;
  #limits: OperationLimits = { read: 100, browse: 100, monitoredItems: 100 };
  #serverStartMs: number | null = null;
  #loop: PublishLoop | undefined;
  #watchdog: Watchdog | undefined;
  readonly #timers: Timers;
  #items: Item[] = [];
  #selection: Selection = { signals: [], failed: [], root: undefined };
  #subscription: Subscription | undefined;
  #hints: SubscriptionHints | undefined;
  #sinceInitial = 0;
  #end: (outcome: UaFailure | 'again') => void = () => undefined;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    this.#timers = new Timers((error) => this.#end(toFailure(error, options.config.opcua.endpoint)));
  }

  /** Resolves when the connection is over: why, or `again` for a fresh start without an outage. @throws UaFailure before it is online */
  async run(): Promise<UaFailure | 'again'> {
    const { config, client, identity, signal, pace, onPhase, onOnline } = this.#options;
    const ended = new Promise<UaFailure | 'again'>((resolve) => {
      this.#end = resolve;
    });
    signal.addEventListener('abort', () => this.#end('again'), { once: true });
    onPhase('connecting');
    // Discovery, channel, session: about eight requests.
    await pace.take(8, signal);
    this.#stopIfAborted();
    const ua = await openSession({
      endpoint: config.opcua,
      identity: await identity(),
      timeoutMs: client.connectTimeoutMs,
      clientName: `edge agent, ${config.id}`,
      resume: this.#options.resume,
    });
    this.#ua = ua;
    void ua.lost.then((failure) => this.#end(failure));
    this.#stopIfAborted();
    onPhase('browsing');
    await this.#learn(ua);
    onPhase('subscribing');
    const subscription = await this.#establish(ua);
    this.#watch(ua, subscription);
    onOnline();
    this.#loop?.start();
    this.#retryLater(this.#itemContext(ua, subscription.id), RETRY_ITEMS_MS);
    return ended;
  }

  /** True once the session was there: one to resume was taken up, or is of no use. */
  get hadSession(): boolean {
    return this.#ua !== undefined;
  }

  /**
   * Bounded in time, never throws. `lost`: the connection is over, the machine stays; answers a session that the next
   * connection may activate again.
   */
  async close(how: 'keep' | 'remove' | 'lost'): Promise<UaServices | undefined> {
    this.#loop?.stop();
    this.#watchdog?.stop();
    this.#timers.close();
    if (how === 'lost') return this.#ua?.letGo();
    await this.#ua?.close(how);
    return undefined;
  }

  #stopIfAborted(): void {
    if (this.#options.signal.aborted)
      throw new UaFailure('retry', 'STOPPED', 'the agent stops', 'Nothing to do');
  }

  #paced = async (): Promise<void> => {
    await this.#options.pace.take(1, this.#options.signal);
    this.#stopIfAborted();
  };

  /** What the server is now: namespaces, limits, signals. Re-read on every connect, since a restart may move all of it. */
  async #learn(ua: UaSession): Promise<void> {
    const { client, config, machine, sink, log } = this.#options;
    const timeoutMs = client.connectTimeoutMs;
    const [startTime] = await readAttributes(ua.session, [{ nodeId: START_TIME }], timeoutMs);
    this.#limits = await readOperationLimits(ua.session, timeoutMs);
    const context = await this.#browseContext(ua.session);
    this.#selection = await selectSignals(context, this.#limits.read, config);
    if (this.#selection.signals.length === 0)
      throw new UaFailure(
        'retry',
        'NO_SIGNALS',
        `${config.opcua.endpoint} shows no variable to watch${this.#selection.root ? ` below ${this.#selection.root}` : ''}`,
        'Check browse and signals of the machine with `npm run edge -- browse`; a server that is still starting may not have them yet',
      );
    const aliases = await sink.catalogue(machine, this.#selection.signals.map(({ signal }) => signal)); // prettier-ignore
    this.#options.reader.setSignals(aliases, this.#selection.signals);
    this.#items = this.#selection.signals.map(({ signal, nodeId, config: own }, i) => ({
      alias: aliases[i] ?? 0,
      path: signal.path,
      portable: signal.nodeId,
      nodeId,
      settings: itemSettings(own?.monitoring, config.monitoring, client.monitoring),
      monitoredItemId: 0,
      refused: undefined,
    }));
    for (const failed of this.#selection.failed)
      log.warn({ machine: config.id, ...failed }, 'signal cannot be watched');
    const startMs = startTime?.statusCode.isGoodish()
      ? (startTime.value.value as Date | null)?.getTime()
      : undefined;
    this.#serverStartMs = startMs ?? null;
  }

  async #browseContext(session: UaServices): Promise<BrowseContext> {
    const timeoutMs = this.#options.client.connectTimeoutMs;
    const namespaces = await readNamespaces(session, timeoutMs);
    return { session, namespaces, limit: this.#limits.browse, timeoutMs, pace: this.#paced };
  }

  #itemContext(ua: UaSession, subscriptionId: number): ItemContext {
    return {
      session: ua.session,
      subscriptionId,
      limit: this.#limits.monitoredItems,
      timeoutMs: Math.max(20_000, this.#options.client.connectTimeoutMs),
      pace: this.#paced,
    };
  }

  /** The ladder: take the old subscription over with all that it kept; else a new one, and the hole between declared. */
  async #establish(ua: UaSession): Promise<Subscription> {
    const { sink, config, client } = this.#options;
    const hints = parseHints(sink.hints(config.id));
    const timeoutMs = client.connectTimeoutMs;
    if (hints && ua.isResumed) {
      const kept = keptSubscription(hints);
      await this.#takeOver(ua, kept, hints, undefined);
      return kept;
    }
    if (hints) {
      const transfer = await this.#transfer(ua, hints);
      if (transfer.kind === 'taken') {
        await this.#takeOver(ua, transfer.subscription, hints, transfer.available);
        return transfer.subscription;
      }
      await sink.gap({ machineId: config.id, from: msToNs(Math.max(hints.aliveMs, this.#options.alive.ms)), to: msToNs(this.#options.clock.now()), cause: transfer.cause }); // prettier-ignore
    }
    const subscription = await createSubscription(ua.session, wishOf(config, client), timeoutMs);
    this.#loop = this.#newLoop(ua, subscription);
    await createItems(this.#itemContext(ua, subscription.id), this.#items);
    this.#options.reader.await('initial', this.#items.map(({ alias }) => alias)); // prettier-ignore
    await this.#saveHints(subscription, true);
    this.#report();
    return subscription;
  }

  async #transfer(ua: UaSession, hints: SubscriptionHints): Promise<Transfer> {
    const { config, client, log, startAfresh } = this.#options;
    const timeoutMs = client.connectTimeoutMs;
    const transfer = await transferSubscription(ua.session, hints, wishOf(config, client), {
      serverStartMs: this.#serverStartMs,
      timeoutMs,
      log,
    });
    if (!startAfresh || transfer.kind === 'gone') return transfer;
    await deleteSubscription(ua.session, hints.subscriptionId, timeoutMs);
    return { kind: 'gone', cause: 'subscription-silent' };
  }

  async #takeOver(
    ua: UaSession,
    subscription: Subscription,
    hints: SubscriptionHints,
    available: readonly number[] | undefined,
  ): Promise<void> {
    const { sink, config, log, wasAway } = this.#options;
    this.#loop = this.#newLoop(ua, subscription);
    const unwanted = adoptItems(this.#items, hints.items);
    const aliases = this.#items.map(({ alias }) => alias);
    this.#options.reader.await(hints.initial ? 'initial' : 'nothing', aliases);
    const last = sink.lastNotification(config.id);
    const journaled = last?.subscriptionId === subscription.id ? last.sequence : undefined;
    if (available) await this.#loop.takeOver(available, journaled);
    else this.#loop.resume(journaled);
    if (wasAway) this.#options.reader.await('reread', aliases);
    const context = this.#itemContext(ua, subscription.id);
    await deleteItems(context, unwanted);
    const fresh = this.#items.filter(({ monitoredItemId }) => monitoredItemId === 0);
    await createItems(context, fresh);
    await this.#saveHints(subscription, hints.initial);
    this.#report();
    if (wasAway) this.#timers.later(subscription.publishingIntervalMs * 2 + 100, () => this.#reread(ua)); // prettier-ignore
    log.info({ machine: config.id, subscription: subscription.id, available: available?.length, journaled }, 'subscription taken over'); // prettier-ignore
  }

  #newLoop(ua: UaSession, subscription: Subscription): PublishLoop {
    const { config, sink, log, signal } = this.#options;
    return new PublishLoop({
      session: ua.session,
      endpoint: config.opcua.endpoint,
      subscriptionId: subscription.id,
      keepAliveMs: subscription.keepAliveMs,
      pace: this.#paced,
      log,
      handlers: {
        notification: async (message, origin) => {
          await this.#options.reader.take(message, subscription.id, origin, signal);
          this.#noteInitial();
        },
        alive: () => {
          this.#watchdog?.heard();
          this.#options.alive.ms = this.#options.clock.now();
          sink.alive(config.id);
        },
        lost: async ({ fromMs, toMs }) =>
          sink.gap({
            machineId: config.id,
            from: msToNs(fromMs ?? this.#hints?.aliveMs ?? toMs),
            to: msToNs(toMs),
            cause: 'notification-lost',
          }),
        failed: (failure) => this.#end(failure),
      },
    });
  }

  #watch(ua: UaSession, subscription: Subscription): void {
    const { clock, config, client, onSilent, sink } = this.#options;
    this.#watchdog = watchLiveness({
      session: ua.session,
      endpoint: config.opcua.endpoint,
      clock,
      timers: this.#timers,
      keepAliveMs: subscription.keepAliveMs,
      wishedKeepAliveMs: client.keepAliveMs,
      timeoutMs: client.connectTimeoutMs,
      isHeld: () => this.#loop?.isHeld ?? false,
      alive: () => sink.alive(config.id),
      onSilent: (failure) => {
        onSilent(failure);
        this.#end(failure);
      },
    });
    this.#timers.every(SAVE_ALIVE_MS, async () => {
      if (!this.#hints) return;
      this.#hints = { ...this.#hints, aliveMs: clock.now(), initial: this.#hints.initial && this.#options.reader.awaited.size > 0 };
      await sink.saveHints(config.id, this.#hints);
    }); // prettier-ignore
  }

  async #saveHints(subscription: Subscription, initial: boolean): Promise<void> {
    const { sink, config, clock } = this.#options;
    this.#subscription = subscription;
    this.#hints = {
      version: 1,
      subscriptionId: subscription.id,
      publishingIntervalMs: subscription.publishingIntervalMs,
      keepAliveMs: subscription.keepAliveMs,
      wish: subscription.wish,
      serverStartMs: this.#serverStartMs,
      initial,
      items: this.#items
        .filter(({ monitoredItemId }) => monitoredItemId !== 0)
        .map((item) => [item.alias, item.monitoredItemId, itemFingerprint(item)] as const),
      aliveMs: clock.now(),
    };
    await sink.saveHints(config.id, this.#hints);
  }

  /**
   * The first values are behind us, and a few notifications more, so that their acknowledgement has reached the server: after a
   * crash nothing of them comes again.
   */
  #noteInitial(): void {
    if (!this.#hints?.initial || this.#options.reader.awaited.size > 0) return;
    this.#sinceInitial += 1;
    if (this.#sinceInitial < SETTLED_AFTER) return;
    this.#hints = { ...this.#hints, initial: false };
    const { sink, config } = this.#options;
    sink
      .saveHints(config.id, this.#hints)
      .catch((error: unknown) => this.#end(toFailure(error, config.opcua.endpoint)));
  }

  #report(): void {
    const { onItems, log, config } = this.#options;
    const refused = this.#items.filter(({ refused: why }) => why !== undefined);
    const failed = refused.length + this.#selection.failed.length;
    for (const { path, portable, refused: reason } of refused)
      log.warn(
        { machine: config.id, path, nodeId: portable, reason },
        'the server refused to watch a signal',
      );
    const first = refused[0] ? `${refused[0].path} (${refused[0].refused})` : this.#selection.failed[0] ? `${this.#selection.failed[0].path} (${this.#selection.failed[0].reason})` : ''; // prettier-ignore
    onItems({
      live: this.#items.length - refused.length,
      failed,
      detail: failed === 0 ? '' : `${failed} signals cannot be watched, the first is ${first}`,
    });
  }

  /** Values of signals that were marked Bad while we were away and have not changed since. */
  async #reread(ua: UaSession): Promise<void> {
    const { client, signal } = this.#options;
    const items = this.#items.filter(
      ({ alias, monitoredItemId }) => monitoredItemId !== 0 && this.#options.reader.awaited.has(alias),
    );
    const values = await inChunks<Item, DataValue | undefined>(
      items,
      this.#limits.read,
      async (chunk) => {
        await this.#paced();
        return readAttributes(ua.session, chunk.map(({ nodeId }) => ({ nodeId })), client.connectTimeoutMs);
      },
      () => undefined,
    ); // prettier-ignore
    await this.#options.reader.takeRead(items, values, signal);
  }

  /** Refused items once more; nodes that were missing: a fresh start without an outage when they are there now. */
  #retryLater(context: ItemContext, delayMs: number): void {
    const { config } = this.#options;
    if (this.#selection.failed.length === 0 && this.#items.every(({ refused }) => refused === undefined))
      return;
    this.#timers.later(delayMs, async () => {
      const refused = this.#items.filter(({ refused: why }) => why !== undefined);
      await createItems(context, refused);
      if (refused.some(({ monitoredItemId }) => monitoredItemId !== 0)) {
        this.#report();
        if (this.#subscription) await this.#saveHints(this.#subscription, this.#hints?.initial ?? true);
      }
      const missing = new Set(this.#selection.failed.slice(0, 500).map(({ path }) => path));
      const signals = config.signals.filter(({ path }) => missing.has(path));
      if (signals.length > 0 && (await anySelectable(await this.#browseContext(context.session), signals)))
        this.#end('again');
      this.#retryLater(context, Math.min(RETRY_ITEMS_MAX_MS, delayMs * 2));
    });
  }
}
