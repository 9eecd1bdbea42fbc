/** What a machine is, by the companion specification that its type definition (or that of a part) comes from. */
import {
  NodeClassMask,
  NodeId,
  coerceNodeId,
  BrowseDirection,
  type ReferenceDescription,
} from 'node-opcua-client';
import { references, type BrowseContext } from '../sources/opcua/browse.ts';

/** A kind is a word of ours; pages of dashboards go by it. */
interface KnownType {
  readonly namespaceUri: string;
  readonly name: string;
  readonly kind: string;
  readonly specification: string;
}

/** An interface of a part tells what the whole is: a controller's PackML state machine makes a packaging machine. */
const KNOWN: readonly KnownType[] = [
  {
    namespaceUri: 'http://opcfoundation.org/UA/MachineTool/',
    name: 'MachineToolType',
    kind: 'cnc',
    specification: 'OPC 40501-1',
  },
  {
    namespaceUri: 'http://opcfoundation.org/UA/CNC',
    name: 'CncInterfaceType',
    kind: 'cnc',
    specification: 'OPC UA for CNC Systems',
  },
  {
    namespaceUri: 'http://opcfoundation.org/UA/Robotics/',
    name: 'MotionDeviceSystemType',
    kind: 'robot',
    specification: 'OPC 40010-1',
  },
  {
    namespaceUri: 'http://opcfoundation.org/UA/Robotics/',
    name: 'MotionDeviceType',
    kind: 'robot',
    specification: 'OPC 40010-1',
  },
  {
    namespaceUri: 'http://opcfoundation.org/UA/PackML/',
    name: 'PackMLBaseObjectType',
    kind: 'packaging',
    specification: 'OPC 30050',
  },
  {
    namespaceUri: 'http://opcfoundation.org/UA/MachineVision',
    name: 'VisionSystemType',
    kind: 'vision',
    specification: 'OPC 40100-1',
  },
  {
    namespaceUri: 'http://opcfoundation.org/UA/Pumps/',
    name: 'PumpType',
    kind: 'pump-loop',
    specification: 'OPC 40223',
  },
  {
    namespaceUri: 'http://www.euromap.org/euromap77/',
    name: 'IMM_MES_InterfaceType',
    kind: 'injection-moulding',
    specification: 'EUROMAP 77',
  },
];

export const GENERIC = 'generic';

export interface Recognised {
  readonly kind: string;
  /** Why, for people. */
  readonly why: string;
}

const HAS_TYPE_DEFINITION = coerceNodeId('i=40');
const HAS_SUBTYPE = coerceNodeId('i=45');
/** The machine itself, its parts, and theirs. */
const LEVELS = 3;
const MAX_NODES = 500;
const MAX_SUPERTYPES = 12;

interface FoundType {
  readonly nodeId: NodeId;
  readonly namespaceUri: string;
  readonly name: string;
}

const bare = ({ nodeId }: ReferenceDescription): NodeId =>
  new NodeId(nodeId.identifierType, nodeId.value, nodeId.namespace);

const toType = ({ namespaces }: BrowseContext, reference: ReferenceDescription): FoundType => ({
  nodeId: bare(reference),
  namespaceUri: namespaces[reference.browseName.namespaceIndex] ?? '',
  name: reference.browseName.name ?? '',
});

const knownOf = ({ namespaceUri, name }: FoundType): KnownType | undefined =>
  KNOWN.find(
    (known) =>
      known.name === name && known.namespaceUri.replace(/\/$/, '') === namespaceUri.replace(/\/$/, ''),
  );

/** `generic` where nothing is recognised: such a machine is shown too, without a page of its own. */
export async function recogniseKind(context: BrowseContext, root: NodeId): Promise<Recognised> {
  const seen = new Set<string>();
  let level = [root];
  for (let depth = 0; depth < LEVELS && level.length > 0; depth += 1) {
    const found = await references(context, level, {
      referenceType: HAS_TYPE_DEFINITION,
      nodeClassMask: NodeClassMask.ObjectType,
    });
    const known = await firstKnown(
      context,
      found.flat().map((one) => toType(context, one)),
      seen,
    );
    if (known)
      return {
        kind: known.kind,
        why: `${depth === 0 ? 'it is' : 'a part of it is'} a ${known.name} of ${known.specification}`,
      };
    const children = await references(context, level, { nodeClassMask: NodeClassMask.Object });
    level = children.flat().map(bare).slice(0, MAX_NODES);
  }
  return { kind: GENERIC, why: 'no type of a known companion specification was found' };
}

/** Of these types and what they come from; each is looked up once. */
async function firstKnown(
  context: BrowseContext,
  types: readonly FoundType[],
  seen: Set<string>,
): Promise<KnownType | undefined> {
  let open = [...types];
  for (let step = 0; step < MAX_SUPERTYPES && open.length > 0; step += 1) {
    for (const type of open) {
      const known = knownOf(type);
      if (known) return known;
    }
    open = open.filter(({ nodeId }) => nodeId.namespace !== 0 && !seen.has(nodeId.toString()));
    for (const { nodeId } of open) seen.add(nodeId.toString());
    const distinct = [...new Map(open.map((type) => [type.nodeId.toString(), type])).values()];
    const parents = await references(
      context,
      distinct.map(({ nodeId }) => nodeId),
      {
        referenceType: HAS_SUBTYPE,
        direction: BrowseDirection.Inverse,
        nodeClassMask: NodeClassMask.ObjectType,
      },
    );
    open = parents.flat().map((one) => toType(context, one));
  }
  return undefined;
}
