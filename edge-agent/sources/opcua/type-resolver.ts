import { BrowseDirection, NodeClassMask, NodeId, coerceNodeId } from 'node-opcua-client';
import { references, type BrowseContext } from './browse.ts';

const HAS_SUBTYPE = coerceNodeId('i=45');
const MAX_TYPE_DEPTH = 12;
/** BaseDataType .. DiagnosticInfo, Number, Integer, UInteger, Enumeration: where a walk up the type tree ends. */
const HIGHEST = 29;

/** Which type of the OPC UA namespace (1..29, Part 6, 5.1.2) a data type comes from; each distinct one is asked for once. */
export class TypeResolver {
  readonly #context: BrowseContext;
  readonly #known = new Map<string, number>();

  constructor(context: BrowseContext) {
    this.#context = context;
  }

  async resolve(types: readonly NodeId[]): Promise<void> {
    const open = [...new Map(types.map((type) => [type.toString(), type])).values()].filter(
      (type) => !this.#known.has(type.toString()),
    );
    let frontier = open.map((type) => ({ asked: type.toString(), at: type }));
    for (let depth = 0; depth < MAX_TYPE_DEPTH && frontier.length > 0; depth += 1) {
      frontier = frontier.filter(({ asked, at }) => !this.#settle(asked, at));
      const parents = await references(
        this.#context,
        frontier.map(({ at }) => at),
        {
          referenceType: HAS_SUBTYPE,
          direction: BrowseDirection.Inverse,
          nodeClassMask: NodeClassMask.DataType,
        },
      );
      frontier = frontier.flatMap(({ asked }, i) => {
        const parent = parents[i]?.[0]?.nodeId;
        return parent
          ? [{ asked, at: new NodeId(parent.identifierType, parent.value, parent.namespace) }]
          : [];
      });
    }
  }

  #settle(asked: string, at: NodeId): boolean {
    if (at.namespace !== 0 || typeof at.value !== 'number' || at.value > HIGHEST) return false;
    this.#known.set(asked, at.value);
    return true;
  }

  /** `undefined` where the server does not tell. */
  builtIn(type: NodeId | undefined): number | undefined {
    return type && this.#known.get(type.toString());
  }
}
