import type { DataValue, MonitoredItem } from 'node-opcua';
import type { Slot } from './notification-lane.ts';
import type { SubscriptionLane } from './subscription-lane.ts';
import {
  DataChangeFilter,
  DataChangeTrigger,
  DeadbandType,
  MonitoringMode,
  StatusCodes,
  TimestampsToReturn,
} from 'node-opcua';
import { inLanguage, languageOf } from './localized-answers.ts';
import { Times } from './notification-encoding.ts';

const TIMES: Readonly<Record<number, number>> = {
  [TimestampsToReturn.Source]: Times.source,
  [TimestampsToReturn.Server]: Times.server,
  [TimestampsToReturn.Both]: Times.both,
};

/**
 * A monitored item of a served variable. `direct`: its values go straight into the lane of its subscription; that is so for an
 * item that takes every value as it is, from its second value on, until something about it changes. `library`: node-opcua
 * filters and queues them.
 */
export class WatchedItem {
  readonly item: MonitoredItem;
  readonly host: SubscriptionLane;
  readonly #current: () => DataValue;
  readonly #onChange: () => void;
  #slot: Slot | undefined;

  /** `current`: the variable's newest value; `onChange`: it went into the lane or left it. */
  constructor(item: MonitoredItem, host: SubscriptionLane, current: () => DataValue, onChange: () => void) {
    this.item = item;
    this.host = host;
    this.#current = current;
    this.#onChange = onChange;
    this.#settleBefore();
    tellInLanguage(item);
  }

  /** Where its values go, while they go directly. */
  get slot(): Slot | undefined {
    return this.#slot;
  }

  /** Values in its queue. */
  get waiting(): number {
    return this.item.queue.length + (this.#slot === undefined ? 0 : this.host.lane.waiting(this.#slot));
  }

  /** node-opcua reads a new item's first value asynchronously; until then its last value is this code. */
  get hasInitialValue(): boolean {
    return (
      this.#slot !== undefined ||
      this.item.oldDataValue.statusCode.value !== StatusCodes.BadDataUnavailable.value
    );
  }

  /** The library's way: a sampled item reads the node by its own timer; a disabled one gets nothing. */
  record(dataValue: DataValue): void {
    const { item } = this;
    if (item.samplingInterval > 0) return;
    if (item.monitoringMode === MonitoringMode.Reporting || item.monitoringMode === MonitoringMode.Sampling)
      item.recordValue(dataValue, wantsEveryValue(item));
  }

  /** Into the lane, where that makes no difference to the client. Answers whether it is there. */
  goDirect(): boolean {
    const { item, host } = this;
    const isPlain =
      item.samplingInterval === 0 &&
      item.monitoringMode === MonitoringMode.Reporting &&
      wantsEveryValue(item) &&
      item.queueSize > 1 &&
      item.discardOldest &&
      (item.itemToMonitor.indexRange?.isEmpty() ?? true);
    if (!isPlain || item.queue.length > 0 || !this.hasInitialValue) return false;
    const { clientHandle, queueSize, timestampsToReturn } = item;
    const times = TIMES[timestampsToReturn] ?? Times.none;
    this.#slot = host.lane.join({ clientHandle, queueSize, times });
    host.direct += 1;
    return true;
  }

  /** Back to the library, which learns the newest value; what waits in the lane stays before what comes. */
  settle(): void {
    if (this.#slot === undefined) return;
    const { lane } = this.host;
    if (lane.waiting(this.#slot) > 0) this.host.seal();
    this.leave();
    this.item.oldDataValue = this.#current().clone();
    this.#onChange();
  }

  /** The item is gone. */
  leave(): void {
    if (this.#slot === undefined) return;
    this.host.lane.leave(this.#slot);
    this.host.direct -= 1;
    this.#slot = undefined;
  }

  /** The library changes an item by these two. */
  #settleBefore(): void {
    const { item } = this;
    const setMonitoringMode = item.setMonitoringMode.bind(item);
    const modify = item.modify.bind(item);
    item.setMonitoringMode = (mode) => {
      // OPC 10000-4, 5.13.4.2: disabling deletes what is queued.
      if (mode === MonitoringMode.Disabled && this.#slot !== undefined) this.host.lane.clear(this.#slot);
      this.settle();
      return setMonitoringMode(mode);
    };
    item.modify = (timestampsToReturn, parameters) => {
      this.settle();
      return modify(timestampsToReturn, parameters);
    };
  }
}

const wantsEveryValue = ({ filter }: MonitoredItem): boolean =>
  filter instanceof DataChangeFilter &&
  filter.trigger === DataChangeTrigger.StatusValueTimestamp &&
  filter.deadbandType === DeadbandType.None;

/** States are told in the language of the session that listens, the first value too, which the library reads by itself. */
function tellInLanguage(item: MonitoredItem): void {
  if (languageOf(item.$subscription?.$session) === undefined) return;
  const recordValue = item.recordValue.bind(item);
  item.recordValue = (dataValue, ...rest) => {
    const language = languageOf(item.$subscription?.$session);
    return recordValue(language === undefined ? dataValue : inLanguage(dataValue, language), ...rest);
  };
}
