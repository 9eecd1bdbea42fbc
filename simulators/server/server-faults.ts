import type { Message, OPCUAServer, ServerSession, ServerSidePublishEngine } from 'node-opcua';
import type { MonitoredItemRegistry } from './monitored-item-registry.ts';
import { NotificationMessage, RepublishResponse } from 'node-opcua';

/** What an OPC UA server may do to its clients; severity where it has a measure. */
export const SERVER_FAULTS = [
  'close-sessions',
  'drop-subscriptions',
  'expire-subscriptions',
  'swap-namespaces',
  'lie-republish',
  'shrink-limits',
  'slow-answers',
  'overflow-queues',
] as const;
export type ServerFault = (typeof SERVER_FAULTS)[number];

export const isServerFault = (fault: string): fault is ServerFault =>
  (SERVER_FAULTS as readonly string[]).includes(fault);

/** Longest delay of an answer, ms. */
const SLOW_MS = 3000;
const SMALL_LIMIT = 25;

type Channel = Parameters<OPCUAServer['on_request']>[1];
type Handler = (message: Message, channel: Channel) => void;

/** Handlers of the library that its types do not show. */
interface Handlers {
  on_request: Handler;
  _on_RepublishRequest: Handler;
}
interface Sessions {
  readonly _sessions: Readonly<Record<string, ServerSession>>;
}
interface PrivateSubscriptions {
  readonly subscriptions: readonly { _life_time_counter: number; lifeTimeCount: number; id: number }[];
}

/** Harms the clients of one server on purpose. Faults that last end with `end`. */
export class ServerFaults {
  readonly #server: OPCUAServer;
  readonly #monitored: MonitoredItemRegistry;
  readonly #undo = new Map<ServerFault, () => void>();

  constructor(server: OPCUAServer, monitored: MonitoredItemRegistry) {
    this.#server = server;
    this.#monitored = monitored;
  }

  begin(fault: Exclude<ServerFault, 'swap-namespaces'>, severity: number): void {
    this.end(fault);
    if (fault === 'close-sessions') this.#closeSessions();
    else if (fault === 'drop-subscriptions')
      this.#eachSubscription((engine, id) => engine.getSubscriptionById(id).terminate());
    else if (fault === 'expire-subscriptions') this.#expire();
    else if (fault === 'lie-republish') this.#lie();
    else if (fault === 'shrink-limits') this.#shrink();
    else if (fault === 'slow-answers') this.#slow(severity);
    else this.#overflow();
  }

  end(fault: ServerFault): void {
    this.#undo.get(fault)?.();
    this.#undo.delete(fault);
  }

  endAll(): void {
    for (const fault of this.#undo.keys()) this.end(fault);
  }

  /** As after a license or an operator ended them: subscriptions stay and can be taken over. */
  #closeSessions(): void {
    const { engine } = this.#server;
    for (const { authenticationToken } of this.#sessions())
      engine.closeSession(authenticationToken, false, 'Terminated');
  }

  /** Their lifetime is over at the next tick: StatusChangeNotification Bad_Timeout (OPC 10000-4, 5.14.1.4). */
  #expire(): void {
    this.#eachSubscription((engine, id) => {
      const own = engine.getSubscriptionById(id) as unknown as PrivateSubscriptions['subscriptions'][number];
      own._life_time_counter = own.lifeTimeCount;
    });
  }

  /** Good and an empty message for every sequence number, as some servers answer. */
  #lie(): void {
    const handlers = this.#server as unknown as Handlers;
    const honest = handlers._on_RepublishRequest;
    handlers._on_RepublishRequest = (message, channel) => {
      const notificationMessage = new NotificationMessage({ sequenceNumber: 0, notificationData: [] });
      const response = new RepublishResponse({ notificationMessage });
      channel.send_response('MSG', response, message, () => undefined);
    };
    this.#undo.set('lie-republish', () => {
      handlers._on_RepublishRequest = honest;
    });
  }

  /** As small PLCs have them: 25 operations a call. */
  #shrink(): void {
    const { operationLimits } = this.#server.engine.serverCapabilities;
    const names = ['maxMonitoredItemsPerCall', 'maxNodesPerRead', 'maxNodesPerBrowse'] as const;
    const before = names.map((name) => operationLimits[name]);
    for (const name of names) operationLimits[name] = SMALL_LIMIT;
    this.#undo.set('shrink-limits', () => {
      names.forEach((name, i) => {
        operationLimits[name] = before[i] ?? 0;
      });
    });
  }

  #slow(severity: number): void {
    const handlers = this.#server as unknown as Handlers;
    const prompt = handlers.on_request.bind(this.#server);
    const timers = new Set<NodeJS.Timeout>();
    handlers.on_request = (message, channel) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        prompt(message, channel);
      }, severity * SLOW_MS);
      timers.add(timer);
    };
    this.#undo.set('slow-answers', () => {
      handlers.on_request = prompt;
    });
  }

  /** Two values a queue: what a publishing interval brings beyond them is lost, with the overflow bit. */
  #overflow(): void {
    this.#monitored.limitQueues(2);
    this.#undo.set('overflow-queues', () => this.#monitored.limitQueues(Infinity));
  }

  #sessions(): readonly ServerSession[] {
    return Object.values((this.#server.engine as unknown as Sessions)._sessions);
  }

  #eachSubscription(act: (engine: ServerSidePublishEngine, id: number) => void): void {
    for (const { publishEngine } of this.#sessions())
      for (const { id } of (publishEngine as unknown as PrivateSubscriptions).subscriptions.slice())
        act(publishEngine, id);
  }
}
