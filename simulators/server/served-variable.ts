import type { DataType, MonitoredItem, StatusCode, UAObject, UAVariable, Variant } from 'node-opcua';
import type { SignalDefinition, SignalValue } from '../model/signal.ts';
import {
  DataChangeFilter,
  DataChangeTrigger,
  DataValue,
  DeadbandType,
  MonitoringMode,
  NodeClass,
  StatusCodes,
  DataType as DataTypes,
} from 'node-opcua';
import { statusCodeOf } from './status-codes.ts';
import { dataTypeOf, toVariant } from './variants.ts';

/** Times of one write: source time with 100 ns, server time of the write itself. */
export interface WriteTimes {
  readonly source: Date;
  readonly sourcePicoseconds: number;
  readonly server: Date;
}

const PICOSECONDS_PER_TICK = 100_000;

export function writeTimes(timeMs: number, below: number): WriteTimes {
  return { source: new Date(timeMs), sourcePicoseconds: below * PICOSECONDS_PER_TICK, server: new Date() };
}

/** The node's own DataValue, which node-opcua keeps in a field that its types do not show. */
interface WithDataValue {
  $dataValue: DataValue;
}

/**
 * A variable whose values are *set*: each one goes straight to the exception-based monitored items.
 *
 * `UAVariable.setValueFromSource` would do the same in four clones and comparisons per value, and drops two
 * values that it takes for one: its filter compares source times in whole milliseconds, so that of two equal
 * values in the same millisecond (100 ns apart, or a repeated row of a recording) the second is lost.
 * Here an item with the trigger StatusValueTimestamp gets every value that is written.
 */
export class ServedVariable {
  readonly node: UAVariable;
  readonly dataType: DataType;
  /** Live monitored items of the Value attribute; kept by MonitoredItemRegistry. */
  readonly items: MonitoredItem[] = [];
  readonly #state: StateMachine | undefined;

  constructor(node: UAVariable, signal: SignalDefinition) {
    this.node = node;
    const declared = node.getBasicDataType();
    // UInteger, as MultiStateDiscreteType has it, is abstract: the signal says which one it is.
    this.dataType =
      declared === DataTypes.Variant || declared === DataTypes.Null ? dataTypeOf(signal) : declared;
    this.#state = StateMachine.of(node);
  }

  write(value: SignalValue | null, statusCode: number, times: WriteTimes): void {
    const dataValue = createDataValue(toVariant(this.dataType, value), statusCodeOf(statusCode), times);
    (this.node as unknown as WithDataValue).$dataValue = dataValue;
    for (const item of this.items) record(item, dataValue);
    if (this.#state && typeof value === 'string') this.#state.enter(value, times);
  }
}

function createDataValue(variant: Variant, statusCode: StatusCode, times: WriteTimes): DataValue {
  const dataValue = new DataValue(null);
  dataValue.value = variant;
  dataValue.statusCode = statusCode;
  dataValue.sourceTimestamp = times.source;
  dataValue.sourcePicoseconds = times.sourcePicoseconds;
  dataValue.serverTimestamp = times.server;
  dataValue.serverPicoseconds = 0;
  return dataValue;
}

/** A sampled item reads the node by its own timer; a disabled one gets nothing. */
function record(item: MonitoredItem, dataValue: DataValue): void {
  const { monitoringMode } = item;
  if (item.samplingInterval > 0) return;
  if (monitoringMode !== MonitoringMode.Reporting && monitoringMode !== MonitoringMode.Sampling) return;
  item.recordValue(dataValue, wantsEveryValue(item));
}

function wantsEveryValue({ filter }: MonitoredItem): boolean {
  return (
    filter instanceof DataChangeFilter &&
    filter.trigger === DataChangeTrigger.StatusValueTimestamp &&
    filter.deadbandType === DeadbandType.None
  );
}

/** CurrentState of a FiniteStateMachine: its Id and Number follow the name (OPC 10000-16, 4.4.7). */
class StateMachine {
  readonly #id: UAVariable | undefined;
  readonly #number: UAVariable | undefined;
  readonly #states: ReadonlyMap<string, UAObject>;
  #current = '';

  private constructor(node: UAVariable, states: ReadonlyMap<string, UAObject>) {
    const properties = node.findReferencesExAsObject('HasProperty');
    const find = (name: string) =>
      properties.find((each) => each.browseName.name === name) as UAVariable | undefined;
    this.#id = find('Id');
    this.#number = find('Number');
    this.#states = states;
  }

  static of(node: UAVariable): StateMachine | undefined {
    if (node.browseName.name !== 'CurrentState' || node.parent?.nodeClass !== NodeClass.Object)
      return undefined;
    return new StateMachine(node, statesOf(node.parent as UAObject));
  }

  enter(name: string, times: WriteTimes): void {
    if (name === this.#current) return;
    this.#current = name;
    const state = this.#states.get(name);
    if (!state) return;
    this.#id?.setValueFromSource(
      { dataType: DataTypes.NodeId, value: state.nodeId },
      StatusCodes.Good,
      times.source,
    );
    const number = state
      .findReferencesExAsObject('HasProperty')
      .find((each) => each.browseName.name === 'StateNumber');
    if (number?.nodeClass === NodeClass.Variable)
      this.#number?.setValueFromSource(
        (number as UAVariable).readValue().value,
        StatusCodes.Good,
        times.source,
      );
  }
}

/** States stand below the type definition, not below the instance; subtypes inherit them. */
function statesOf(machine: UAObject): ReadonlyMap<string, UAObject> {
  const states = new Map<string, UAObject>();
  let type = machine.typeDefinitionObj as typeof machine.typeDefinitionObj | null | undefined;
  while (type) {
    for (const child of type.findReferencesExAsObject('HasComponent')) {
      const definition =
        child.nodeClass === NodeClass.Object ? (child as UAObject).typeDefinitionObj : undefined;
      const isState =
        definition?.browseName.name === 'StateType' || definition?.browseName.name === 'InitialStateType';
      const name = child.browseName.name;
      if (isState && name && !states.has(name)) states.set(name, child as UAObject);
    }
    type = type.subtypeOfObj;
  }
  return states;
}
