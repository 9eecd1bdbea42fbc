/** Walking a server's address space: breadth first, many nodes a request, bounded in depth, nodes and time. */
import {
  BrowseDirection,
  NodeClass,
  NodeClassMask,
  NodeId,
  StatusCodes,
  coerceNodeId,
  type BrowseResult,
  type ClientSession,
  type ReferenceDescription,
} from 'node-opcua-client';
import { within } from './deadline.ts';
import { inChunks } from './limits.ts';
import { toPortable } from './node-ids.ts';

export interface BrowseContext {
  readonly session: ClientSession;
  readonly namespaces: readonly string[];
  /** Nodes per request. */
  readonly limit: number;
  readonly timeoutMs: number;
  /** Called before each request. */
  readonly pace: () => Promise<void>;
}

const HIERARCHICAL = coerceNodeId('i=33');
const HAS_PROPERTY = 46;
const HAS_SUBTYPE = 45;
const SERVER_OBJECT = 2253;
const ALL_FIELDS = 63;

/** Where browsing begins. */
export type BrowseStart = NodeId;

export interface BrowseQuery {
  readonly referenceType?: NodeId;
  readonly direction?: BrowseDirection;
  readonly nodeClassMask?: number;
}

/** References of each node, continuation points followed; a node that cannot be browsed has none. */
export async function references(
  context: BrowseContext,
  nodes: readonly NodeId[],
  query: BrowseQuery = {},
): Promise<ReferenceDescription[][]> {
  const describe = (nodeId: NodeId): object => ({
    nodeId,
    browseDirection: query.direction ?? BrowseDirection.Forward,
    referenceTypeId: query.referenceType ?? HIERARCHICAL,
    includeSubtypes: true,
    nodeClassMask: query.nodeClassMask ?? NodeClassMask.Object | NodeClassMask.Variable,
    resultMask: ALL_FIELDS,
  });
  const { session, timeoutMs, pace } = context;
  const results = await inChunks<NodeId, BrowseResult | undefined>(
    nodes,
    context.limit,
    async (chunk) => {
      await pace();
      return within(timeoutMs, 'browsing', session.browse(chunk.map(describe)));
    },
    () => undefined,
  );
  const found = results.map((result) => [...(result?.references ?? [])]);
  await followUp(context, results, found);
  return found;
}

/** BrowseNext until no continuation point is left; few at a time, servers keep only some of them. */
async function followUp(
  { session, timeoutMs, pace }: BrowseContext,
  results: readonly (BrowseResult | undefined)[],
  found: ReferenceDescription[][],
): Promise<void> {
  for (const [i, first] of results.entries()) {
    let point: Buffer | null | undefined = first?.continuationPoint;
    while (point && point.length > 0) {
      await pace();
      const next: BrowseResult = await within(timeoutMs, 'browsing', session.browseNext(point, false));
      if (next.statusCode.value !== StatusCodes.Good.value) break;
      found[i]?.push(...(next.references ?? []));
      point = next.continuationPoint;
    }
  }
}

export interface TreeNode {
  readonly nodeId: NodeId;
  /** Browse names below the root, safe as a signal path. */
  readonly path: string;
  readonly depth: number;
  readonly displayName: string;
  readonly isVariable: boolean;
  /** Namespace URI of the browse name: tells what the name means. */
  readonly nameSpace: string;
}

export interface WalkBounds {
  readonly maxDepth: number;
  readonly maxNodes: number;
}

/** One part of a path: no separators, no MQTT wildcards, no control characters, never empty. */
export function pathPart(browseName: string, nodeId: NodeId): string {
  const clean = (text: string): string => text.replace(/[/+#\p{Cc}]/gu, '_').trim();
  return clean(browseName) || clean(String(nodeId.value)) || '_';
}

/** Every object and variable below `root` once, level by level; properties, types and the Server object are left out. */
export async function* walk(
  context: BrowseContext,
  root: NodeId,
  bounds: WalkBounds,
): AsyncGenerator<TreeNode, void, undefined> {
  const seen = new Set([root.toString()]);
  const taken = new Set<string>();
  let level: TreeNode[] = [
    { nodeId: root, path: '', depth: 0, displayName: '', isVariable: false, nameSpace: '' },
  ];
  while (level.length > 0 && (level[0]?.depth ?? 0) < bounds.maxDepth) {
    const children = await references(
      context,
      level.map(({ nodeId }) => nodeId),
    );
    const next: TreeNode[] = [];
    for (const [i, parent] of level.entries()) {
      for (const reference of children[i] ?? []) {
        if (seen.size >= bounds.maxNodes) return;
        if (!isChild(reference) || seen.has(reference.nodeId.toString())) continue;
        seen.add(reference.nodeId.toString());
        next.push(treeNode(context, parent, reference, taken));
      }
    }
    yield* next;
    level = next;
  }
}

function isChild({ referenceTypeId, nodeId }: ReferenceDescription): boolean {
  const type = referenceTypeId.namespace === 0 ? referenceTypeId.value : -1;
  if (type === HAS_PROPERTY || type === HAS_SUBTYPE) return false;
  return !(nodeId.namespace === 0 && nodeId.value === SERVER_OBJECT) && nodeId.serverIndex === 0;
}

function treeNode(
  context: BrowseContext,
  parent: TreeNode,
  reference: ReferenceDescription,
  taken: Set<string>,
): TreeNode {
  const { identifierType, value, namespace } = reference.nodeId;
  const nodeId = new NodeId(identifierType, value, namespace);
  const part = pathPart(reference.browseName.name ?? '', nodeId);
  const wished = parent.path === '' ? part : `${parent.path}/${part}`;
  let path = wished;
  for (let n = 2; taken.has(path); n += 1) path = `${wished}~${n}`;
  taken.add(path);
  return {
    nodeId,
    path,
    depth: parent.depth + 1,
    displayName: reference.displayName.text ?? part,
    isVariable: reference.nodeClass === NodeClass.Variable,
    nameSpace: context.namespaces[reference.browseName.namespaceIndex] ?? '',
  };
}

const MACHINERY_MACHINES = { uri: 'http://opcfoundation.org/UA/Machinery/', id: 1001 };
const DI_DEVICE_SET = { uri: 'http://opcfoundation.org/UA/DI/', id: 5001 };
export const OBJECTS_FOLDER = coerceNodeId('i=85');

/**
 * Where the machine begins: the only one in the Machines folder (Machinery), in the DeviceSet (DI), or the only object
 * of its own in the Objects folder; else the Objects folder.
 */
export async function findMachineRoot(context: BrowseContext): Promise<{ nodeId: NodeId; why: string }> {
  for (const { uri, id } of [MACHINERY_MACHINES, DI_DEVICE_SET]) {
    const index = context.namespaces.indexOf(uri);
    if (index < 0) continue;
    const [children = []] = await references(context, [coerceNodeId(`ns=${index};i=${id}`)], {
      nodeClassMask: NodeClassMask.Object,
    });
    const only = children.filter((child) => isChild(child) && !isStandard(context, child));
    if (only.length === 1 && only[0]) return { nodeId: bare(only[0]), why: `the only machine of ${uri}` };
  }
  const [objects = []] = await references(context, [OBJECTS_FOLDER], { nodeClassMask: NodeClassMask.Object });
  const own = objects.filter((child) => isChild(child) && !isStandard(context, child));
  if (own.length === 1 && own[0]) return { nodeId: bare(own[0]), why: 'the only object of its own' };
  return { nodeId: OBJECTS_FOLDER, why: 'the Objects folder' };
}

const bare = ({ nodeId }: ReferenceDescription): NodeId =>
  new NodeId(nodeId.identifierType, nodeId.value, nodeId.namespace);

const isStandard = ({ namespaces }: BrowseContext, { nodeId }: ReferenceDescription): boolean =>
  (namespaces[nodeId.namespace] ?? '').startsWith('http://opcfoundation.org/UA/');

export const portableOf = (context: BrowseContext, nodeId: NodeId): string =>
  toPortable(nodeId, context.namespaces);
