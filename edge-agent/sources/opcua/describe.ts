/** What a server says about its variables: type, array or not, unit, range, names of enumeration values. */
import {
  AttributeIds,
  DataType,
  NodeClassMask,
  coerceNodeId,
  type DataValue,
  type NodeId,
  type ReadValueIdOptions,
} from 'node-opcua-client';
import type { DataTypeName, LocalizedText, Range, Unit } from '#domain/machine.ts';
import { references, type BrowseContext } from './browse.ts';
import { inChunks } from './limits.ts';
import { readAttributes } from './session.ts';
import { TypeResolver } from './type-resolver.ts';

export interface Description {
  readonly displayName: string | undefined;
  readonly dataType: DataTypeName;
  readonly isArray: boolean;
  readonly unit?: Unit;
  readonly range?: Range;
  /** As the server has it; the type of a structure's definition. */
  readonly dataTypeId: NodeId;
  readonly enumNames?: Readonly<Record<string, LocalizedText>>;
  /** The property that holds them. */
  readonly enumNamesId?: NodeId;
}

const HAS_PROPERTY = coerceNodeId('i=46');

/** Built-in types of Part 6, 5.1.2 by their node id in namespace 0; those without a name of ours travel as text or integer. */
const BUILT_IN: Readonly<Record<number, DataTypeName>> = {
  1: 'Boolean',
  2: 'SByte',
  3: 'Byte',
  4: 'Int16',
  5: 'UInt16',
  6: 'Int32',
  7: 'UInt32',
  8: 'Int64',
  9: 'UInt64',
  10: 'Float',
  11: 'Double',
  12: 'String',
  13: 'DateTime',
  14: 'String',
  15: 'ByteString',
  16: 'String',
  17: 'String',
  18: 'String',
  19: 'UInt32',
  20: 'String',
  21: 'LocalizedText',
  22: 'Structure',
  23: 'Structure',
  25: 'Structure',
  29: 'Enumeration',
};
/** BaseDataType, Number, Integer, UInteger: the value itself tells. */
const ABSTRACT = new Set([24, 26, 27, 28]);

export async function readAll(
  context: BrowseContext,
  limit: number,
  nodes: readonly ReadValueIdOptions[],
): Promise<(DataValue | undefined)[]> {
  return inChunks<ReadValueIdOptions, DataValue | undefined>(
    nodes,
    limit,
    async (chunk) => {
      await context.pace();
      return readAttributes(context.session, chunk, context.timeoutMs);
    },
    () => undefined,
  );
}

const goodValue = (dataValue: DataValue | undefined): unknown =>
  dataValue?.statusCode.isGoodish() ? dataValue.value.value : undefined;

/** `abstract` where only a value can tell. */
function nameOf(resolver: TypeResolver, type: NodeId | undefined): DataTypeName | 'abstract' {
  const builtIn = resolver.builtIn(type);
  if (builtIn === undefined || ABSTRACT.has(builtIn)) return 'abstract';
  return BUILT_IN[builtIn] ?? 'abstract';
}

type PropertyName = 'EngineeringUnits' | 'EURange' | 'EnumStrings' | 'EnumValues';
const PROPERTIES: ReadonlySet<string> = new Set(['EngineeringUnits', 'EURange', 'EnumStrings', 'EnumValues']);

/** A property's node and value. */
interface Property {
  readonly nodeId: NodeId;
  readonly value: unknown;
}
type Properties = Partial<Record<PropertyName, Property>>;

/** The four properties that matter, per node. */
async function properties(
  context: BrowseContext,
  readLimit: number,
  nodes: readonly NodeId[],
): Promise<Properties[]> {
  const found = await references(context, nodes, {
    referenceType: HAS_PROPERTY,
    nodeClassMask: NodeClassMask.Variable,
  });
  const wanted = found.flatMap((list, i) =>
    list
      .filter(({ browseName }) => browseName.namespaceIndex === 0 && PROPERTIES.has(browseName.name ?? ''))
      .map(({ browseName, nodeId }) => ({ i, name: browseName.name as PropertyName, nodeId })),
  );
  const values = await readAll(
    context,
    readLimit,
    wanted.map(({ nodeId }) => ({ nodeId })),
  );
  const result: Properties[] = nodes.map(() => ({}));
  wanted.forEach(({ i, name, nodeId }, k) => {
    const record = result[i];
    if (record) record[name] = { nodeId, value: goodValue(values[k]) };
  });
  return result;
}

/** Descriptions in the order of `nodes`; `undefined` where the node is not a readable variable. */
export async function describeVariables(
  context: BrowseContext,
  readLimit: number,
  nodes: readonly NodeId[],
): Promise<(Description | undefined)[]> {
  const attributes = await readAll(
    context,
    readLimit,
    nodes.flatMap((nodeId) => [
      { nodeId, attributeId: AttributeIds.DataType },
      { nodeId, attributeId: AttributeIds.ValueRank },
      { nodeId, attributeId: AttributeIds.DisplayName },
    ]),
  );
  const types = nodes.map((_node, i) => goodValue(attributes[3 * i]) as NodeId | undefined);
  const resolver = new TypeResolver(context);
  await resolver.resolve(types.filter((type) => type !== undefined));
  const ofVariable = await properties(context, readLimit, nodes);
  const enumNames = await namesOfEnumerations(context, readLimit, types, resolver);
  const unclear = nodes.map(
    (_node, i) =>
      nameOf(resolver, types[i]) === 'abstract' || Number(goodValue(attributes[3 * i + 1]) ?? -1) < -1,
  );
  const samples = await sampleValues(context, readLimit, nodes, unclear);
  return nodes.map((_node, i) => {
    const type = types[i];
    if (!type) return undefined;
    const declared = nameOf(resolver, type);
    const rank = Number(goodValue(attributes[3 * i + 1]) ?? -1);
    const sample = samples.get(i)?.value;
    const names = namesOf(ofVariable[i] ?? {}) ?? enumNames.get(type.toString());
    const unit = unitOf(ofVariable[i]?.EngineeringUnits?.value);
    const range = rangeOf(ofVariable[i]?.EURange?.value);
    return {
      displayName: textOf(goodValue(attributes[3 * i + 2])),
      dataType:
        declared === 'abstract' ? (BUILT_IN[sample?.dataType ?? DataType.Null] ?? 'Structure') : declared,
      dataTypeId: type,
      isArray: rank >= 0 || (rank < -1 && sample !== undefined && Number(sample.arrayType) !== 0),
      ...(unit && { unit }),
      ...(range && { range }),
      ...names,
    };
  });
}

async function sampleValues(
  context: BrowseContext,
  readLimit: number,
  nodes: readonly NodeId[],
  unclear: readonly boolean[],
): Promise<Map<number, DataValue>> {
  const indices = nodes.flatMap((_node, i) => (unclear[i] ? [i] : []));
  const values = await readAll(
    context,
    readLimit,
    indices.flatMap((i) => {
      const nodeId = nodes[i];
      return nodeId ? [{ nodeId }] : [];
    }),
  );
  return new Map(indices.flatMap((i, k) => (values[k] ? [[i, values[k]] as const] : [])));
}

async function namesOfEnumerations(
  context: BrowseContext,
  readLimit: number,
  types: readonly (NodeId | undefined)[],
  resolver: TypeResolver,
): Promise<Map<string, EnumerationNames>> {
  const distinct = new Map<string, NodeId>();
  for (const type of types)
    if (type && nameOf(resolver, type) === 'Enumeration') distinct.set(type.toString(), type);
  const found = await properties(context, readLimit, [...distinct.values()]);
  const names = new Map<string, EnumerationNames>();
  [...distinct.keys()].forEach((key, i) => {
    const ofType = namesOf(found[i] ?? {});
    if (ofType) names.set(key, ofType);
  });
  return names;
}

interface TextHolder {
  readonly text?: string | null;
}
const textOf = (value: unknown): string | undefined => (value as TextHolder | undefined)?.text ?? undefined;

type EnumerationNames = Required<Pick<Description, 'enumNames' | 'enumNamesId'>>;

/** Where both are, EnumValues say more. */
function namesOf({ EnumStrings, EnumValues }: Properties): EnumerationNames | undefined {
  for (const property of [EnumValues, EnumStrings]) {
    const texts = enumerationNames(property?.value, (text) => text?.text ?? '');
    if (!property || texts.size === 0) continue;
    const names = [...texts].map(([value, text]) => [value, { en: text || value }] as const);
    return { enumNames: Object.fromEntries(names), enumNamesId: property.nodeId };
  }
  return undefined;
}

/** By value: EnumStrings count from 0; EnumValues name any value (Part 3, 5.8.3 and Part 5, 12.2.2). */
export function enumerationNames(
  property: unknown,
  read: (text: TextHolder | undefined) => string,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  if (!Array.isArray(property)) return names;
  property.forEach((entry: EnumEntry | undefined, i) => {
    if (entry?.value === undefined) names.set(String(i), read(entry));
    else names.set(String(integerOf(entry.value)), read(entry.displayName));
  });
  return names;
}

/** One of EnumStrings, or of EnumValues, whose value is an Int64. */
interface EnumEntry extends TextHolder {
  readonly value?: number | readonly [high: number, low: number];
  readonly displayName?: TextHolder;
}
const integerOf = (value: NonNullable<EnumEntry['value']>): number =>
  typeof value === 'number' ? value : Number(BigInt.asIntN(64, (BigInt(value[0]) << 32n) | BigInt(value[1])));

const UNECE = 'http://www.opcfoundation.org/UA/units/un/cefact';

/** Part 8, 5.6.4.3: the unitId is the UNECE common code, its characters packed into an integer. */
export function unitCode(unitId: number): string {
  let code = '';
  for (let rest = unitId; rest > 0; rest = Math.floor(rest / 256))
    code = String.fromCharCode(rest % 256) + code;
  return /^[\x21-\x7e]{1,4}$/.test(code) ? code : String(unitId);
}

function unitOf(value: unknown): Unit | undefined {
  if (typeof value !== 'object' || value === null || !('unitId' in value)) return undefined;
  const { unitId, namespaceUri, displayName } = value as {
    unitId: number;
    namespaceUri?: string | null;
    displayName?: TextHolder;
  };
  const symbol = textOf(displayName) ?? '';
  const code = namespaceUri === UNECE ? unitCode(unitId) : unitId > 0 ? String(unitId) : symbol;
  return code === '' && symbol === ''
    ? undefined
    : { code: code.slice(0, 32), symbol: (symbol || code).slice(0, 32) };
}

function rangeOf(value: unknown): Range | undefined {
  if (typeof value !== 'object' || value === null || !('low' in value) || !('high' in value))
    return undefined;
  const { low, high } = value;
  return typeof low === 'number' &&
    typeof high === 'number' &&
    Number.isFinite(low) &&
    Number.isFinite(high) &&
    low !== high
    ? { low, high }
    : undefined;
}
