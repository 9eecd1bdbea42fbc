/**
 * OPC UA values without a scalar column as canonical JSON text, after the JSON encoding of Part 6, 5.4.2: 64-bit
 * integers as decimal strings, NaN and infinities as strings, ByteString base64, DateTime ISO 8601, node ids with their
 * namespace URI, enumerations as numbers, matrices as nested arrays. A structure is an object of its fields in their order, optional
 * ones that are absent left out; a union is an object of the one field that it has, or null; a structure that the
 * server does not define is `{TypeId, Body}` with the bytes in base64. Equal values give equal texts.
 */
import { DataType, NodeId, VariantArrayType, type Variant } from 'node-opcua-client';
import { undecoded, type StructureDecoder } from './structure-decoder.ts';

/** `[high, low]` of the library as a bigint. */
export function int64Of(pair: readonly number[], isSigned: boolean): bigint {
  const bits = (BigInt((pair[0] ?? 0) >>> 0) << 32n) | BigInt((pair[1] ?? 0) >>> 0);
  return isSigned ? BigInt.asIntN(64, bits) : bits;
}

/** Decodes the structures of one server; `undefined`: unknown to it. */
export type Structures = Pick<StructureDecoder, 'decode' | 'portable'> | undefined;

export function variantToJson(variant: Variant, structures?: Structures): string {
  const value: unknown = variant.value;
  if (variant.arrayType === VariantArrayType.Scalar)
    return JSON.stringify(toPlain(value, variant.dataType, structures));
  const flat = Array.from(value as Iterable<unknown>, (element) =>
    toPlain(element, variant.dataType, structures),
  );
  const dimensions = variant.arrayType === VariantArrayType.Matrix ? (variant.dimensions ?? []) : [];
  return JSON.stringify(dimensions.length > 1 ? nest(flat, dimensions) : flat);
}

function nest(flat: readonly unknown[], dimensions: readonly number[]): unknown {
  const [count = 0, ...rest] = dimensions;
  if (rest.length === 0) return flat;
  const step = count > 0 ? flat.length / count : 0;
  return Array.from({ length: count }, (_none, i) => nest(flat.slice(i * step, (i + 1) * step), rest));
}

function toPlain(value: unknown, dataType: DataType, structures: Structures): unknown {
  if (value === null || value === undefined) return null;
  switch (dataType) {
    case DataType.Int64:
    case DataType.UInt64:
      return int64Of(value as number[], dataType === DataType.Int64).toString();
    case DataType.Variant: {
      const inner = value as Variant;
      return JSON.parse(variantToJson(inner, structures));
    }
    default:
      return plain(value, 0, structures);
  }
}

const MAX_DEPTH = 20;

interface SchemaField {
  readonly name: string;
  readonly fieldType?: string;
}

/** @param depth structures may contain themselves; deeper levels become null. */
function plain(value: unknown, depth: number, structures: Structures): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value !== 'object') return value ?? null;
  if (depth > MAX_DEPTH) return null;
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as unknown as Iterable<unknown>, (element) =>
      plain(element, depth + 1, structures),
    );
  if ('arrayType' in value && 'dataType' in value)
    return JSON.parse(variantToJson(value as Variant, structures));
  if ('text' in value && 'locale' in value) return { Locale: value.locale ?? null, Text: value.text ?? null };
  if (value instanceof NodeId) return structures?.portable(value) ?? value.toString();
  if ('buffer' in value && 'nodeId' in value) return opaque(value as Opaque, structures);
  return structure(value, depth, structures);
}

/** What the library makes of a structure that it does not know. */
interface Opaque {
  readonly nodeId: NodeId;
  readonly buffer: Buffer;
}

/** A type of the server's own: its fields where the definition is known, else the type and the bytes. */
function opaque({ nodeId, buffer }: Opaque, structures: Structures): unknown {
  const decoded = structures?.decode(nodeId, buffer);
  if (decoded !== undefined) return decoded;
  return undecoded(structures?.portable(nodeId) ?? nodeId.toString(), buffer);
}

function structure(value: object, depth: number, structures: Structures): unknown {
  const record = value as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const field of fieldsOf(value)) {
    const raw = record[field.name];
    if (raw === undefined) continue;
    const is64 = field.fieldType === 'Int64' || field.fieldType === 'UInt64';
    result[field.name] =
      is64 && Array.isArray(raw)
        ? int64Of(raw as number[], field.fieldType === 'Int64').toString()
        : plain(raw, depth + 1, structures);
  }
  return result;
}

function fieldsOf(value: object): readonly SchemaField[] {
  const fields: SchemaField[] = [];
  let schema = (value as { schema?: { fields?: SchemaField[]; _baseSchema?: unknown } }).schema;
  while (schema) {
    fields.unshift(...(schema.fields ?? []));
    schema = schema._baseSchema as typeof schema;
  }
  return fields.length > 0 ? fields : Object.keys(value).map((name) => ({ name }));
}
