/** What a server says about its own structures: asked once a connection, for the types that watched signals have. */
import { AttributeIds, type NodeId } from 'node-opcua-client';
import { portableOf, type BrowseContext } from './browse.ts';
import { BuiltIn } from './binary-reader.ts';
import { readAll } from './describe.ts';
import { StructureDecoder, type StructureField, type StructureType } from './structure-decoder.ts';
import { TypeResolver } from './type-resolver.ts';

/** Types below types; a bound for a server whose definitions never end. */
const MAX_LEVELS = 10;
const MAX_TYPES = 2_000;
const ENUMERATION = 29;
const STRUCTURE = 22;

/** StructureType of Part 3, 8.49. */
const KINDS: Readonly<Record<number, StructureType['kind']>> = {
  0: 'structure',
  1: 'optionalFields',
  2: 'union',
  3: 'structure',
  4: 'union',
};
/** Values of subtypes are allowed within. */
const SUBTYPED: ReadonlySet<number> = new Set([3, 4]);

interface StructureDefinition {
  readonly defaultEncodingId: NodeId;
  readonly structureType: number;
  readonly fields?:
    | readonly {
        readonly name?: string | null;
        readonly dataType: NodeId;
        readonly valueRank: number;
        readonly isOptional: boolean;
      }[]
    | null;
}

const isStructureDefinition = (value: unknown): value is StructureDefinition =>
  typeof value === 'object' && value !== null && 'defaultEncodingId' in value && 'structureType' in value;

/** A type without a definition (servers before 1.04, or an abstract one) is left out: its values stay bytes. */
export async function learnStructures(
  context: BrowseContext,
  readLimit: number,
  types: readonly NodeId[],
): Promise<StructureDecoder> {
  const byType = new Map<string, StructureType>();
  const byEncoding = new Map<string, string>();
  const resolver = new TypeResolver(context);
  const asked = new Set<string>();
  let level = [...types];
  for (let depth = 0; depth < MAX_LEVELS && asked.size < MAX_TYPES; depth += 1) {
    const fresh = [...new Map(level.map((type) => [type.toString(), type])).values()].filter(
      (type) => !asked.has(type.toString()),
    );
    if (fresh.length === 0) break;
    for (const type of fresh) asked.add(type.toString());
    const values = await readAll(
      context,
      readLimit,
      fresh.map((nodeId) => ({ nodeId, attributeId: AttributeIds.DataTypeDefinition })),
    );
    const definitions = fresh.flatMap((type, i) => {
      const definition: unknown = values[i]?.statusCode.isGoodish() ? values[i].value.value : undefined;
      return isStructureDefinition(definition) ? [{ type, definition }] : [];
    });
    const inner = definitions.flatMap(({ definition }) =>
      (definition.fields ?? []).map(({ dataType }) => dataType),
    );
    await resolver.resolve(inner);
    for (const { type, definition } of definitions) {
      byType.set(type.toString(), toType(definition, resolver));
      byEncoding.set(definition.defaultEncodingId.toString(), type.toString());
    }
    level = inner.filter((type) => resolver.builtIn(type) === STRUCTURE);
  }
  return new StructureDecoder({ byType, byEncoding, portable: (nodeId) => portableText(context, nodeId) });
}

/** A value may name a namespace that the server does not list: then as it is, a value must never stop the others. */
function portableText(context: BrowseContext, nodeId: NodeId): string {
  return nodeId.namespace < context.namespaces.length ? portableOf(context, nodeId) : nodeId.toString();
}

function toType({ structureType, fields }: StructureDefinition, resolver: TypeResolver): StructureType {
  const isSubtyped = SUBTYPED.has(structureType);
  return {
    kind: KINDS[structureType] ?? 'structure',
    fields: (fields ?? []).map(({ name, dataType, valueRank, isOptional }): StructureField => ({
      name: name ?? '',
      type: fieldType(dataType, resolver.builtIn(dataType)),
      valueRank,
      // With subtypes, the flag says that the value may be of one (Part 3, 8.51).
      isOptional: isOptional && !isSubtyped,
      mayBeSubtype: isOptional && isSubtyped,
    })),
  };
}

function fieldType(dataType: NodeId, builtIn: number | undefined): number | string {
  const isItself = dataType.namespace === 0 && dataType.value === builtIn;
  if (builtIn === STRUCTURE && !isItself) return dataType.toString();
  if (builtIn === ENUMERATION) return BuiltIn.int32;
  // BaseDataType, Number, Integer, UInteger are abstract: a Variant.
  return builtIn === undefined || builtIn > 25 ? BuiltIn.variant : builtIn;
}
