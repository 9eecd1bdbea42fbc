import type { Variant } from 'node-opcua';
import { BinaryStream, DataType, decodeVariant } from 'node-opcua';

/** The Variant of these bytes; structures that the library does not know stay bytes. */
export function variantOf(bytes: Uint8Array): Variant {
  const variant = decodeVariant(new BinaryStream(Buffer.from(bytes)));
  if (variant.dataType !== DataType.ExtensionObject) return variant;
  const value: unknown = variant.value;
  for (const each of Array.isArray(value) ? value : [value]) if (isOpaque(each)) keep(each);
  return variant;
}

/** What the library makes of a structure that it does not know. */
const isOpaque = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && 'nodeId' in value && 'buffer' in value;

/** The library clones a structure by giving it to its own constructor; that of opaque ones expects something else. Nobody changes them. */
function keep(opaque: object): void {
  Object.defineProperty(opaque, 'constructor', { value: Itself });
}

function Itself(this: unknown, from: object): object {
  return from;
}
