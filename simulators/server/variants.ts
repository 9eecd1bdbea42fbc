import type { EncodedValue, SignalDefinition, SignalValue, StructureValue } from '../model/signal.ts';
import { DataType, LocalizedText, Variant, VariantArrayType } from 'node-opcua';
import { isEncoded } from '../model/signal.ts';
import { variantOf } from './kept-structure.ts';

const DATA_TYPES = {
  Boolean: DataType.Boolean,
  SByte: DataType.SByte,
  Byte: DataType.Byte,
  Int16: DataType.Int16,
  UInt16: DataType.UInt16,
  Int32: DataType.Int32,
  UInt32: DataType.UInt32,
  Int64: DataType.Int64,
  UInt64: DataType.UInt64,
  Float: DataType.Float,
  Double: DataType.Double,
  String: DataType.String,
  DateTime: DataType.DateTime,
  LocalizedText: DataType.LocalizedText,
  Enumeration: DataType.UInt32,
  Structure: DataType.ExtensionObject,
} as const;

/** The built-in type that a signal's own variable has. A companion variable says itself which it has. */
export const dataTypeOf = (signal: SignalDefinition): DataType => DATA_TYPES[signal.dataType];

type ArrayConstructor = new (elements: readonly number[]) => ArrayLike<number>;

/** The element types that node-opcua holds in a typed array. */
const TYPED_ARRAYS = new Map<DataType, ArrayConstructor>([
  [DataType.SByte, Int8Array],
  [DataType.Byte, Uint8Array],
  [DataType.Int16, Int16Array],
  [DataType.UInt16, Uint16Array],
  [DataType.Int32, Int32Array],
  [DataType.UInt32, Uint32Array],
  [DataType.Float, Float32Array],
  [DataType.Double, Float64Array],
]);

/** `null` (a Bad value) becomes the Null variant. Fields are set, not passed: this is the hot path. */
export function toVariant(dataType: DataType, value: SignalValue | null): Variant {
  if (isEncoded(value)) return variantOf(value.variant);
  const variant = new Variant(null);
  variant.arrayType = VariantArrayType.Scalar;
  variant.dimensions = null;
  if (value === null) {
    variant.dataType = DataType.Null;
    variant.value = null;
    return variant;
  }
  variant.dataType = dataType;
  if (Array.isArray(value)) {
    variant.arrayType = VariantArrayType.Array;
    variant.value = toTypedArray(dataType, value as readonly number[]);
  } else {
    variant.value = toScalar(dataType, value as ScalarValue);
  }
  return variant;
}

function toTypedArray(dataType: DataType, elements: readonly number[]): unknown {
  const Constructor = TYPED_ARRAYS.get(dataType);
  return Constructor ? new Constructor(elements) : [...elements];
}

type ScalarValue = Exclude<SignalValue, readonly number[] | EncodedValue | StructureValue>;

function toScalar(dataType: DataType, value: ScalarValue): unknown {
  switch (dataType) {
    case DataType.Int64:
    case DataType.UInt64:
      return highAndLow(BigInt(value));
    case DataType.DateTime:
      return new Date(Number(value));
    case DataType.LocalizedText:
      return new LocalizedText({ locale: 'en', text: String(value) });
    default:
      return value;
  }
}

/** node-opcua holds 64-bit integers as two unsigned halves. */
function highAndLow(value: bigint): [number, number] {
  const bits = BigInt.asUintN(64, value);
  return [Number(bits >> 32n), Number(bits & 0xffffffffn)];
}
