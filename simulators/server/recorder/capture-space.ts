import type { DataValue, QualifiedName, ReferenceDescription } from 'node-opcua';
import type {
  RecordedClass,
  RecordedDefinition,
  RecordedNode,
  RecordedReference,
  RecordedText,
} from '../../replay/machine-recording.ts';
import type { Services } from './machine-client.ts';
import { AttributeIds, coerceNodeId, NodeClass, NodeId, resolveNodeId } from 'node-opcua';
import { toRecordedValue } from './recorded-values.ts';

const OBJECTS = coerceNodeId('i=85');
const HAS_SUBTYPE = 'ns=0;i=45';
const NAMESPACE_ARRAY = coerceNodeId('i=2255');
/** Nodes asked for at a time, so that a large machine is written piece by piece. */
const WAVE = 500;

const CLASSES: Readonly<Record<number, RecordedClass>> = {
  [NodeClass.Object]: 'Object',
  [NodeClass.Variable]: 'Variable',
  [NodeClass.Method]: 'Method',
  [NodeClass.ObjectType]: 'ObjectType',
  [NodeClass.VariableType]: 'VariableType',
  [NodeClass.DataType]: 'DataType',
  [NodeClass.ReferenceType]: 'ReferenceType',
  [NodeClass.View]: 'View',
};

type Attribute =
  | 'valueRank'
  | 'dimensions'
  | 'dataType'
  | 'value'
  | 'isAbstract'
  | 'isSymmetric'
  | 'inverseName'
  | 'eventNotifier'
  | 'definition';
const IDS: Readonly<Record<Attribute, AttributeIds>> = {
  dataType: AttributeIds.DataType,
  valueRank: AttributeIds.ValueRank,
  dimensions: AttributeIds.ArrayDimensions,
  value: AttributeIds.Value,
  isAbstract: AttributeIds.IsAbstract,
  isSymmetric: AttributeIds.Symmetric,
  inverseName: AttributeIds.InverseName,
  eventNotifier: AttributeIds.EventNotifier,
  definition: AttributeIds.DataTypeDefinition,
};
const OF_CLASS: Readonly<Record<RecordedClass, readonly Attribute[]>> = {
  Object: ['eventNotifier'],
  Variable: ['dataType', 'valueRank', 'dimensions', 'value'],
  Method: [],
  ObjectType: ['isAbstract'],
  VariableType: ['dataType', 'valueRank', 'dimensions', 'isAbstract', 'value'],
  DataType: ['isAbstract', 'definition'],
  ReferenceType: ['isAbstract', 'isSymmetric', 'inverseName'],
  View: ['eventNotifier'],
};

export async function readNamespaces(services: Services): Promise<readonly string[]> {
  const [value] = await services.read([[NAMESPACE_ARRAY, AttributeIds.Value]]);
  return (value?.value.value as readonly string[] | null) ?? [];
}

/**
 * Where the machine begins: the only one in the Machines folder (OPC 40001-1) or in the DeviceSet (OPC 10000-100), or the only
 * object of its own in the Objects folder; else the Objects folder.
 */
export async function findRoot(services: Services, namespaces: readonly string[]): Promise<NodeId> {
  const folders = [
    ['http://opcfoundation.org/UA/Machinery/', 1001],
    ['http://opcfoundation.org/UA/DI/', 5001],
  ] as const;
  const isStandard = ({ nodeId }: ReferenceDescription): boolean =>
    (namespaces[nodeId.namespace] ?? '').startsWith('http://opcfoundation.org/UA/');
  const starts = folders
    .filter(([uri]) => namespaces.includes(uri))
    .map(([uri, id]) => coerceNodeId(`ns=${namespaces.indexOf(uri)};i=${id}`));
  for (const start of [...starts, OBJECTS]) {
    const [references = []] = await services.references([start]);
    const own = references.filter(
      (each) => each.isForward && each.nodeClass === NodeClass.Object && !isStandard(each),
    );
    if (own.length === 1 && own[0]) return bare(own[0].nodeId);
  }
  return OBJECTS;
}

const bare = ({ identifierType, value, namespace }: NodeId): NodeId =>
  new NodeId(identifierType, value, namespace);

/**
 * Walks everything of the server's own below Objects, and from there whatever these nodes refer to: their types with all
 * members, supertypes, data types, encodings. Nodes of the OPC UA namespace are left out; every server has them. Yields nodes
 * in waves. A node is captured once; `most` bounds them.
 */
export async function* captureSpace(
  services: Services,
  most: number,
): AsyncGenerator<readonly RecordedNode[], void, undefined> {
  const seen = new Set<string>();
  let frontier: Found[] = await expand(services, [OBJECTS], seen);
  while (frontier.length > 0 && seen.size <= most) {
    const wave = frontier.slice(0, WAVE);
    frontier = frontier.slice(WAVE);
    const references = await services.references(wave.map(({ nodeId }) => nodeId));
    const nodes = await describe(services, wave, references);
    yield nodes;
    const dataTypes = nodes.flatMap(typesWithin).map((id) => resolveNodeId(id));
    frontier.push(...newOnes(references.flat().filter(leadsOn), seen));
    frontier.push(...(await unknownTypes(services, dataTypes, seen)));
  }
}

interface Found {
  readonly nodeId: NodeId;
  readonly nodeClass: NodeClass;
  readonly browseName: QualifiedName;
  readonly displayName: { readonly locale: string | null; readonly text: string | null };
}

const isOwn = (nodeId: NodeId): boolean => nodeId.namespace !== 0;

async function expand(services: Services, from: readonly NodeId[], seen: Set<string>): Promise<Found[]> {
  const references = await services.references(from);
  return newOnes(
    references.flat().filter(({ isForward }) => isForward),
    seen,
  );
}

function newOnes(references: readonly ReferenceDescription[], seen: Set<string>): Found[] {
  return references.flatMap(({ nodeId, nodeClass, browseName, displayName }) => {
    const id = bare(nodeId);
    if (!isOwn(id) || nodeId.serverIndex > 0 || CLASSES[nodeClass] === undefined || seen.has(id.toString()))
      return [];
    seen.add(id.toString());
    return [{ nodeId: id, nodeClass, browseName, displayName }];
  });
}

/** Supertypes are followed, other subtypes are not; of other references to a node only their owner knows. */
function leadsOn({ referenceTypeId, isForward }: ReferenceDescription): boolean {
  const isSubtype = referenceTypeId.toString() === HAS_SUBTYPE;
  return isSubtype ? !isForward : isForward;
}

/** Data types and reference types that a node names without a reference to them. */
const typesWithin = ({ dataType, definition, references }: RecordedNode): readonly string[] => [
  ...(dataType === undefined ? [] : [dataType]),
  ...(definition?.fields ?? []).flatMap((field) => (field.dataType === undefined ? [] : [field.dataType])),
  ...references.map(([type]) => type),
];

async function unknownTypes(
  services: Services,
  types: readonly NodeId[],
  seen: Set<string>,
): Promise<Found[]> {
  const distinct = [...new Map(types.map((type) => [type.toString(), type])).values()];
  const fresh = distinct.filter((type) => isOwn(type) && !seen.has(type.toString()));
  if (fresh.length === 0) return [];
  const names = [AttributeIds.NodeClass, AttributeIds.BrowseName, AttributeIds.DisplayName] as const;
  const values = await services.read(fresh.flatMap((type) => names.map((name) => [type, name] as const)));
  return fresh.flatMap((nodeId, i) => {
    const [nodeClass, browseName, displayName] = values.slice(3 * i, 3 * i + 3).map(goodValue);
    if (browseName === undefined) return [];
    seen.add(nodeId.toString());
    return [
      {
        nodeId,
        nodeClass: nodeClass as NodeClass,
        browseName: browseName as QualifiedName,
        displayName: displayName as Found['displayName'],
      },
    ];
  });
}

const goodValue = (dataValue: DataValue | undefined): unknown =>
  dataValue?.statusCode.isGood() ? (dataValue.value.value as unknown) : undefined;

async function describe(
  services: Services,
  found: readonly Found[],
  references: readonly (readonly ReferenceDescription[])[],
): Promise<RecordedNode[]> {
  const wanted = found.flatMap(({ nodeId, nodeClass }, i) =>
    [AttributeIds.Description, ...OF_CLASS[CLASSES[nodeClass] ?? 'Object'].map((name) => IDS[name])].map(
      (attribute) => ({ i, nodeId, attribute }),
    ),
  );
  const values = await services.read(wanted.map(({ nodeId, attribute }) => [nodeId, attribute] as const));
  const read = found.map(() => new Map<AttributeIds, DataValue>());
  wanted.forEach(({ i, attribute }, k) => {
    const value = values[k];
    if (value) read[i]?.set(attribute, value);
  });
  return found.map((each, i) =>
    toNode(each, read[i] ?? new Map<AttributeIds, DataValue>(), references[i] ?? []),
  );
}

const toText = (value: unknown): RecordedText | undefined => {
  const text = value as { readonly locale?: string | null; readonly text?: string | null } | null | undefined;
  return text ? [text.locale ?? null, text.text ?? null] : undefined;
};

function toNode(
  found: Found,
  read: ReadonlyMap<AttributeIds, DataValue>,
  references: readonly ReferenceDescription[],
): RecordedNode {
  const good = (name: Attribute): unknown => goodValue(read.get(IDS[name]));
  const given = <T>(key: string, value: T | undefined | null): Record<string, T> =>
    value === undefined || value === null ? {} : { [key]: value };
  const description = toText(goodValue(read.get(AttributeIds.Description)));
  const dimensions = good('dimensions') as Uint32Array | null | undefined;
  const value = read.get(AttributeIds.Value);
  const hasValue = value !== undefined && !UNREADABLE.has(value.statusCode.name);
  return {
    id: found.nodeId.toString(),
    class: CLASSES[found.nodeClass] ?? 'Object',
    name: [found.browseName.namespaceIndex, found.browseName.name ?? ''],
    display: toText(found.displayName) ?? [null, null],
    ...(description?.[1] ? { description } : {}),
    ...given('isAbstract', good('isAbstract') as boolean | undefined),
    ...given('isSymmetric', good('isSymmetric') as boolean | undefined),
    ...given('inverseName', toText(good('inverseName'))),
    ...given('eventNotifier', good('eventNotifier') as number | undefined),
    ...given('dataType', (good('dataType') as NodeId | undefined)?.toString()),
    ...given('valueRank', good('valueRank') as number | undefined),
    ...(dimensions && dimensions.length > 0 ? { dimensions: [...dimensions] } : {}),
    ...given('definition', toDefinition(good('definition'))),
    ...(hasValue ? { value: toRecordedValue(value) } : {}),
    references: references.flatMap((reference): RecordedReference[] =>
      reference.nodeId.serverIndex > 0
        ? []
        : [[reference.referenceTypeId.toString(), reference.isForward, bare(reference.nodeId).toString()]],
    ),
  };
}

const UNREADABLE: ReadonlySet<string> = new Set([
  'BadNotReadable',
  'BadUserAccessDenied',
  'BadAttributeIdInvalid',
  'BadNodeIdUnknown',
]);

interface RawField {
  readonly name?: string | null;
  readonly dataType?: NodeId;
  readonly valueRank?: number;
  readonly arrayDimensions?: Uint32Array | null;
  readonly isOptional?: boolean;
  readonly value?: number | bigint | readonly [high: number, low: number];
  readonly displayName?: unknown;
}
interface RawDefinition {
  readonly structureType?: number;
  readonly fields?: readonly RawField[] | null;
}

function toDefinition(raw: unknown): RecordedDefinition | undefined {
  const definition = raw as RawDefinition | null | undefined;
  if (!definition?.fields) return undefined;
  if (definition.structureType === undefined)
    return {
      fields: definition.fields.map(({ name, value, displayName }) => ({
        name: name ?? '',
        value: toDigits(value),
        ...(toText(displayName) ? { display: toText(displayName)! } : {}),
      })),
    };
  return {
    structureType: definition.structureType,
    fields: definition.fields.map(({ name, dataType, valueRank, arrayDimensions, isOptional }) => ({
      name: name ?? '',
      dataType: dataType?.toString() ?? 'ns=0;i=24',
      valueRank: valueRank ?? -1,
      ...(arrayDimensions && arrayDimensions.length > 0 ? { dimensions: [...arrayDimensions] } : {}),
      isOptional: isOptional ?? false,
    })),
  };
}

/** The library holds 64-bit integers as two unsigned halves. */
function toDigits(value: RawField['value']): string {
  if (typeof value === 'object')
    return String(BigInt.asIntN(64, (BigInt(value[0]) << 32n) | BigInt(value[1])));
  return String(value ?? 0);
}
