/** One connection to one machine from session to loss: namespaces, limits, signals, subscription, values. */
import { coerceNodeId } from 'node-opcua-client';
import type { EdgeAgentConfig, MachineConfig } from '#contracts/config/edge-agent.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { SourceMachine, SourceSink } from '../../pipeline/source.ts';
import type { BrowseContext } from './browse.ts';
import { UaFailure, toFailure } from './failure.ts';
import { createItems, itemSettings, type Item } from './item-table.ts';
import { Ladder } from './ladder.ts';
import { watchLiveness } from './liveness.ts';
import { CAUTIOUS_LIMITS, readOperationLimits, type OperationLimits } from './limits.ts';
import type { NotificationReader } from './notification-reader.ts';
import type { Pace } from './pace.ts';
import type { OwnIdentity } from './pki.ts';
import { openSession, readAttributes, readNamespaces, type UaServices, type UaSession } from './session.ts';
import { anySelectable, selectSignals, type Selection } from './signal-selection.ts';
import type { Subscription } from './subscription.ts';
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

export class LiveSession {
  readonly #options: LiveSessionOptions;
  #ua: UaSession | undefined;
  #limits: OperationLimits = CAUTIOUS_LIMITS;
  #serverStartMs: number | null = null;
  #ladder: Ladder | undefined;
  #watchdog: Watchdog | undefined;
  readonly #timers: Timers;
  #items: Item[] = [];
  #selection: Selection = { signals: [], failed: [], root: undefined };
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
    const ladder = this.#newLadder(ua);
    this.#ladder = ladder;
    const subscription = await ladder.climb();
    this.#report();
    this.#watch(ua, subscription, ladder);
    onOnline();
    ladder.loop?.start();
    ladder.started();
    this.#retryLater(ua, ladder, RETRY_ITEMS_MS);
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
    this.#ladder?.loop?.stop();
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

  #newLadder(ua: UaSession): Ladder {
    return new Ladder({
      live: this.#options,
      ua,
      items: this.#items,
      limits: this.#limits,
      serverStartMs: this.#serverStartMs,
      pace: this.#paced,
      timers: this.#timers,
      heard: () => this.#watchdog?.heard(),
      failed: (failure) => this.#end(failure),
    });
  }

  #watch(ua: UaSession, subscription: Subscription, ladder: Ladder): void {
    const { clock, config, client, onSilent, sink } = this.#options;
    this.#watchdog = watchLiveness({
      session: ua.session,
      endpoint: config.opcua.endpoint,
      clock,
      timers: this.#timers,
      keepAliveMs: subscription.keepAliveMs,
      wishedKeepAliveMs: client.keepAliveMs,
      timeoutMs: client.connectTimeoutMs,
      isHeld: () => ladder.loop?.isHeld ?? false,
      alive: () => sink.alive(config.id),
      onSilent: (failure) => {
        onSilent(failure);
        this.#end(failure);
      },
    });
    this.#timers.every(SAVE_ALIVE_MS, () => ladder.saveAlive());
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

  /** Refused items once more; nodes that were missing: a fresh start without an outage when they are there now. */
  #retryLater(ua: UaSession, ladder: Ladder, delayMs: number): void {
    const { config } = this.#options;
    if (this.#selection.failed.length === 0 && this.#items.every(({ refused }) => refused === undefined))
      return;
    this.#timers.later(delayMs, async () => {
      const refused = this.#items.filter(({ refused: why }) => why !== undefined);
      await createItems(ladder.itemContext, refused);
      if (refused.some(({ monitoredItemId }) => monitoredItemId !== 0)) {
        this.#report();
        await ladder.itemsChanged();
      }
      const missing = new Set(this.#selection.failed.slice(0, 500).map(({ path }) => path));
      const signals = config.signals.filter(({ path }) => missing.has(path));
      if (signals.length > 0 && (await anySelectable(await this.#browseContext(ua.session), signals)))
        this.#end('again');
      this.#retryLater(ua, ladder, Math.min(RETRY_ITEMS_MAX_MS, delayMs * 2));
    });
  }
}
