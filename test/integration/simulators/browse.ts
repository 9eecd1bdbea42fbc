import type { ClientSession, ReferenceDescription } from 'node-opcua-client';
import { BrowseDirection } from 'node-opcua-client';

export interface FoundVariable {
  readonly path: string;
  readonly nodeId: string;
}

/** Bits of NodeClass. */
const OBJECT = 1;
const VARIABLE = 2;

/** Forward hierarchical children: objects and variables. */
export async function childrenOf(session: ClientSession, nodeId: string): Promise<ReferenceDescription[]> {
  const result = await session.browse({
    nodeId,
    referenceTypeId: 'HierarchicalReferences',
    includeSubtypes: true,
    browseDirection: BrowseDirection.Forward,
    nodeClassMask: OBJECT | VARIABLE,
    resultMask: 63,
  });
  return result.references ?? [];
}

/** All variables below a node with their browse path; what can be reached twice is listed by its first path. */
export async function variablesBelow(session: ClientSession, root: string): Promise<FoundVariable[]> {
  const seen = new Set<string>();
  const found: FoundVariable[] = [];
  const walk = async (nodeId: string, path: string): Promise<void> => {
    for (const reference of await childrenOf(session, nodeId)) {
      const child = reference.nodeId.toString();
      if (seen.has(child)) continue;
      seen.add(child);
      const childPath = path ? `${path}/${reference.browseName.name}` : String(reference.browseName.name);
      if (Number(reference.nodeClass) === VARIABLE) found.push({ path: childPath, nodeId: child });
      await walk(child, childPath);
    }
  };
  await walk(root, '');
  return found;
}

/** Paths of the members that a type declares Mandatory, its supertypes' and its members' own among them. */
export async function mandatoryPaths(session: ClientSession, instance: string): Promise<string[]> {
  const type = await typeOf(session, instance);
  return type === undefined ? [] : mandatoryOfType(session, type);
}

async function mandatoryOfType(session: ClientSession, type: string): Promise<string[]> {
  const paths: string[] = [];
  for (let current: string | undefined = type; current; current = await supertypeOf(session, current))
    for (const member of await childrenOf(session, current)) {
      const rule = await references(
        session,
        member.nodeId.toString(),
        'HasModellingRule',
        BrowseDirection.Forward,
      );
      if (rule[0]?.browseName.name !== 'Mandatory') continue;
      const name = String(member.browseName.name);
      paths.push(name);
      const memberType = await typeOf(session, member.nodeId.toString());
      const below = memberType === undefined ? [] : await mandatoryOfType(session, memberType);
      paths.push(...below.map((path) => `${name}/${path}`));
    }
  return [...new Set(paths)];
}

async function typeOf(session: ClientSession, nodeId: string): Promise<string | undefined> {
  const [type] = await references(session, nodeId, 'HasTypeDefinition', BrowseDirection.Forward);
  return type?.nodeId.toString();
}

async function supertypeOf(session: ClientSession, type: string): Promise<string | undefined> {
  const [supertype] = await references(session, type, 'HasSubtype', BrowseDirection.Inverse);
  return supertype?.nodeId.toString();
}

async function references(
  session: ClientSession,
  nodeId: string,
  referenceTypeId: string,
  browseDirection: BrowseDirection,
): Promise<ReferenceDescription[]> {
  const result = await session.browse({
    nodeId,
    referenceTypeId,
    includeSubtypes: true,
    browseDirection,
    nodeClassMask: 0,
    resultMask: 63,
  });
  return result.references ?? [];
}

/** Browse paths of everything below a node, each way to a node counted. */
export async function pathsBelow(session: ClientSession, root: string): Promise<ReadonlySet<string>> {
  const paths = new Set<string>();
  const walk = async (nodeId: string, path: string): Promise<void> => {
    for (const child of await childrenOf(session, nodeId)) {
      const name = String(child.browseName.name);
      const childPath = path ? `${path}/${name}` : name;
      paths.add(childPath);
      await walk(child.nodeId.toString(), childPath);
    }
  };
  await walk(root, '');
  return paths;
}
