import type {
  CreateMonitoredItemsResponse,
  CreateSubscriptionResponse,
  DataChangeNotification,
  DeleteSubscriptionsResponse,
  PublishResponse,
} from 'node-opcua';
import type { RecordedSample } from '../../replay/machine-recording.ts';
import type { Services } from './machine-client.ts';
import {
  AttributeIds,
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  DataChangeFilter,
  DataChangeTrigger,
  DeadbandType,
  DeleteSubscriptionsRequest,
  MonitoringMode,
  PublishRequest,
  StatusCodes,
  TimestampsToReturn,
} from 'node-opcua';
import { messageOf } from '#platform/errors.ts';
import { toRecordedValue } from './recorded-values.ts';

export interface WatchOptions {
  readonly services: Services;
  readonly publishingMs: number;
  /** 0: as fast as the server makes values. */
  readonly samplingMs: number;
}

export interface WatchHandlers {
  /** What one message of the server brought. */
  samples(samples: readonly RecordedSample[]): void;
  /** The server answers no more: called once. */
  failed(reason: string): void;
}

const QUEUE_SIZE = 1_000;
const KEEP_ALIVE_MS = 5_000;
const LIFETIME_MS = 60_000;
/** Publish requests waiting at the server. */
const OUTSTANDING = 3;
/** Overflow and "this is about a data value" (OPC 10000-4, 7.39.1). */
const OVERFLOW_BITS = 0x480;
const EVERY_VALUE = new DataChangeFilter({
  trigger: DataChangeTrigger.StatusValueTimestamp,
  deadbandType: DeadbandType.None,
  deadbandValue: 0,
});
/** Servers that know no filters, or not for this node. */
const NO_FILTER: ReadonlySet<number> = new Set(
  [StatusCodes.BadMonitoredItemFilterUnsupported, StatusCodes.BadFilterNotAllowed].map(({ value }) => value),
);

/** A subscription to every value of some variables, each kept as it came. */
export class MachineWatch {
  overflows = 0;
  missedMessages = 0;
  readonly #options: WatchOptions;
  readonly #handlers: WatchHandlers;
  #subscriptionId = 0;
  #acknowledge: number[] = [];
  #expected: number | undefined;
  #ended = false;

  constructor(options: WatchOptions, handlers: WatchHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** @returns the variables that the server does not let watch, with its reason. */
  async start(nodeIds: readonly string[]): Promise<readonly (readonly [string, string])[]> {
    const { services, publishingMs } = this.#options;
    const keepAliveCount = Math.max(1, Math.round(KEEP_ALIVE_MS / publishingMs));
    const { subscriptionId } = await services.call<CreateSubscriptionResponse>(
      new CreateSubscriptionRequest({
        requestedPublishingInterval: publishingMs,
        requestedMaxKeepAliveCount: keepAliveCount,
        requestedLifetimeCount: Math.max(3 * keepAliveCount, Math.ceil(LIFETIME_MS / publishingMs)),
        maxNotificationsPerPublish: 0,
        publishingEnabled: true,
        priority: 0,
      }),
    );
    this.#subscriptionId = subscriptionId;
    // Answers come while items are still being made: queues must not fill up meanwhile.
    for (let i = 0; i < OUTSTANDING; i += 1) void this.#publish();
    const refused: (readonly [string, string])[] = [];
    const withoutFilter: number[] = [];
    const all = nodeIds.map((_, i) => i);
    for (const { variable, status } of await this.#watch(nodeIds, all, EVERY_VALUE)) {
      if (NO_FILTER.has(status.value)) withoutFilter.push(variable);
      else refused.push([nodeIds[variable] ?? '', status.name]);
    }
    for (const { variable, status } of await this.#watch(nodeIds, withoutFilter, undefined))
      refused.push([nodeIds[variable] ?? '', status.name]);
    return refused;
  }

  /** The items that were refused. */
  async #watch(
    nodeIds: readonly string[],
    variables: readonly number[],
    filter: DataChangeFilter | undefined,
  ) {
    const { services, samplingMs } = this.#options;
    const refused: { variable: number; status: { readonly value: number; readonly name: string } }[] = [];
    for (let at = 0; at < variables.length; at += services.monitorLimit) {
      const chunk = variables.slice(at, at + services.monitorLimit);
      const itemsToCreate = chunk.map((variable) => ({
        itemToMonitor: { nodeId: nodeIds[variable] ?? '', attributeId: AttributeIds.Value },
        monitoringMode: MonitoringMode.Reporting,
        requestedParameters: {
          clientHandle: variable,
          samplingInterval: samplingMs,
          queueSize: QUEUE_SIZE,
          discardOldest: true,
          ...(filter ? { filter } : {}),
        },
      }));
      const { results } = await services.call<CreateMonitoredItemsResponse>(
        new CreateMonitoredItemsRequest({
          subscriptionId: this.#subscriptionId,
          timestampsToReturn: TimestampsToReturn.Both,
          itemsToCreate,
        }),
      );
      chunk.forEach((variable, i) => {
        const status = results?.[i]?.statusCode ?? StatusCodes.BadUnexpectedError;
        if (status.isNotGood()) refused.push({ variable, status });
      });
    }
    return refused;
  }

  /** Sends the next request as soon as one is answered. */
  async #publish(): Promise<void> {
    while (!this.#ended) {
      const acknowledgements = this.#acknowledge.map((sequenceNumber) => ({
        subscriptionId: this.#subscriptionId,
        sequenceNumber,
      }));
      this.#acknowledge = [];
      const request = new PublishRequest({ subscriptionAcknowledgements: acknowledgements });
      request.requestHeader.timeoutHint = KEEP_ALIVE_MS * OUTSTANDING * 2;
      try {
        this.#take(await this.#options.services.call<PublishResponse>(request));
      } catch (error) {
        this.#fail(messageOf(error));
      }
    }
  }

  #fail(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handlers.failed(reason);
  }

  #take({ notificationMessage }: PublishResponse): void {
    const { sequenceNumber, notificationData } = notificationMessage;
    if (this.#ended || !notificationData || notificationData.length === 0) return;
    if (this.#expected !== undefined && sequenceNumber > this.#expected)
      this.missedMessages += sequenceNumber - this.#expected;
    this.#expected = sequenceNumber >= 0xffffffff ? 1 : sequenceNumber + 1;
    this.#acknowledge.push(sequenceNumber);
    const samples: RecordedSample[] = [];
    for (const data of notificationData) {
      const { monitoredItems } = data as Partial<DataChangeNotification>;
      for (const { clientHandle, value } of monitoredItems ?? []) {
        samples.push([clientHandle, ...toRecordedValue(value)]);
        if ((value.statusCode.value & OVERFLOW_BITS) === OVERFLOW_BITS) this.overflows += 1;
      }
    }
    if (samples.length > 0) this.#handlers.samples(samples);
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#options.services.call<DeleteSubscriptionsResponse>(
      new DeleteSubscriptionsRequest({ subscriptionIds: [this.#subscriptionId] }),
    );
  }
}
