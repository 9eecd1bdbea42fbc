import type { MonitoredItem, OPCUAServer, ServerSession, Subscription } from 'node-opcua';
import type { ServedVariable } from './served-variable.ts';
import { AttributeIds, MonitoringMode, StatusCodes } from 'node-opcua';

/**
 * Knows which monitored items hang on which variable, so that values can be handed to them directly and a
 * replay can be paced by what has left their queues. Subscriptions outlive sessions: items stay known through
 * a transfer.
 */
export class MonitoredItemRegistry {
  readonly #byNode = new Map<string, ServedVariable>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #variables: readonly ServedVariable[];
  #pastOverflows = 0;

  constructor(variables: readonly ServedVariable[]) {
    this.#variables = variables;
    for (const variable of variables) this.#byNode.set(variable.node.nodeId.toString(), variable);
  }

  attach(server: OPCUAServer): void {
    server.on('create_session', (session: ServerSession) => {
      session.on('new_subscription', (subscription: Subscription) => this.#follow(subscription));
    });
  }

  /** Variables with an item that reports and has its initial value behind it. */
  get subscribed(): number {
    let count = 0;
    for (const { items } of this.#variables)
      if (items.some((item) => item.monitoringMode === MonitoringMode.Reporting && hasInitialValue(item)))
        count += 1;
    return count;
  }

  /**
   * How many more values every item can take before its queue overflows. Items with a queue of one have asked
   * for the newest value only (OPC 10000-4, 5.13.1.5): they lose by their own wish and are not counted.
   * Subscriptions without a session count only as long as no session has one: they wait to be taken over.
   */
  get room(): number {
    const hasOwner = [...this.#subscriptions].some(isOwned);
    let room = Infinity;
    for (const { items } of this.#variables)
      for (const item of items) {
        if (item.queueSize <= 1 || item.monitoringMode === MonitoringMode.Disabled) continue;
        if (hasOwner && !item.$subscription?.$session) continue;
        room = Math.min(room, item.queueSize - item.queue.length);
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
    for (const subscription of this.#paceMakers()) sum += subscription.pendingNotificationsCount;
    return sum;
  }

  /** Subscriptions with a session; all of them while none has one: they wait to be taken over. */
  #paceMakers(): readonly Subscription[] {
    const all = [...this.#subscriptions];
    return all.some(isOwned) ? all.filter(isOwned) : all;
  }

  /** Values that fell out of full queues since the start, of subscriptions that are gone too. */
  get overflows(): number {
    let sum = this.#pastOverflows;
    for (const { subscriptionDiagnostics } of this.#subscriptions)
      sum += subscriptionDiagnostics.monitoringQueueOverflowCount;
    return sum;
  }

  #follow(subscription: Subscription): void {
    if (this.#subscriptions.has(subscription)) return;
    this.#subscriptions.add(subscription);
    subscription.on('monitoredItem', (item: MonitoredItem) => {
      if (item.itemToMonitor.attributeId !== AttributeIds.Value) return;
      this.#variableOf(item)?.items.push(item);
    });
    subscription.on('removeMonitoredItem', (item: MonitoredItem) => {
      const items = this.#variableOf(item)?.items;
      const at = items?.indexOf(item) ?? -1;
      if (at >= 0) items?.splice(at, 1);
    });
    subscription.once('terminated', () => {
      this.#subscriptions.delete(subscription);
      this.#pastOverflows += subscription.subscriptionDiagnostics.monitoringQueueOverflowCount;
    });
  }

  #variableOf(item: MonitoredItem): ServedVariable | undefined {
    return this.#byNode.get(String(item.itemToMonitor.nodeId));
  }
}

const isOwned = ({ $session }: Subscription): boolean => $session !== undefined && $session !== null;

/** node-opcua reads a new item's first value asynchronously; until then its last value is this code. */
function hasInitialValue(item: MonitoredItem): boolean {
  return !item.oldDataValue.statusCode.equals(StatusCodes.BadDataUnavailable);
}
