import type { Subscription } from 'node-opcua';
import type { PackedBlock } from './notification-lane.ts';
import { DataChangeNotification, NotificationMessage } from 'node-opcua';
import { NotificationLane } from './notification-lane.ts';

/** What waits in a subscription: the library's notifications, and blocks of ours. */
interface Pending {
  readonly notification: unknown;
  readonly monitoredItemId: undefined;
  readonly size: number;
  readonly publishTime: Date;
  readonly start_tick: number;
}

/** Members of node-opcua's Subscription (2.186.4) that its types do not show. */
interface Internals {
  readonly _pending_notifications: {
    readonly size: number;
    push(entry: Pending): void;
    shift(): Pending | undefined;
    first(): Pending | undefined;
  };
  readonly monitoredItems: ReadonlyMap<number, unknown>;
  readonly publishIntervalCount: number;
  readonly maxNotificationMessageSize: number;
  readonly maxNotificationsPerPublish: number;
  _popNotificationToSend(): NotificationMessage;
  _harvestMonitoredItems(): void;
  resendInitialValues(): Promise<void>;
}

/** A channel without a limit of its own. */
const MAX_BLOCK_BYTES = 1024 * 1024;
/** Left free for the rest of a message, as the library does. */
const MESSAGE_OVERHEAD = 2_048;

/** A DataChangeNotification (OPC 10000-4, 7.25.2) whose items are encoded already. */
class PackedDataChange extends DataChangeNotification {
  readonly block: PackedBlock;

  constructor(block: PackedBlock) {
    super(null);
    this.block = block;
  }

  override encode(stream: Parameters<DataChangeNotification['encode']>[0]): void {
    const { count, bytes } = this.block;
    stream.writeUInt32(count);
    stream.writeArrayBuffer(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
    stream.writeUInt32(0);
  }
}

class Block {
  readonly block: PackedBlock;

  constructor(block: PackedBlock) {
    this.block = block;
  }
}

/**
 * Gives a subscription of node-opcua a {@link NotificationLane} beside the queues of its monitored items. The library keeps its
 * timers, states, sequence numbers and Republish; what waits in the lane is taken at the same moment as the items' queues.
 */
export class SubscriptionLane {
  readonly lane = new NotificationLane();
  readonly #subscription: Subscription;
  readonly #internals: Internals;
  /** Blocks among the pending notifications, and the values in them. */
  #blocks = 0;
  #packed = 0;
  /** Items whose values go into the lane. */
  direct = 0;
  /** Called before the library sends every item's current value once more. */
  onResend: () => void = () => undefined;

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
    this.#internals = subscription as unknown as Internals;
    this.#attach();
  }

  /** Values taken from the items' queues and from the lane, but not sent. */
  get unsent(): number {
    return this.#subscription.pendingNotificationsCount - this.#blocks + this.#packed;
  }

  #attach(): void {
    const { lane } = this;
    const internals = this.#internals;
    const hasUncollected = inheritedGetter(this.#subscription, 'hasUncollectedMonitoredItemNotifications');
    // The library looks into the queue of every item: not needed while all go directly.
    const othersHave = (): boolean => internals.monitoredItems.size > this.direct && hasUncollected();
    const harvest = internals._harvestMonitoredItems.bind(internals);
    const pop = internals._popNotificationToSend.bind(internals);
    const resend = internals.resendInitialValues.bind(internals);
    Object.defineProperty(this.#subscription, 'hasUncollectedMonitoredItemNotifications', {
      get: () => lane.count > 0 || othersHave(),
    });
    internals._harvestMonitoredItems = () => {
      if (othersHave()) harvest();
      this.seal();
    };
    internals._popNotificationToSend = () => this.#pop(pop);
    internals.resendInitialValues = () => {
      this.seal();
      this.onResend();
      return resend();
    };
  }

  /** What waits in the lane goes before everything that comes from now on. */
  seal(): void {
    if (this.lane.count === 0) return;
    const { maxNotificationMessageSize, maxNotificationsPerPublish, publishIntervalCount } = this.#internals;
    const maxBytes =
      maxNotificationMessageSize > 0 ? maxNotificationMessageSize - MESSAGE_OVERHEAD : MAX_BLOCK_BYTES;
    for (const block of this.lane.seal(maxNotificationsPerPublish, maxBytes)) {
      this.#blocks += 1;
      this.#packed += block.count;
      this.#internals._pending_notifications.push({
        notification: new Block(block),
        monitoredItemId: undefined,
        size: block.bytes.length,
        publishTime: new Date(),
        start_tick: publishIntervalCount,
      });
    }
  }

  #pop(popOthers: () => NotificationMessage): NotificationMessage {
    if (this.#blocks === 0) return popOthers();
    const pending = this.#internals._pending_notifications;
    const first = pending.first()?.notification;
    if (first instanceof Block) {
      pending.shift();
      return this.#message(first.block);
    }
    // The library would take a block for nothing and lose it: it sees only what stands before the first one.
    const all: Pending[] = [];
    for (let entry = pending.shift(); entry; entry = pending.shift()) all.push(entry);
    const firstBlock = all.findIndex(({ notification }) => notification instanceof Block);
    for (const entry of all.slice(0, firstBlock)) pending.push(entry);
    const message = popOthers();
    for (const entry of all.slice(firstBlock)) pending.push(entry);
    return message;
  }

  #message(block: PackedBlock): NotificationMessage {
    this.#blocks -= 1;
    this.#packed -= block.count;
    const { subscriptionDiagnostics } = this.#subscription;
    subscriptionDiagnostics.dataChangeNotificationsCount += block.count;
    subscriptionDiagnostics.notificationsCount += block.count;
    const message = new NotificationMessage({
      sequenceNumber: 0xffffffff,
      publishTime: new Date(),
      notificationData: [],
    });
    message.notificationData?.push(new PackedDataChange(block));
    return message;
  }
}

function inheritedGetter(subscription: Subscription, name: string): () => boolean {
  const prototype: unknown = Object.getPrototypeOf(subscription);
  const getter = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (!getter) throw new Error(`node-opcua's Subscription has no ${name}: another version?`);
  return () => Boolean(getter.call(subscription));
}
