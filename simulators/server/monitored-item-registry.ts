import type { MonitoredItem, OPCUAServer, ServerSession, Subscription } from 'node-opcua';
import type { MachineValues } from './machine-values.ts';
import type { WatchedItem } from './watched-item.ts';
import { AttributeIds, MonitoringMode } from 'node-opcua';
import { SubscriptionLane } from './subscription-lane.ts';

/**
 * Knows which monitored items hang on which variable, so that values can be handed to them directly and a
 * replay can be paced by what has left their queues. Subscriptions outlive sessions: items stay known through
 * a transfer.
 */
export class MonitoredItemRegistry {
  /** Position of a variable by its node id. */
  readonly #byNode = new Map<string, number>();
  readonly #subscriptions = new Map<Subscription, SubscriptionLane>();
  readonly #values: MachineValues;
  #pastOverflows = 0;

  constructor(values: MachineValues) {
    this.#values = values;
    values.nodes.forEach((node, i) => this.#byNode.set(node.nodeId.toString(), i));
  }

  attach(server: OPCUAServer): void {
    server.on('create_session', (session: ServerSession) => {
      session.on('new_subscription', (subscription: Subscription) => this.#follow(subscription));
    });
  }

  /** Variables with an item that reports and has its initial value behind it. */
  get subscribed(): number {
    const isReady = ({ item, hasInitialValue }: WatchedItem): boolean =>
      item.monitoringMode === MonitoringMode.Reporting && hasInitialValue;
    let count = 0;
    for (let i = 0; i < this.#values.nodes.length; i += 1)
      if (this.#values.itemsOf(i).some(isReady)) count += 1;
    return count;
  }

  /**
   * How many more values every item can take before its queue overflows. Items with a queue of one have asked
   * for the newest value only (OPC 10000-4, 5.13.1.5): they lose by their own wish and are not counted.
   * Subscriptions without a session count only as long as no session has one: they wait to be taken over.
   */
  get room(): number {
    const hasOwner = [...this.#subscriptions.keys()].some(isOwned);
    let room = Infinity;
    for (let i = 0; i < this.#values.nodes.length; i += 1)
      for (const { item, waiting } of this.#values.itemsOf(i)) {
        if (item.queueSize <= 1 || item.monitoringMode === MonitoringMode.Disabled) continue;
        if (hasOwner && !item.$subscription?.$session) continue;
        room = Math.min(room, item.queueSize - waiting);
      }
    return room;
  }

  /** Sent but not acknowledged messages of the subscription that has most of them; the server keeps 100. */
  get unacknowledged(): number {
    let most = 0;
    for (const subscription of this.#paceMakers())
      most = Math.max(most, subscription.getAvailableSequenceNumbers().length);
    return most;
  }

  /** Notifications taken from the items but not sent. */
  get unsent(): number {
    let sum = 0;
    for (const subscription of this.#paceMakers()) sum += this.#subscriptions.get(subscription)?.unsent ?? 0;
    return sum;
  }

  /** Subscriptions with a session; all of them while none has one: they wait to be taken over. */
  #paceMakers(): readonly Subscription[] {
    const all = [...this.#subscriptions.keys()];
    return all.some(isOwned) ? all.filter(isOwned) : all;
  }

  /** Values that fell out of full queues since the start, of subscriptions that are gone too. */
  get overflows(): number {
    let sum = this.#pastOverflows;
    for (const [subscription, host] of this.#subscriptions) sum += overflowsOf(subscription, host);
    return sum;
  }

  /** Times of the values that are written next; `below` in 100 ns. */
  setTimes(sourceMs: number, below: number, serverMs: number): void {
    for (const { lane } of this.#subscriptions.values()) lane.setTimes(sourceMs, below, serverMs);
  }

  /** No queue of a present subscription holds more than so many values. */
  limitQueues(size: number): void {
    for (const { lane } of this.#subscriptions.values()) lane.queueLimit = size;
  }

  #follow(subscription: Subscription): void {
    if (this.#subscriptions.has(subscription)) return;
    const host = new SubscriptionLane(subscription);
    const items = new Map<MonitoredItem, { readonly variable: number; readonly watched: WatchedItem }>();
    this.#subscriptions.set(subscription, host);
    host.onResend = () => {
      for (const { watched } of items.values()) watched.settle();
    };
    subscription.on('monitoredItem', (item: MonitoredItem) => {
      const variable = this.#byNode.get(String(item.itemToMonitor.nodeId));
      if (item.itemToMonitor.attributeId !== AttributeIds.Value || variable === undefined) return;
      items.set(item, { variable, watched: this.#values.watch(variable, item, host) });
    });
    subscription.on('removeMonitoredItem', (item: MonitoredItem) => {
      const known = items.get(item);
      if (!known) return;
      items.delete(item);
      this.#values.unwatch(known.variable, known.watched);
    });
    subscription.once('terminated', () => {
      this.#subscriptions.delete(subscription);
      this.#pastOverflows += overflowsOf(subscription, host);
    });
  }
}

const isOwned = ({ $session }: Subscription): boolean => $session !== undefined && $session !== null;

const overflowsOf = ({ subscriptionDiagnostics }: Subscription, { lane }: SubscriptionLane): number =>
  subscriptionDiagnostics.monitoringQueueOverflowCount + lane.overflows;
