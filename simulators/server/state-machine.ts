import type { UAObject, UAVariable } from 'node-opcua';
import { DataType, NodeClass, StatusCodes } from 'node-opcua';

/** CurrentState of a FiniteStateMachine: its Id and Number follow the name (OPC 10000-16, 4.4.7). */
export class StateMachine {
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

  enter(name: string, time: Date): void {
    if (name === this.#current) return;
    this.#current = name;
    const state = this.#states.get(name);
    if (!state) return;
    this.#id?.setValueFromSource({ dataType: DataType.NodeId, value: state.nodeId }, StatusCodes.Good, time);
    const number = state
      .findReferencesExAsObject('HasProperty')
      .find((each) => each.browseName.name === 'StateNumber');
    if (number?.nodeClass === NodeClass.Variable)
      this.#number?.setValueFromSource((number as UAVariable).readValue().value, StatusCodes.Good, time);
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
