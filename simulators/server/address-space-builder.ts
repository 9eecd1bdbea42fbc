import type { AddressSpace, BaseNode, Namespace, UAObject, UAObjectType, UAVariable } from 'node-opcua';
import type { LocalizedText } from '#domain/machine.ts';
import type { CompanionComponent, CompanionPlan, TypeRef } from '../model/companion.ts';
import type { SignalDefinition } from '../model/signal.ts';
import { DataType, NodeClass, Variant } from 'node-opcua';
import { MACHINERY_URI } from '../model/companion.ts';
import { addSignalVariable, addUnitAndRange, awaitFirstValue } from './signal-variable.ts';
import { admitsShape } from './value-rank.ts';
import { toVariant } from './variants.ts';

export interface MachineNodes {
  readonly root: UAObject;
  /** In the order of the signals. */
  readonly variables: readonly UAVariable[];
}

export interface MachineSpace {
  readonly id: string;
  readonly namespaceUri: string;
  readonly name: LocalizedText;
  readonly companion: CompanionPlan;
  readonly signals: readonly SignalDefinition[];
}

/**
 * Builds one machine below Objects/Machines (OPC 40001-1) or, without Machinery, below Objects. A signal whose
 * path leads into a companion instance takes the variable that the type put there; every other one gets
 * folders and a variable in the machine's own namespace. Node ids are strings made of the browse names.
 */
export function buildMachine(addressSpace: AddressSpace, machine: MachineSpace): MachineNodes {
  const namespace = addressSpace.registerNamespace(machine.namespaceUri);
  const builder = new MachineBuilder(addressSpace, namespace, machine);
  const root = builder.root();
  for (const component of machine.companion.components) builder.component(root, component);
  const constants = Object.entries(machine.companion.constants);
  for (const [path, value] of constants) builder.constant(root, path, value);
  builder.constant(root, 'Identification/SerialNumber', `SIM-${machine.id.toUpperCase()}`);
  builder.constant(root, 'Identification/ProductInstanceUri', `${machine.namespaceUri}:${machine.id}`);
  const variables = machine.signals.map((signal) => builder.signal(root, signal));
  return { root, variables };
}

class MachineBuilder {
  readonly #addressSpace: AddressSpace;
  readonly #namespace: Namespace;
  readonly #machine: MachineSpace;

  constructor(addressSpace: AddressSpace, namespace: Namespace, machine: MachineSpace) {
    this.#addressSpace = addressSpace;
    this.#namespace = namespace;
    this.#machine = machine;
  }

  root(): UAObject {
    const objects = this.#addressSpace.rootFolder.objects;
    const machinery = this.#addressSpace.getNamespaceIndex(MACHINERY_URI);
    const organizedBy = machinery < 0 ? objects : (childOf(objects, 'Machines') ?? objects);
    const { id, name, companion } = this.#machine;
    const options = {
      browseName: id,
      displayName: name.en,
      nodeId: `s=${id}`,
      organizedBy,
    };
    if (!companion.root) return this.#namespace.addObject({ ...options, eventNotifier: 1 });
    return this.#objectType(companion.root.type).instantiate({
      ...options,
      browseName: { name: id, namespaceIndex: this.#namespace.index },
      namespace: this.#namespace,
      optionals: [...companion.root.optionals],
    });
  }

  component(root: UAObject, { path, type, optionals }: CompanionComponent): void {
    const { parent, name } = this.#place(root, path);
    if (childOf(parent, name)) return;
    const objectType = this.#objectType(type);
    const namespaceIndex = objectType.browseName.namespaceIndex;
    objectType.instantiate({
      browseName: { name, namespaceIndex },
      namespace: this.#namespace,
      nodeId: `${stringId(parent)}-${name}`,
      componentOf: parent,
      optionals: [...(optionals ?? [])],
    });
  }

  /** Machines without a place for it simply do not say it. */
  constant(root: UAObject, path: string, value: string | number): void {
    const variable = follow(root, path);
    if (variable?.nodeClass !== NodeClass.Variable) return;
    const target = variable as UAVariable;
    const dataType = target.getBasicDataType();
    target.setValueFromSource(
      dataType === DataType.LocalizedText || dataType === DataType.String
        ? toVariant(dataType, String(value))
        : new Variant({ dataType, value }),
    );
  }

  signal(root: UAObject, signal: SignalDefinition): UAVariable {
    const { parent, name } = this.#place(root, signal.path);
    const existing = childOf(parent, name);
    if (existing?.nodeClass === NodeClass.Variable)
      return adopt(this.#namespace, existing as UAVariable, signal);
    return addSignalVariable(this.#namespace, { parent, name, signal });
  }

  /** The object that holds the last name of a path; missing objects on the way are made. */
  #place(root: UAObject, path: string): { readonly parent: UAObject; readonly name: string } {
    const names = path.split('/');
    const name = names.pop() ?? path;
    let parent = root;
    let at = '';
    for (const each of names) {
      at = at === '' ? each : `${at}/${each}`;
      parent =
        (childOf(parent, each) as UAObject | null) ??
        this.#namespace.addObject({
          browseName: each,
          nodeId: `${stringId(parent)}-${each}`,
          componentOf: parent,
          ...this.#ownType(at),
        });
    }
    return { parent, name };
  }

  /** A published type that no nodeset at hand has: made on first use in the machine's namespace. */
  #ownType(path: string): { readonly typeDefinition?: UAObjectType } {
    const name = this.#machine.companion.ownTypes?.[path];
    if (name === undefined) return {};
    const known = this.#addressSpace.findObjectType(name, this.#namespace.index);
    const typeDefinition =
      known ?? this.#namespace.addObjectType({ browseName: name, nodeId: `s=type-${name}` });
    return { typeDefinition };
  }

  #objectType({ namespaceUri, name }: TypeRef) {
    const type = this.#addressSpace.findObjectType(name, this.#addressSpace.getNamespaceIndex(namespaceUri));
    if (!type) throw new Error(`the loaded nodesets have no type ${name} of ${namespaceUri}`);
    return type;
  }
}

/** A variable that a companion type made: it becomes exception-based, with the signal's unit and range. */
function adopt(namespace: Namespace, variable: UAVariable, signal: SignalDefinition): UAVariable {
  const { valueRank } = variable;
  if (!admitsShape(valueRank, signal.arrayLength))
    throw new Error(
      `${signal.path}: its companion type declares ValueRank ${valueRank}, which the signal is not`,
    );
  variable.minimumSamplingInterval = 0;
  addUnitAndRange(namespace, variable, signal);
  awaitFirstValue(variable);
  return variable;
}

/** The `s=` form of a node's own string id, as new ids are made from it. */
const stringId = (node: BaseNode): string => `s=${String(node.nodeId.value)}`;

function childOf(node: BaseNode, name: string): BaseNode | null {
  return (
    node
      .findReferencesExAsObject('HierarchicalReferences')
      .find(
        (child) =>
          child.browseName.name === name &&
          (child.nodeClass === NodeClass.Object || child.nodeClass === NodeClass.Variable),
      ) ?? null
  );
}

function follow(root: BaseNode, path: string): BaseNode | null {
  return path.split('/').reduce<BaseNode | null>((node, name) => node && childOf(node, name), root);
}
