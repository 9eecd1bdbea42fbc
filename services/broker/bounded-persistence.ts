import { Readable } from 'node:stream';
import type { AedesPublishPacket } from 'aedes';
import { matchesFilter } from './topic-filter.ts';

export interface PersistenceLimits {
  readonly messagesPerClient: number;
  readonly bytesPerClient: number;
  /** Sessions kept for clients that are away; the one unused longest goes first. */
  readonly sessions: number;
}

interface Subscription {
  readonly topic: string;
  readonly qos: number;
  readonly rh?: number | undefined;
  readonly rap?: boolean | undefined;
  readonly nl?: boolean | undefined;
}

type StoredPacket = AedesPublishPacket & { messageId?: number };

/** What Aedes hands over: packets waiting for one client, and PUBRELs on their way to it. */
class OutgoingQueue {
  packets: StoredPacket[] = [];
  bytes = 0;

  push(packet: StoredPacket, limits: PersistenceLimits): number {
    this.packets.push(packet);
    this.bytes += sizeOf(packet);
    let dropped = 0;
    while (this.packets.length > limits.messagesPerClient || this.bytes > limits.bytesPerClient) {
      const oldest = this.packets.shift();
      if (!oldest) break;
      this.bytes -= sizeOf(oldest);
      dropped += 1;
    }
    return dropped;
  }

  take(messageId: number | undefined): StoredPacket | undefined {
    const at = this.packets.findIndex((packet) => packet.messageId === messageId);
    const [packet] = at < 0 ? [] : this.packets.splice(at, 1);
    if (packet) this.bytes -= sizeOf(packet);
    return packet;
  }
}

const sizeOf = (packet: StoredPacket): number => (packet.payload?.length ?? 0) + 200;

interface ClientRef {
  readonly id: string;
}

/**
 * Sessions, retained messages and wills in memory, with a bound on everything: Aedes' own persistence has none on
 * what waits for a client that is away. Nothing of ours relies on it (delivery is acknowledged end to end), so a
 * message dropped here costs a foreign subscriber a value, and us nothing. The methods are those that Aedes 1.2
 * calls; all keys come from the wire, hence maps.
 */
export class BoundedPersistence {
  readonly #limits: PersistenceLimits;
  readonly #onDrop: (count: number) => void;
  readonly #retained = new Map<string, StoredPacket>();
  readonly #subscriptions = new Map<string, Map<string, Subscription>>();
  readonly #outgoing = new Map<string, OutgoingQueue>();
  readonly #incoming = new Map<string, Map<number, StoredPacket>>();
  readonly #wills = new Map<string, StoredPacket & { clientId?: string }>();
  #brokerId = '';

  constructor(limits: PersistenceLimits, onDrop: (count: number) => void = () => undefined) {
    this.#limits = limits;
    this.#onDrop = onDrop;
  }

  get retainedCount(): number {
    return this.#retained.size;
  }

  isRetained(topic: string): boolean {
    return this.#retained.has(topic);
  }

  async setup(broker: ClientRef): Promise<void> {
    this.#brokerId = broker.id;
  }

  async storeRetained(packet: StoredPacket): Promise<void> {
    if (packet.payload.length === 0) this.#retained.delete(packet.topic);
    else this.#retained.set(packet.topic, { ...packet });
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(
      filters.flatMap((filter) =>
        [...this.#retained.values()].filter((packet) => matchesFilter(filter, packet.topic)),
      ),
    );
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  async addSubscriptions(client: ClientRef, subscriptions: readonly Subscription[]): Promise<void> {
    const stored = this.#subscriptions.get(client.id) ?? new Map<string, Subscription>();
    // Put behind the others: the map's order is the order of use.
    this.#subscriptions.delete(client.id);
    this.#subscriptions.set(client.id, stored);
    for (const { topic, qos, rh, rap, nl } of subscriptions) stored.set(topic, { topic, qos, rh, rap, nl });
    while (this.#subscriptions.size > this.#limits.sessions) {
      const [oldest] = this.#subscriptions.keys();
      if (oldest === undefined) break;
      this.#forget(oldest);
    }
  }

  async removeSubscriptions(client: ClientRef, topics: readonly string[]): Promise<void> {
    const stored = this.#subscriptions.get(client.id);
    for (const topic of topics) stored?.delete(topic);
    if (stored?.size === 0) this.#forget(client.id);
  }

  async subscriptionsByClient(client: ClientRef): Promise<Subscription[]> {
    return [...(this.#subscriptions.get(client.id)?.values() ?? [])];
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    const sessions = [...this.#subscriptions.values()];
    return {
      subsCount: sessions.reduce((sum, subscriptions) => sum + subscriptions.size, 0),
      clientsCount: sessions.length,
    };
  }

  /** One entry a client, with the greatest QoS among the filters that match. */
  async subscriptionsByTopic(topic: string): Promise<(Subscription & { clientId: string })[]> {
    const found: (Subscription & { clientId: string })[] = [];
    for (const [clientId, stored] of this.#subscriptions) {
      let best: Subscription | undefined;
      for (const subscription of stored.values()) {
        if (subscription.qos > (best?.qos ?? 0) && matchesFilter(subscription.topic, topic))
          best = subscription;
      }
      if (best) found.push({ ...best, clientId });
    }
    return found;
  }

  async cleanSubscriptions(client: ClientRef): Promise<void> {
    this.#forget(client.id);
  }

  async outgoingEnqueue(subscription: { clientId: string }, packet: StoredPacket): Promise<void> {
    this.#enqueue(subscription.clientId, packet);
  }

  async outgoingEnqueueCombi(
    subscriptions: readonly { clientId: string }[],
    packet: StoredPacket,
  ): Promise<void> {
    for (const { clientId } of subscriptions) this.#enqueue(clientId, packet);
  }

  #enqueue(clientId: string, packet: StoredPacket): void {
    if (!this.#subscriptions.has(clientId)) return;
    const queue = this.#outgoing.get(clientId) ?? new OutgoingQueue();
    this.#outgoing.set(clientId, queue);
    const { messageId: _none, ...copy } = { ...packet };
    const dropped = queue.push(copy, this.#limits);
    if (dropped > 0) this.#onDrop(dropped);
  }

  /** A packet that was dropped meanwhile is delivered untracked, rather than the client cut off. */
  async outgoingUpdate(client: ClientRef, packet: StoredPacket): Promise<void> {
    const packets = this.#outgoing.get(client.id)?.packets ?? [];
    for (const [i, waiting] of packets.entries()) {
      if (waiting.brokerId === packet.brokerId) {
        if (waiting.brokerCounter !== packet.brokerCounter) continue;
        Object.assign(waiting, { messageId: packet.messageId });
        return;
      }
      if (waiting.messageId === packet.messageId) {
        packets[i] = packet;
        return;
      }
    }
  }

  async outgoingClearMessageId(client: ClientRef, packet: StoredPacket): Promise<StoredPacket | undefined> {
    return this.#outgoing.get(client.id)?.take(packet.messageId);
  }

  outgoingStream(client: ClientRef): Readable {
    return Readable.from([...(this.#outgoing.get(client.id)?.packets ?? [])]);
  }

  async incomingStorePacket(client: ClientRef, packet: StoredPacket): Promise<void> {
    const stored = this.#incoming.get(client.id) ?? new Map<number, StoredPacket>();
    this.#incoming.set(client.id, stored);
    stored.set(packet.messageId ?? 0, { ...packet });
  }

  async incomingGetPacket(client: ClientRef, packet: StoredPacket): Promise<StoredPacket> {
    const stored = this.#incoming.get(client.id)?.get(packet.messageId ?? 0);
    if (!stored) throw new Error('no such packet');
    return stored;
  }

  async incomingDelPacket(client: ClientRef, packet: StoredPacket): Promise<void> {
    if (this.#incoming.get(client.id)?.delete(packet.messageId ?? 0) !== true)
      throw new Error('no such packet');
  }

  async cleanIncoming(client: ClientRef): Promise<void> {
    this.#incoming.delete(client.id);
  }

  async putWill(client: ClientRef, packet: StoredPacket): Promise<void> {
    Object.assign(packet, { brokerId: this.#brokerId, clientId: client.id });
    this.#wills.set(client.id, packet);
  }

  async getWill(client: ClientRef): Promise<StoredPacket | undefined> {
    return this.#wills.get(client.id);
  }

  async delWill(client: ClientRef): Promise<StoredPacket | undefined> {
    const will = this.#wills.get(client.id);
    this.#wills.delete(client.id);
    return will;
  }

  streamWill(brokers: Readonly<Record<string, unknown>> = {}): Readable {
    return Readable.from([...this.#wills.values()].filter((will) => brokers[will.brokerId] === undefined));
  }

  getClientList(topic: string): Readable {
    return Readable.from(
      [...this.#subscriptions].filter(([, stored]) => stored.has(topic)).map(([clientId]) => clientId),
    );
  }

  async destroy(): Promise<void> {
    this.#retained.clear();
    this.#subscriptions.clear();
    this.#outgoing.clear();
    this.#incoming.clear();
    this.#wills.clear();
  }

  #forget(clientId: string): void {
    this.#subscriptions.delete(clientId);
    this.#outgoing.delete(clientId);
    this.#incoming.delete(clientId);
  }
}
