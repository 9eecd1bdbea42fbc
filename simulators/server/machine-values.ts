import type { UAVariable, MonitoredItem } from 'node-opcua';
import type { ProducedTick } from '../model/produced-tick.ts';
import type { SignalDefinition, SignalValue } from '../model/signal.ts';
import { isEncoded, isStructure } from '../model/signal.ts';
import type { NotificationLane } from './notification-lane.ts';
import type { SubscriptionLane } from './subscription-lane.ts';
import { DataType, DataValue } from 'node-opcua';
import { fits, isPackable } from './notification-encoding.ts';
import { StateMachine } from './state-machine.ts';
import { StructureEncoder } from './structure-encoder.ts';
import { statusCodeOf } from './status-codes.ts';
import { dataTypeOf, toVariant } from './variants.ts';
import { WatchedItem } from './watched-item.ts';

const PICOSECONDS_PER_TICK = 100_000;

/** The node's own DataValue, which node-opcua keeps in a field that its types do not show. */
const DATA_VALUE = '$dataValue';

/** Where the newest value of a variable is: a DataValue of the library, or one of our columns. */
const Kept = { library: 0, number: 1, other: 2, nothing: 3 } as const;

/**
 * The newest values of a machine's variables, in columns, and the way from a produced value to the monitored items.
 *
 * `UAVariable.setValueFromSource` would take four clones and comparisons per value, and drops two values that it takes for
 * one: its filter compares source times in whole milliseconds, so that of two equal values in the same millisecond
 * (100 ns apart, or a repeated row of a recording) the second is lost. Here an item with the trigger StatusValueTimestamp
 * gets every value that is written, encoded at once (`NotificationLane`); the library's DataValue is made only when somebody reads.
 */
export class MachineValues {
  readonly #nodes: readonly UAVariable[];
  /** By variable, live monitored items of the Value attribute. */
  readonly #items: readonly WatchedItem[][];
  readonly #states: ReadonlyMap<number, StateMachine>;
  readonly #structures: ReadonlyMap<number, StructureEncoder>;
  readonly #dataType: Uint8Array;
  /** By variable, where its only item takes values directly. */
  readonly #lane: (NotificationLane | undefined)[];
  readonly #slot: Int32Array;
  readonly #kept: Uint8Array;
  readonly #number: Float64Array;
  readonly #other: (SignalValue | DataValue | undefined)[];
  readonly #status: Uint32Array;
  readonly #sourceMs: Float64Array;
  readonly #below: Uint16Array;
  readonly #serverMs: Float64Array;

  constructor(nodes: readonly UAVariable[], signals: readonly SignalDefinition[]) {
    const count = nodes.length;
    this.#nodes = nodes;
    this.#items = nodes.map(() => []);
    this.#dataType = Uint8Array.from(nodes, (node, i) => servedType(node, signals[i]!));
    this.#lane = nodes.map(() => undefined);
    this.#slot = new Int32Array(count);
    this.#kept = new Uint8Array(count);
    this.#number = new Float64Array(count);
    this.#other = nodes.map((node) => (node as unknown as Record<string, DataValue>)[DATA_VALUE]);
    this.#status = new Uint32Array(count);
    this.#sourceMs = new Float64Array(count);
    this.#below = new Uint16Array(count);
    this.#serverMs = new Float64Array(count);
    this.#states = new Map(
      nodes.flatMap((node, i) => {
        const state = StateMachine.of(node);
        return state ? [[i, state] as const] : [];
      }),
    );
    this.#structures = new Map(
      nodes.flatMap((node, i) =>
        signals[i]?.dataType === 'Structure' ? [[i, new StructureEncoder(node)] as const] : [],
      ),
    );
    nodes.forEach((node, i) => this.#serve(node, i));
  }

  /** The library reads and sets the value of its node through us. */
  #serve(node: UAVariable, i: number): void {
    Object.defineProperty(node, DATA_VALUE, {
      get: () => this.current(i),
      set: (dataValue: DataValue) => {
        this.#kept[i] = Kept.library;
        this.#other[i] = dataValue;
      },
    });
  }

  get nodes(): readonly UAVariable[] {
    return this.#nodes;
  }

  itemsOf(variable: number): readonly WatchedItem[] {
    return this.#items[variable] ?? [];
  }

  watch(variable: number, item: MonitoredItem, host: SubscriptionLane): WatchedItem {
    const refresh = (): void => this.#refresh(variable);
    const watched = new WatchedItem(item, host, () => this.current(variable), refresh);
    this.#items[variable]?.push(watched);
    refresh();
    return watched;
  }

  unwatch(variable: number, watched: WatchedItem): void {
    const items = this.#items[variable];
    watched.leave();
    items?.splice(items.indexOf(watched), 1);
    this.#refresh(variable);
  }

  #refresh(variable: number): void {
    const items = this.itemsOf(variable);
    const only = items.length === 1 ? items[0] : undefined;
    this.#lane[variable] = only?.slot === undefined ? undefined : only.host.lane;
    this.#slot[variable] = only?.slot ?? -1;
  }

  /** What the machine produced at one instant; `serverMs`: now. */
  write(tick: ProducedTick, serverMs: number): void {
    const { signals, values, statuses, timeMs, below } = tick;
    const isTimed = !Number.isNaN(timeMs);
    for (let k = 0; k < signals.length; k += 1) {
      const i = signals[k] ?? 0;
      const produced = values[k] ?? null;
      const value = isStructure(produced) ? (this.#structures.get(i)?.encode(produced) ?? null) : produced;
      const status = statuses[k] ?? 0;
      const lane = this.#lane[i];
      if (lane !== undefined && isTimed && fits(value))
        lane.write(this.#slot[i] ?? 0, this.#dataType[i] ?? 0, value, status);
      else if (this.itemsOf(i).length > 0) this.#hand(i, { value, status, timeMs, below, serverMs });
      this.#keep(i, value);
      this.#status[i] = status;
      this.#sourceMs[i] = timeMs;
      this.#below[i] = below;
      this.#serverMs[i] = serverMs;
      if (typeof value === 'string') this.#states.get(i)?.enter(value, new Date(timeMs));
    }
  }

  #keep(i: number, value: SignalValue | null): void {
    if (typeof value === 'number') {
      this.#number[i] = value;
      this.#kept[i] = Kept.number;
    } else if (typeof value === 'boolean') {
      this.#number[i] = value ? 1 : 0;
      this.#kept[i] = Kept.number;
    } else if (value === null) this.#kept[i] = Kept.nothing;
    else {
      this.#other[i] = value;
      this.#kept[i] = Kept.other;
    }
  }

  /** Each item its own way; before the value is kept, so that the library can still be told the one before. */
  #hand(i: number, written: Written): void {
    const dataType = this.#dataType[i] ?? 0;
    const isDirect =
      (isPackable(dataType) || isEncoded(written.value)) &&
      fits(written.value) &&
      !Number.isNaN(written.timeMs);
    let dataValue: DataValue | undefined;
    for (const watched of this.itemsOf(i)) {
      if (!isDirect) watched.settle();
      if (isDirect && (watched.slot !== undefined || watched.goDirect()))
        watched.host.lane.write(watched.slot ?? 0, dataType, written.value, written.status);
      else watched.record((dataValue ??= toDataValue(dataType, written)));
    }
    this.#refresh(i);
  }

  /** The newest value in the library's form. */
  current(i: number): DataValue {
    const kept = this.#kept[i];
    if (kept === Kept.library) return this.#other[i] as DataValue;
    const dataType = this.#dataType[i] ?? 0;
    const dataValue = toDataValue(dataType, {
      value: this.#keptValue(i, dataType),
      status: this.#status[i] ?? 0,
      timeMs: this.#sourceMs[i] ?? 0,
      below: this.#below[i] ?? 0,
      serverMs: this.#serverMs[i] ?? 0,
    });
    this.#other[i] = dataValue;
    this.#kept[i] = Kept.library;
    return dataValue;
  }

  #keptValue(i: number, dataType: DataType): SignalValue | null {
    if (this.#kept[i] === Kept.nothing) return null;
    if (this.#kept[i] === Kept.other) return this.#other[i] as SignalValue;
    return dataType === DataType.Boolean ? this.#number[i] === 1 : (this.#number[i] ?? 0);
  }
}

interface Written {
  readonly value: SignalValue | null;
  readonly status: number;
  readonly timeMs: number;
  readonly below: number;
  readonly serverMs: number;
}

/** Fields are set, not passed: their checks would cost more than the rest. */
function toDataValue(dataType: DataType, { value, status, timeMs, below, serverMs }: Written): DataValue {
  const dataValue = new DataValue(null);
  dataValue.value = toVariant(dataType, value);
  dataValue.statusCode = statusCodeOf(status);
  dataValue.sourceTimestamp = Number.isNaN(timeMs) ? null : new Date(timeMs);
  dataValue.sourcePicoseconds = below * PICOSECONDS_PER_TICK;
  dataValue.serverTimestamp = new Date(serverMs);
  dataValue.serverPicoseconds = 0;
  return dataValue;
}

/** UInteger, as MultiStateDiscreteType has it, is abstract: the signal says which one it is. */
function servedType(node: UAVariable, signal: SignalDefinition): DataType {
  const declared = node.getBasicDataType();
  return declared === DataType.Variant || declared === DataType.Null ? dataTypeOf(signal) : declared;
}
