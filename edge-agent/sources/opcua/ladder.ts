/**
 * How a connection comes to its subscription, and what is done about what was lost (README, Ladder): the session
 * lived on -> transfer -> a new subscription; Republish, history, current values, gap record.
 */
import { nsToMs, type TimeNs } from '#domain/time.ts';
import type { EventWatch } from './event-watch.ts';
import type { UaFailure } from './failure.ts';
import { toFailure } from './failure.ts';
import {
  fetchCurrent,
  healFromHistory,
  machineGap,
  readItems,
  type HealingContext,
  type Hole,
} from './healing.ts';
import { historizedItems } from './history.ts';
import {
  adoptItems,
  createItems,
  deleteItems,
  itemFingerprint,
  type Item,
  type ItemContext,
} from './item-table.ts';
import type { OperationLimits } from './limits.ts';
import type { LiveSessionOptions } from './live-session-options.ts';
import { PublishLoop } from './publish-loop.ts';
import type { UaSession } from './session.ts';
import {
  createSubscription,
  deleteSubscription,
  keptSubscription,
  parseHints,
  transferSubscription,
  wishOf,
  type Subscription,
  type SubscriptionHints,
  type Transfer,
} from './subscription.ts';
import type { Timers } from './timers.ts';

export interface LadderOptions {
  readonly live: LiveSessionOptions;
  readonly ua: UaSession;
  readonly items: readonly Item[];
  readonly events: EventWatch;
  readonly limits: OperationLimits;
  readonly serverStartMs: number | null;
  /** Where and for what signals were browsed; absent = they were listed. */
  readonly browsed: string | undefined;
  readonly pace: () => Promise<void>;
  readonly timers: Timers;
  /** Anything was heard of the subscription. */
  readonly heard: () => void;
  readonly failed: (failure: UaFailure) => void;
}

/** Notifications. */
const SETTLED_AFTER = 5;
/** What source times may be behind publish times beyond what was seen, and values of one signal behind those of another. */
const LAG_MARGIN_MS = 1_000;
/** What healing waits for before it begins: the publish loop starts after `climb`. */
const SOON_MS = 10;

export class Ladder {
  readonly #options: LadderOptions;
  #loop: PublishLoop | undefined;
  #subscription: Subscription | undefined;
  #hints: SubscriptionHints | undefined;
  #sinceInitial = 0;
  /** Work for the time when values flow. */
  readonly #afterwards: (() => Promise<void>)[] = [];
  #isStarted = false;
  #isHealing = false;
  #lostMeanwhile = false;

  constructor(options: LadderOptions) {
    this.#options = options;
  }

  get loop(): PublishLoop | undefined {
    return this.#loop;
  }

  /** The session has its subscription: closed with its subscriptions, nothing is left at the server. */
  get hasSubscription(): boolean {
    return this.#subscription !== undefined;
  }

  /** Answers the subscription that delivers from now on; its loop is not started yet. @throws what ends the connection */
  async climb(): Promise<Subscription> {
    const { ua, live } = this.#options;
    const { sink, config } = live;
    const hints = parseHints(sink.hints(config.id));
    live.reader.endWatch();
    // A hole that an earlier connection or process was filling: nobody knows how far it came.
    if (hints?.hole) await sink.gap(machineGap(config.id, hints.hole));
    if (hints && ua.isResumed) {
      const kept = keptSubscription(hints);
      await this.#takeOver(kept, hints, undefined);
      return kept;
    }
    if (!hints) return this.#begin(undefined);
    const transfer = await this.#transfer(hints);
    if (transfer.kind === 'gone') return this.#begin({ hints, cause: transfer.cause });
    await this.#takeOver(transfer.subscription, hints, transfer.available);
    return transfer.subscription;
  }

  /** The publish loop runs. */
  started(): void {
    this.#isStarted = true;
    for (const work of this.#afterwards.splice(0)) this.#options.timers.later(SOON_MS, work);
    this.#options.events.started();
  }

  /** Items were created or given up since. */
  async itemsChanged(): Promise<void> {
    const { live, items } = this.#options;
    await live.reader.markRefused(items, live.signal);
    if (this.#subscription) await this.#saveHints(this.#subscription, this.#hints?.initial ?? true);
  }

  /** Keeps the last sign of life for a later process. */
  async saveAlive(): Promise<void> {
    if (!this.#hints) return;
    const { sink, config, reader, alive } = this.#options.live;
    this.#hints = {
      ...this.#hints,
      aliveMs: alive.ms,
      initial: this.#hints.initial && reader.awaited.size > 0,
    };
    await sink.saveHints(config.id, this.#hints);
  }

  get itemContext(): ItemContext {
    const { ua, live, limits, pace } = this.#options;
    return {
      session: ua.session,
      subscriptionId: this.#subscription?.id ?? 0,
      limit: limits.monitoredItems,
      timeoutMs: Math.max(20_000, live.client.connectTimeoutMs),
      pace,
    };
  }

  #healingContext({ id, publishingIntervalMs }: Subscription): HealingContext {
    const { ua, live, limits, pace } = this.#options;
    const { sink, reader, log, signal, config, client } = live;
    return {
      session: ua.session,
      limits,
      pace,
      timeoutMs: client.connectTimeoutMs,
      machineId: config.id,
      sink,
      reader,
      log,
      signal,
      subscriptionId: id,
      publishingIntervalMs,
    };
  }

  // --- a new subscription ---

  async #begin(
    lost: { readonly hints: SubscriptionHints; readonly cause: string } | undefined,
  ): Promise<Subscription> {
    const { ua, live, items } = this.#options;
    const { config, client, sink, reader } = live;
    const since = lost && this.#holeSince(lost.hints, lost.cause);
    await this.#options.pace();
    const subscription = await createSubscription(
      ua.session,
      wishOf(config, client),
      client.connectTimeoutMs,
    );
    this.#subscription = subscription;
    this.#loop = this.#newLoop(subscription);
    await createItems(this.itemContext, items);
    await this.#options.events.ensure(this.itemContext);
    // Only now the server keeps what comes.
    const hole = since && { ...since, toMs: Math.max(since.toMs, live.clock.now()) };
    const context = this.#healingContext(subscription);
    const historized = hole ? await historizedItems(context, watched(items)) : [];
    if (hole && historized.length === 0) await sink.gap(machineGap(config.id, hole));
    reader.await(
      'initial',
      items.map(({ alias }) => alias),
    );
    const isHealable = hole !== undefined && historized.length > 0;
    live.alive.ms = live.clock.now();
    await this.#saveHints(subscription, true, isHealable ? hole : null);
    if (isHealable) {
      const firstNs = reader.watchFirsts(false);
      this.#isHealing = true;
      this.#afterwards.push(async () => {
        await healFromHistory(context, hole, { items: watched(items), historized, firstNs });
        await this.#healed();
      });
    }
    return subscription;
  }

  /**
   * From the last thing that is journaled of the machine, or its last sign of life. What was lost may bear times before that sign: a
   * server that is late, or whose clock is behind, tells at its publish time of values that are older, by about as much as lately. Nor
   * does one signal's newest sample say that of the others: of one publishing interval a server tells in several messages, in any order.
   */
  #holeSince(hints: SubscriptionHints | undefined, cause: string): Hole {
    const { live, items } = this.#options;
    const before = new Map(items.map(({ alias }) => [alias, live.sink.newest(alias)]));
    const newestMs = [...before.values()].map((sample) => nsToMs(sample?.timeNs ?? 0n));
    const toldMs = Math.max(0, ...newestMs) - LAG_MARGIN_MS - (hints?.publishingIntervalMs ?? 0);
    const toMs = live.clock.now();
    const heardMs = Math.max(hints?.aliveMs ?? 0, live.alive.ms) - 2 * live.reader.lagMs - LAG_MARGIN_MS;
    const fromMs = Math.max(heardMs, toldMs, Math.min(toMs, ...newestMs));
    return { cause, fromMs: Math.min(fromMs, toMs), toMs, before };
  }

  async #transfer(hints: SubscriptionHints): Promise<Transfer> {
    const { ua, live, serverStartMs } = this.#options;
    const { config, client, log, startAfresh } = live;
    const timeoutMs = client.connectTimeoutMs;
    const wish = wishOf(config, client);
    await this.#options.pace();
    const transfer = await transferSubscription(ua.session, hints, wish, { serverStartMs, timeoutMs, log });
    if (!startAfresh || transfer.kind === 'gone') return transfer;
    await this.#options.pace();
    await deleteSubscription(ua.session, hints.subscriptionId, timeoutMs);
    return { kind: 'gone', cause: 'subscription-silent' };
  }

  // --- the one that an earlier connection or process left ---

  async #takeOver(
    subscription: Subscription,
    hints: SubscriptionHints,
    available: readonly number[] | undefined,
  ): Promise<void> {
    const { live, items, timers } = this.#options;
    const { sink, config, log, reader, signal } = live;
    this.#subscription = subscription;
    this.#hints = { ...hints, hole: undefined };
    live.alive.ms = Math.max(live.alive.ms, hints.aliveMs);
    const unwanted = adoptItems(items, hints.items);
    this.#options.events.adopt(hints.events);
    const loop = this.#newLoop(subscription);
    this.#loop = loop;
    const aliases = items.map(({ alias }) => alias);
    const owesValues = live.wasAway || sink.owesValues(config.id);
    reader.await(hints.initial ? 'initial' : 'nothing', aliases);
    const last = sink.lastNotification(config.id);
    const journaled = last?.subscriptionId === subscription.id ? last.sequence : undefined;
    if (available) await loop.takeOver(available, journaled);
    else loop.resume(journaled);
    if (owesValues) reader.await('reread', aliases);
    await deleteItems(this.itemContext, unwanted);
    const fresh = items.filter(({ monitoredItemId }) => monitoredItemId === 0);
    await createItems(this.itemContext, fresh);
    await this.#options.events.ensure(this.itemContext);
    await this.#saveHints(subscription, hints.initial);
    const context = this.#healingContext(subscription);
    // A hole was being healed when the last connection ended: the last change of a signal may have been in it.
    if (hints.hole && !this.#isHealing) this.#afterwards.push(() => this.#refetch(context));
    else if (owesValues)
      timers.later(subscription.publishingIntervalMs * 2 + 100, async () =>
        reader.takeRead(watched(items), await readItems(context, watched(items)), 'left', signal),
      );
    log.info(
      { machine: config.id, subscription: subscription.id, available: available?.length, journaled },
      'subscription taken over',
    );
  }

  #newLoop(subscription: Subscription): PublishLoop {
    const { ua, live, pace, heard, failed } = this.#options;
    const { config, sink, log, signal, reader, alive, clock } = live;
    return new PublishLoop({
      session: ua.session,
      endpoint: config.opcua.endpoint,
      subscriptionId: subscription.id,
      keepAliveMs: subscription.keepAliveMs,
      now: () => clock.now(),
      pace,
      log,
      handlers: {
        notification: async (message, origin) => {
          await reader.take(message, subscription.id, origin, signal);
          this.#noteInitial();
        },
        alive: () => {
          heard();
          sink.alive(config.id);
        },
        handled: (asOfMs) => {
          alive.ms = asOfMs;
        },
        lost: ({ fromMs, toMs }) => this.#lost(subscription, { fromMs, toMs }),
        failed,
      },
    });
  }

  /** Notifications of a subscription that lives on are gone; called before the next one is delivered. */
  async #lost(
    subscription: Subscription,
    span: { readonly fromMs: number | undefined; readonly toMs: number },
  ): Promise<void> {
    const { live } = this.#options;
    const since = this.#holeSince(this.#hints, 'notification-lost');
    const hole = { ...since, fromMs: Math.min(span.fromMs ?? since.fromMs, span.toMs), toMs: span.toMs };
    if (this.#isHealing) {
      this.#lostMeanwhile = true;
      await live.sink.gap(machineGap(live.config.id, hole));
      return;
    }
    this.#isHealing = true;
    const firstNs = live.reader.watchFirsts(true);
    await this.#saveHints(subscription, this.#hints?.initial ?? false, hole);
    this.#afterwards.push(() => this.#heal(this.#healingContext(subscription), hole, firstNs));
    if (this.#isStarted) this.started();
  }

  async #heal(context: HealingContext, hole: Hole, firstNs: ReadonlyMap<number, TimeNs>): Promise<void> {
    const items = watched(this.#options.items);
    const historized = await historizedItems(context, items);
    if (historized.length === 0) await context.sink.gap(machineGap(context.machineId, hole));
    await fetchCurrent(context, items);
    if (historized.length > 0) await healFromHistory(context, hole, { items, historized, firstNs });
    await this.#healed();
  }

  async #refetch(context: HealingContext): Promise<void> {
    const { live, items } = this.#options;
    this.#isHealing = true;
    live.reader.watchFirsts(true);
    await fetchCurrent(context, watched(items));
    await this.#healed();
  }

  async #healed(): Promise<void> {
    const subscription = this.#subscription;
    this.#options.live.reader.endWatch();
    this.#isHealing = false;
    if (!subscription) return;
    await this.#saveHints(subscription, this.#hints?.initial ?? false, null);
    if (!this.#lostMeanwhile) return;
    this.#lostMeanwhile = false;
    await this.#refetch(this.#healingContext(subscription));
  }

  // --- what a later process needs ---

  /** @param hole being healed; `null` = none any more, absent = as it was */
  async #saveHints(
    subscription: Subscription,
    initial: boolean,
    hole: Pick<Hole, 'cause' | 'fromMs' | 'toMs'> | null | undefined = this.#hints?.hole,
  ): Promise<void> {
    const { live, items, events, serverStartMs, browsed } = this.#options;
    const { sink, config, alive } = live;
    this.#subscription = subscription;
    this.#hints = {
      version: 1,
      subscriptionId: subscription.id,
      publishingIntervalMs: subscription.publishingIntervalMs,
      keepAliveMs: subscription.keepAliveMs,
      wish: subscription.wish,
      serverStartMs,
      initial,
      items: watched(items).map((item) => [item.alias, item.monitoredItemId, itemFingerprint(item)] as const),
      aliveMs: alive.ms,
      ...(events.hint && { events: events.hint }),
      ...(browsed !== undefined && { browsed }),
      ...(hole && { hole: { cause: hole.cause, fromMs: hole.fromMs, toMs: hole.toMs } }),
    };
    await sink.saveHints(config.id, this.#hints);
  }

  /**
   * The first values are behind us, and a few notifications more, so that their acknowledgement has reached the server: after a
   * crash nothing of them comes again.
   */
  #noteInitial(): void {
    const { sink, config, reader } = this.#options.live;
    if (!this.#hints?.initial || reader.awaited.size > 0) return;
    this.#sinceInitial += 1;
    if (this.#sinceInitial < SETTLED_AFTER) return;
    this.#hints = { ...this.#hints, initial: false };
    sink
      .saveHints(config.id, this.#hints)
      .catch((error: unknown) => this.#options.failed(toFailure(error, config.opcua.endpoint)));
  }
}

const watched = (items: readonly Item[]): Item[] =>
  items.filter(({ monitoredItemId }) => monitoredItemId !== 0);
