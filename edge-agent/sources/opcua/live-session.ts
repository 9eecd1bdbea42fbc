/** One connection to one machine from session to loss: namespaces, limits, signals, subscription, values. */
import { AttributeIds, coerceNodeId } from 'node-opcua-client';
import type { ConditionCommand, ConditionResult } from '#contracts/condition.ts';
import type { MachineConfig } from '#contracts/config/edge-agent.ts';
import type { FailedItem } from '../../pipeline/source.ts';
import type { BrowseContext } from './browse.ts';
import { callCondition } from './condition-call.ts';
import { EventWatch } from './event-watch.ts';
import { UaFailure, toFailure } from './failure.ts';
import { takeAlong } from './farewell.ts';
import { createItems, itemSettings, type Item } from './item-table.ts';
import { Ladder } from './ladder.ts';
import { watchLiveness } from './liveness.ts';
import type { LiveSessionOptions } from './live-session-options.ts';
import { CAUTIOUS_LIMITS, readOperationLimits, type OperationLimits } from './limits.ts';
import { openSession, readAttributes, readNamespaces, type UaServices, type UaSession } from './session.ts';
import { translated } from './translations.ts';
import { anySelectable, selectSignals, type Selection } from './signal-selection.ts';
import { learnStructures } from './structure-types.ts';
import { parseHints, type Subscription } from './subscription.ts';
import { Timers } from './timers.ts';
import type { Watchdog } from './watchdog.ts';

// Server_ServerStatus_StartTime and _State.
const START_TIME = coerceNodeId('i=2257');
const STATE = coerceNodeId('i=2259');
/** Whose events are all of the server's. */
const SERVER = coerceNodeId('i=2253');
const SUBSCRIBE_TO_EVENTS = 1;
/** ServerState (Part 5, 12.6) in which no values are to be had. */
const NOT_RUNNING: Readonly<Record<number, string>> = {
  1: 'has failed',
  2: 'has no configuration',
  3: 'is suspended',
  4: 'is shutting down',
};

/** Refused items and missing nodes are tried again after 5 s (a server may still be starting), then twice as long each time. */
const RETRY_ITEMS_MS = 5_000;
/** More than this is told by its number. */
const MAX_LOGGED = 50;
/** In the sentence for people. */
const MAX_NAMED = 5;
const RETRY_ITEMS_MAX_MS = 600_000;
const SAVE_ALIVE_MS = 30_000;

export class LiveSession {
  readonly #options: LiveSessionOptions;
  #ua: UaSession | undefined;
  #limits: OperationLimits = CAUTIOUS_LIMITS;
  #serverStartMs: number | null = null;
  #offersEvents = false;
  #namespaces: readonly string[] = [];
  #ladder: Ladder | undefined;
  #hasHeard = false;
  #isOnline = false;
  #hasBroken = false;
  #watchdog: Watchdog | undefined;
  readonly #timers: Timers;
  #items: Item[] = [];
  #selection: Selection = { signals: [], failed: [], root: undefined, vanished: 0 };
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
    void ua.lost.then((failure) => {
      this.#hasBroken = true;
      this.#end(failure);
    });
    this.#stopIfAborted();
    onPhase('browsing');
    await this.#learn(ua);
    onPhase('subscribing');
    const ladder = this.#newLadder(ua);
    this.#ladder = ladder;
    const subscription = await ladder.climb();
    await ladder.itemsChanged();
    this.#isOnline = true;
    this.#report();
    this.#watch(ua, subscription, ladder);
    onOnline();
    ladder.loop?.start();
    ladder.started();
    this.#retryLater(ua, ladder, RETRY_ITEMS_MS);
    return ended;
  }

  /** Anything came of the subscription. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** The connection ended, without a word, while signals were looked up or watched: requests may have been too big. */
  get brokeDown(): boolean {
    return this.#hasBroken && !this.#isOnline;
  }

  /** True once the session was there: one to resume was taken up, or is of no use. */
  get hadSession(): boolean {
    return this.#ua !== undefined;
  }

  /** The connection is over, the machine stays: answers a session that the next connection may activate again. Never throws. */
  async letGo(): Promise<UaServices | undefined> {
    this.#quiet();
    return this.#ua?.letGo();
  }

  /** Bounded in time, never throws. Answers whether the server confirmed it; with `remove`, that it keeps nothing of ours. */
  async close(how: 'keep' | 'remove'): Promise<boolean> {
    this.#quiet();
    const ua = this.#ua;
    if (!ua) return false;
    const isAlone = how === 'keep' || this.#ladder?.hasSubscription === true || (await this.#takeAlong(ua));
    return (await ua.close(how)) && isAlone;
  }

  #quiet(): void {
    this.#ladder?.loop?.stop();
    this.#watchdog?.stop();
    this.#timers.close();
  }

  /** The connection had not come to the subscription that an earlier one left. */
  async #takeAlong(ua: UaSession): Promise<boolean> {
    const { sink, config } = this.#options;
    const hints = parseHints(sink.hints(config.id));
    return hints === undefined || takeAlong(ua, hints).catch(() => false);
  }

  /** Asks the machine, if it can be asked now. */
  async command(command: ConditionCommand): Promise<Omit<ConditionResult, 'id'>> {
    const { session } = this.#ua ?? {};
    if (!session || !this.#isOnline) return { outcome: 'away', detail: 'the machine is not connected' };
    return callCondition(session, this.#namespaces, command);
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
    const { client, config, machine, sink } = this.#options;
    const timeoutMs = client.connectTimeoutMs;
    const serverStartMs = await this.#learnState(ua);
    await this.#paced();
    this.#limits = await readOperationLimits(ua.session, timeoutMs, this.#options.caution);
    const context = await this.#browseContext(ua.session);
    this.#namespaces = context.namespaces;
    const hints = parseHints(sink.hints(config.id));
    const selection = await selectSignals(context, this.#limits.read, config, (root) =>
      hints?.browsed === browsedOf(config, root) ? sink.signals(config.id) : [],
    );
    const signals = await translated(context, selection.signals, {
      readLimit: this.#limits.read,
      remembered: sink.signals(config.id),
      speak: ua.isResumed || this.#options.keepsLanguage ? undefined : ua.speak,
    });
    this.#selection = { ...selection, signals };
    if (this.#selection.signals.length === 0)
      throw new UaFailure(
        'retry',
        'NO_SIGNALS',
        `${config.opcua.endpoint} shows no variable to watch${this.#selection.root ? ` below ${this.#selection.root}` : ''}`,
        'Check browse and signals of the machine with `npm run edge -- browse`; a server that is still starting may not have them yet',
      );
    const aliases = await sink.catalogue(
      machine,
      this.#selection.signals.map(({ signal }) => signal),
    );
    const structured = this.#selection.signals.filter(({ signal }) => signal.dataType === 'Structure');
    const structures = await learnStructures(
      context,
      this.#limits.read,
      structured.flatMap(({ dataTypeId }) => dataTypeId ?? []),
    );
    this.#options.reader.setSignals(aliases, this.#selection.signals, structures);
    this.#items = this.#selection.signals.map(({ signal, nodeId, config: own }, i) => ({
      alias: aliases[i] ?? 0,
      path: signal.path,
      portable: signal.nodeId,
      nodeId,
      settings: itemSettings(own?.monitoring, config.monitoring, client.monitoring),
      monitoredItemId: 0,
      refused: undefined,
      refusedStatus: undefined,
    }));
    this.#serverStartMs = serverStartMs;
  }

  /** Whether it runs and offers events; when it started, ms since 1970, where it says so. */
  async #learnState(ua: UaSession): Promise<number | null> {
    const { client, config } = this.#options;
    await this.#paced();
    const [startTime, state, notifier] = await readAttributes(
      ua.session,
      [
        { nodeId: START_TIME },
        { nodeId: STATE },
        { nodeId: SERVER, attributeId: AttributeIds.EventNotifier },
      ],
      client.connectTimeoutMs,
    );
    this.#offersEvents = ((Number(notifier?.value.value) || 0) & SUBSCRIBE_TO_EVENTS) !== 0;
    const obstacle = state?.statusCode.isGoodish() ? NOT_RUNNING[Number(state.value.value)] : undefined;
    if (obstacle !== undefined)
      throw new UaFailure(
        'retry',
        'SERVER_NOT_RUNNING',
        `${config.opcua.endpoint} ${obstacle}, it says`,
        'Wait until the server has started; look into its own log if this stays',
      );
    const startMs = startTime?.statusCode.isGoodish()
      ? (startTime.value.value as Date | null)?.getTime()
      : undefined;
    return startMs ?? null;
  }

  async #browseContext(session: UaServices): Promise<BrowseContext> {
    const timeoutMs = this.#options.client.connectTimeoutMs;
    await this.#paced();
    const namespaces = await readNamespaces(session, timeoutMs);
    return { session, namespaces, limit: this.#limits.browse, timeoutMs, pace: this.#paced };
  }

  #newLadder(ua: UaSession): Ladder {
    const { config, reader, log } = this.#options;
    const events = new EventWatch({
      config,
      log,
      reader: reader.events,
      namespaces: this.#namespaces,
      timers: this.#timers,
      isOffered: this.#offersEvents,
    });
    reader.onRefreshWanted = () => events.refresh();
    return new Ladder({
      live: this.#options,
      ua,
      items: this.#items,
      events,
      limits: this.#limits,
      serverStartMs: this.#serverStartMs,
      browsed:
        this.#selection.root === undefined
          ? undefined
          : browsedOf(this.#options.config, this.#selection.root),
      pace: this.#paced,
      timers: this.#timers,
      heard: () => {
        this.#hasHeard = true;
        this.#watchdog?.heard();
      },
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
    const failed: (FailedItem & { readonly nodeId: string })[] = [
      ...refused.map(({ path, portable, refused: reason = '' }) => ({ path, nodeId: portable, reason })),
      ...this.#selection.failed,
    ].map((one) => ({ ...one, reason: one.reason.slice(0, 200) }));
    for (const one of failed.slice(0, MAX_LOGGED))
      log.warn({ machine: config.id, ...one }, 'a signal cannot be watched');
    if (failed.length > MAX_LOGGED)
      log.warn({ machine: config.id, more: failed.length - MAX_LOGGED }, 'more signals cannot be watched');
    const named = failed.slice(0, MAX_NAMED).map(({ path, reason }) => `${path} (${reason})`);
    onItems({
      live: this.#items.length - refused.length,
      failed: failed.map(({ path, reason }) => ({ path, reason })),
      detail:
        failed.length === 0
          ? ''
          : `${failed.length} signals cannot be watched: ${named.join(', ')}${failed.length > MAX_NAMED ? ', ...' : ''}`,
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

/** What browsing depended on: with another, what is not found is not wanted any more. */
const browsedOf = ({ browse }: MachineConfig, root: string): string =>
  JSON.stringify([root.replace(/ \(.*$/s, ''), browse?.include, browse?.exclude, browse?.maxDepth]);
