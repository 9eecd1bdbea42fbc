import type { ClientSession, ReferenceDescription } from 'node-opcua-client';
import { BrowseDirection } from 'node-opcua-client';

export interface FoundVariable {
  readonly path: string;
  readonly nodeId: string;
}

/** Bits of NodeClass. */
const OBJECT = 1;
const VARIABLE = 2;
/** Nodes of one request. */
const MOST_NODES = 500;

interface Wanted {
  readonly referenceTypeId: string;
  readonly browseDirection: BrowseDirection;
  readonly nodeClassMask: number;
}

/** References of one kind, asked of many nodes at once and of each node once. */
class References {
  readonly #session: ClientSession;
  readonly #wanted: Wanted;
  readonly #known = new Map<string, readonly ReferenceDescription[]>();

  constructor(session: ClientSession, wanted: Wanted) {
    this.#session = session;
    this.#wanted = wanted;
  }

  /** Of a node that was fetched. */
  of(nodeId: string): readonly ReferenceDescription[] {
    const references = this.#known.get(nodeId);
    if (!references) throw new Error(`${nodeId} was not asked for`);
    return references;
  }

  /** Name and node at the other end of the first reference. */
  first(nodeId: string): { readonly nodeId: string; readonly name: string } | undefined {
    const [reference] = this.of(nodeId);
    return reference && { nodeId: idOf(reference), name: nameOf(reference) };
  }

  async fetch(nodeIds: readonly string[]): Promise<void> {
    const unknown = [...new Set(nodeIds)].filter((nodeId) => !this.#known.has(nodeId));
    for (let i = 0; i < unknown.length; i += MOST_NODES) {
      const some = unknown.slice(i, i + MOST_NODES);
      const results = await this.#session.browse(
        some.map((nodeId) => ({ nodeId, ...this.#wanted, includeSubtypes: true, resultMask: 63 })),
      );
      some.forEach((nodeId, at) => this.#known.set(nodeId, results[at]?.references ?? []));
    }
  }

  /** Of everything that can be reached from here, level by level. */
  async fetchBelow(root: string): Promise<void> {
    const seen = new Set([root]);
    for (let level = [root]; level.length > 0;) {
      await this.fetch(level);
      const next = new Set(level.flatMap((nodeId) => this.of(nodeId).map(idOf)));
      level = [...next].filter((nodeId) => !seen.has(nodeId));
      for (const nodeId of level) seen.add(nodeId);
    }
  }
}

const idOf = ({ nodeId }: ReferenceDescription): string => nodeId.toString();
const nameOf = ({ browseName }: ReferenceDescription): string => String(browseName.name);

/** What a session sees of its server's address space, which must not change meanwhile. */
export class Browser {
  readonly #children: References;
  readonly #rules: References;
  readonly #types: References;
  readonly #supertypes: References;
  readonly #mandatory = new Map<string, readonly string[]>();

  constructor(session: ClientSession) {
    const references = (referenceTypeId: string, browseDirection: BrowseDirection, nodeClassMask = 0) =>
      new References(session, { referenceTypeId, browseDirection, nodeClassMask });
    const { Forward, Inverse } = BrowseDirection;
    this.#children = references('HierarchicalReferences', Forward, OBJECT | VARIABLE);
    this.#rules = references('HasModellingRule', Forward);
    this.#types = references('HasTypeDefinition', Forward);
    this.#supertypes = references('HasSubtype', Inverse);
  }

  /** All variables below a node with their browse path; what can be reached twice is listed by its first path. */
  async variablesBelow(root: string): Promise<FoundVariable[]> {
    await this.#children.fetchBelow(root);
    const seen = new Set<string>();
    const found: FoundVariable[] = [];
    const walk = (nodeId: string, path: string): void => {
      for (const reference of this.#children.of(nodeId)) {
        const child = idOf(reference);
        if (seen.has(child)) continue;
        seen.add(child);
        const childPath = path ? `${path}/${nameOf(reference)}` : nameOf(reference);
        if (Number(reference.nodeClass) === VARIABLE) found.push({ path: childPath, nodeId: child });
        walk(child, childPath);
      }
    };
    walk(root, '');
    return found;
  }

  /** Browse paths of everything below a node, each way to a node counted. */
  async pathsBelow(root: string): Promise<ReadonlySet<string>> {
    await this.#children.fetchBelow(root);
    const paths = new Set<string>();
    const walk = (nodeId: string, path: string): void => {
      for (const reference of this.#children.of(nodeId)) {
        const childPath = path ? `${path}/${nameOf(reference)}` : nameOf(reference);
        paths.add(childPath);
        walk(idOf(reference), childPath);
      }
    };
    walk(root, '');
    return paths;
  }

  /** Paths of the members that a type declares Mandatory, its supertypes' and its members' own among them. */
  async mandatoryPaths(instance: string): Promise<readonly string[]> {
    await this.#types.fetch([instance]);
    const type = this.#types.first(instance)?.nodeId;
    return type === undefined ? [] : this.#mandatoryOfType(type);
  }

  async #mandatoryOfType(type: string): Promise<readonly string[]> {
    const known = this.#mandatory.get(type);
    if (known) return known;
    const paths = new Set<string>();
    for (let current: string | undefined = type; current; current = await this.#supertypeOf(current))
      for (const path of await this.#declaredBy(current)) paths.add(path);
    const all = [...paths];
    this.#mandatory.set(type, all);
    return all;
  }

  async #supertypeOf(type: string): Promise<string | undefined> {
    await this.#supertypes.fetch([type]);
    return this.#supertypes.first(type)?.nodeId;
  }

  /** Mandatory members of a type itself, and below them what their own types declare. */
  async #declaredBy(type: string): Promise<string[]> {
    await this.#children.fetch([type]);
    const members = this.#children.of(type);
    await this.#rules.fetch(members.map(idOf));
    const mandatory = members.filter((member) => this.#rules.first(idOf(member))?.name === 'Mandatory');
    await this.#types.fetch(mandatory.map(idOf));
    const paths: string[] = [];
    for (const member of mandatory) {
      const name = nameOf(member);
      const memberType = this.#types.first(idOf(member))?.nodeId;
      const below = memberType === undefined ? [] : await this.#mandatoryOfType(memberType);
      paths.push(name, ...below.map((path) => `${name}/${path}`));
    }
    return paths;
  }
}

/** See {@link Browser.variablesBelow}. */
export const variablesBelow = (session: ClientSession, root: string): Promise<FoundVariable[]> =>
  new Browser(session).variablesBelow(root);
