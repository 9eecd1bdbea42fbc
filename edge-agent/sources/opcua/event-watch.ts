/** The alarms and events of one connection: the item that reports them, and ConditionRefresh. */
import {
  CallMethodRequest,
  DataType,
  StatusCodes,
  Variant,
  coerceNodeId,
  TimestampsToReturn,
} from 'node-opcua-client';
import type { Logger } from '#platform/logger.ts';
import type { MachineConfig } from '#contracts/config/edge-agent.ts';
import { FILTER_LEVELS, eventItemRequest, type FilterLevel } from './event-filter.ts';
import type { EventReader } from './event-reader.ts';
import { within } from './deadline.ts';
import { isServiceStatus, serviceStatus } from './failure.ts';
import { deleteItems, type ItemContext } from './item-table.ts';
import { resolvePortable } from './node-ids.ts';
import type { Timers } from './timers.ts';

/** What must be equal for the item at the server to be kept. Travels in the source's hints. */
export type EventItemHint = readonly [monitoredItemId: number, level: FilterLevel, notifier: string];

export interface EventWatchOptions {
  readonly config: MachineConfig;
  readonly namespaces: readonly string[];
  readonly reader: EventReader;
  readonly timers: Timers;
  readonly log: Logger;
  /** The server offers events at all: its EventNotifier attribute. */
  readonly isOffered: boolean;
}

// ConditionType and its method ConditionRefresh (OPC 10000-9, 5.5.7).
const CONDITION_TYPE = coerceNodeId('i=2782');
const CONDITION_REFRESH = coerceNodeId('i=3875');

/** The publish loop has begun by then. */
const SOON_MS = 50;
/** Another client's refresh, or one that had no end. */
const AGAIN_MS = 2_000;
const MAX_REFRESHES = 5;

export class EventWatch {
  readonly #options: EventWatchOptions;
  #item: EventItemHint | undefined;
  #context: ItemContext | undefined;
  #isRefreshDue = false;

  constructor(options: EventWatchOptions) {
    this.#options = options;
    options.reader.forgetRefresh();
  }

  /** For a later process; `undefined` = there is no item. */
  get hint(): EventItemHint | undefined {
    return this.#item;
  }

  get #isWanted(): boolean {
    return this.#options.isOffered && this.#options.config.events.enabled;
  }

  /** What the item of an earlier connection or process reports can be read from now on. */
  adopt(hint: EventItemHint | undefined): void {
    this.#options.reader.prepare(this.#options.namespaces, hint?.[1] ?? 'conditions');
    this.#item = hint;
  }

  /** Sees to it that there is an item just where one is wanted. A server that refuses is left without events. */
  async ensure(context: ItemContext): Promise<void> {
    this.#context = context;
    const { notifier } = this.#options.config.events;
    if (this.#item && (!this.#isWanted || this.#item[2] !== notifier)) {
      await deleteItems(context, [this.#item[0]]);
      this.#item = undefined;
    }
    if (this.#isWanted && !this.#item) await this.#create(context, notifier);
  }

  async #create(context: ItemContext, notifier: string): Promise<void> {
    const { config, namespaces, reader, log } = this.#options;
    let why = '';
    for (const level of FILTER_LEVELS) {
      const outcome = await createOnce(context, notifier, { level, namespaces });
      if (typeof outcome === 'number') {
        this.#item = [outcome, level, notifier];
        reader.prepare(namespaces, level);
        if (level !== 'conditions')
          log.info(
            { machine: config.id, level, why },
            'the server takes a simpler filter for its events only',
          );
        return;
      }
      why = outcome;
    }
    log.warn(
      { machine: config.id, why },
      'the events of this machine cannot be watched; its values are not concerned',
    );
  }

  /** The publish loop runs: what stands now is asked for, so that what changed meanwhile is known. */
  started(): void {
    this.refresh();
  }

  /** Asks for all conditions of interest; what is not told then is over. Several wishes at once are one. */
  refresh(attempt = 1): void {
    const context = this.#context;
    if (!this.#item || !context || this.#item[1] === 'base' || this.#isRefreshDue) return;
    this.#isRefreshDue = true;
    this.#options.timers.later(attempt === 1 ? SOON_MS : AGAIN_MS, async () => {
      this.#isRefreshDue = false;
      if ((await this.#call(context)) === 'busy' && attempt < MAX_REFRESHES) this.refresh(attempt + 1);
    });
  }

  async #call({ session, subscriptionId, timeoutMs, pace }: ItemContext): Promise<'done' | 'busy'> {
    const { log, config } = this.#options;
    await pace();
    const request = new CallMethodRequest({
      objectId: CONDITION_TYPE,
      methodId: CONDITION_REFRESH,
      inputArguments: [new Variant({ dataType: DataType.UInt32, value: subscriptionId })],
    });
    try {
      const { statusCode } = await within(timeoutMs, 'asking for the conditions', session.call(request));
      if (statusCode.value === StatusCodes.BadRefreshInProgress.value) return 'busy';
      if (!statusCode.isGoodish())
        log.debug(
          { machine: config.id, status: statusCode.name },
          'the server does not tell its conditions anew',
        );
    } catch (error) {
      if (isServiceStatus(error, StatusCodes.BadRefreshInProgress)) return 'busy';
      const status = serviceStatus(error);
      if (!status) throw error;
      log.debug({ machine: config.id, status: status.name }, 'the server does not tell its conditions anew');
    }
    return 'done';
  }
}

/** The item's id, or why there is none. */
async function createOnce(
  { session, subscriptionId, timeoutMs, pace }: ItemContext,
  notifier: string,
  how: { readonly level: FilterLevel; readonly namespaces: readonly string[] },
): Promise<number | string> {
  await pace();
  try {
    const node = resolvePortable(notifier, how.namespaces);
    const { results } = await within(
      timeoutMs,
      'watching the events',
      session.createMonitoredItems({
        subscriptionId,
        timestampsToReturn: TimestampsToReturn.Neither,
        itemsToCreate: [eventItemRequest(node, how.level)],
      }),
    );
    const [result] = results ?? [];
    return result?.statusCode.isGoodish() ? result.monitoredItemId : (result?.statusCode.name ?? 'no answer');
  } catch (error) {
    const status = serviceStatus(error);
    if (status) return status.name;
    if (
      error instanceof Error &&
      'code' in error &&
      (error.code === 'NAMESPACE_UNKNOWN' || error.code === 'NODE_ID_INVALID')
    )
      return error.message;
    throw error;
  }
}
