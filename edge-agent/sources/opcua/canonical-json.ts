/**
 * OPC UA values without a scalar column as canonical JSON text, after the JSON encoding of Part 6, 5.4.2: 64-bit
 * integers as decimal strings, NaN and infinities as strings, ByteString base64, DateTime ISO 8601, structures as
 * objects in the order of their fields, matrices as nested arrays. Equal values give equal texts.
 */
import { DataType, NodeId, VariantArrayType, type Variant } from 'node-opcua-client';

/** `[high, low]` of the library as a bigint. */
export function int64Of(pair: readonly number[], isSigned: boolean): bigint {
  const bits = (BigInt((pair[0] ?? 0) >>> 0) << 32n) | BigInt((pair[1] ?? 0) >>> 0);
  return isSigned ? BigInt.asIntN(64, bits) : bits;
}

export function variantToJson(variant: Variant): string {
  const value: unknown = variant.value;
  if (variant.arrayType === VariantArrayType.Scalar) return JSON.stringify(toPlain(value, variant.dataType));
  const flat = Array.from(value as Iterable<unknown>, (element) => toPlain(element, variant.dataType));
  const dimensions = variant.arrayType === VariantArrayType.Matrix ? (variant.dimensions ?? []) : [];
  return JSON.stringify(dimensions.length > 1 ? nest(flat, dimensions) : flat);
}

function nest(flat: readonly unknown[], dimensions: readonly number[]): unknown {
  const [count = 0, ...rest] = dimensions;
  if (rest.length === 0) return flat;
  const step = count > 0 ? flat.length / count : 0;
  return Array.from({ length: count }, (_none, i) => nest(flat.slice(i * step, (i + 1) * step), rest));
}

function toPlain(value: unknown, dataType: DataType): unknown {
  if (value === null || value === undefined) return null;
  switch (dataType) {
    case DataType.Int64:
    case DataType.UInt64:
      return int64Of(value as number[], dataType === DataType.Int64).toString();
    case DataType.Variant: {
      const inner = value as Variant;
      return JSON.parse(variantToJson(inner));
    }
    default:
      return plain(value, 0);
  }
}

const MAX_DEPTH = 20;

interface SchemaField {
  readonly name: string;
  readonly fieldType?: string;
}

/** @param depth structures may contain themselves; deeper levels become null. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value !== 'object') return value ?? null;
  if (depth > MAX_DEPTH) return null;
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as unknown as Iterable<unknown>, (element) => plain(element, depth + 1));
  if ('arrayType' in value && 'dataType' in value) return JSON.parse(variantToJson(value as Variant));
  if ('text' in value && 'locale' in value) return { Locale: value.locale ?? null, Text: value.text ?? null };
  if (value instanceof NodeId) return value.toString();
  if ('buffer' in value && 'nodeId' in value)
    return { TypeId: String(value.nodeId), Body: (value.buffer as Buffer).toString('base64') };
  return structure(value, depth);
}

function structure(value: object, depth: number): unknown {
  const record = value as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const field of fieldsOf(value)) {
    const raw = record[field.name];
    if (raw === undefined) continue;
    const is64 = field.fieldType === 'Int64' || field.fieldType === 'UInt64';
    result[field.name] =
      is64 && Array.isArray(raw)
        ? int64Of(raw as number[], field.fieldType === 'Int64').toString()
        : plain(raw, depth + 1);
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
