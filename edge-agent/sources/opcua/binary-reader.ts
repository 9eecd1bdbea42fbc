/** Built-in types of the OPC UA binary encoding (Part 6, 5.2.2) as plain JSON values; see canonical-json.ts for the rule. */
import { NodeId, coerceNodeId } from 'node-opcua-client';

/** Ids of the built-in types (Part 6, 5.1.2) that this reads. */
export const BuiltIn = {
  boolean: 1,
  sByte: 2,
  byte: 3,
  int16: 4,
  uInt16: 5,
  int32: 6,
  uInt32: 7,
  int64: 8,
  uInt64: 9,
  float: 10,
  double: 11,
  string: 12,
  dateTime: 13,
  guid: 14,
  byteString: 15,
  xmlElement: 16,
  nodeId: 17,
  expandedNodeId: 18,
  statusCode: 19,
  qualifiedName: 20,
  localizedText: 21,
  extensionObject: 22,
  variant: 24,
} as const;

/** 100 ns between 1601-01-01 and 1970-01-01. */
const TICKS_TO_1970 = 116_444_736_000_000_000n;
/** A length that no message can hold is a sign of a wrong definition. */
const MAX_ITEMS = 1_000_000;

export class BinaryReader {
  readonly #bytes: Buffer;
  /** Node ids are told with their namespace URI. */
  readonly #portable: (nodeId: NodeId) => string;
  #at = 0;

  constructor(bytes: Buffer, portable: (nodeId: NodeId) => string) {
    this.#bytes = bytes;
    this.#portable = portable;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  #skip(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }

  uInt32(): number {
    return this.#bytes.readUInt32LE(this.#skip(4));
  }

  /** Length of an array: -1 = null. */
  count(): number {
    const count = this.#bytes.readInt32LE(this.#skip(4));
    if (count > MAX_ITEMS) throw new RangeError(`an array of ${count} elements`);
    return count;
  }

  bytes(): Buffer | null {
    const count = this.#bytes.readInt32LE(this.#skip(4));
    if (count < 0) return null;
    const at = this.#skip(count);
    if (this.#at > this.#bytes.length) throw new RangeError('the value ends early');
    return this.#bytes.subarray(at, at + count);
  }

  string(): string | null {
    return this.bytes()?.toString('utf8') ?? null;
  }

  /** @throws RangeError at the end of the bytes, TypeError for a type that is not read here */
  value(type: number): unknown {
    const bytes = this.#bytes;
    switch (type) {
      case BuiltIn.boolean:
        return bytes.readUInt8(this.#skip(1)) !== 0;
      case BuiltIn.sByte:
        return bytes.readInt8(this.#skip(1));
      case BuiltIn.byte:
        return bytes.readUInt8(this.#skip(1));
      case BuiltIn.int16:
        return bytes.readInt16LE(this.#skip(2));
      case BuiltIn.uInt16:
        return bytes.readUInt16LE(this.#skip(2));
      case BuiltIn.int32:
        return bytes.readInt32LE(this.#skip(4));
      case BuiltIn.uInt32:
      case BuiltIn.statusCode:
        return this.uInt32();
      case BuiltIn.int64:
        return bytes.readBigInt64LE(this.#skip(8)).toString();
      case BuiltIn.uInt64:
        return bytes.readBigUInt64LE(this.#skip(8)).toString();
      case BuiltIn.float:
        return finite(bytes.readFloatLE(this.#skip(4)));
      case BuiltIn.double:
        return finite(bytes.readDoubleLE(this.#skip(8)));
      case BuiltIn.string:
      case BuiltIn.xmlElement:
        return this.string();
      default:
        return this.#longer(type);
    }
  }

  #longer(type: number): unknown {
    switch (type) {
      case BuiltIn.dateTime:
        return isoOfTicks(this.#bytes.readBigInt64LE(this.#skip(8)) - TICKS_TO_1970);
      case BuiltIn.guid:
        return this.#guid();
      case BuiltIn.byteString:
        return this.bytes()?.toString('base64') ?? null;
      case BuiltIn.nodeId:
        return this.#portable(this.nodeId());
      case BuiltIn.expandedNodeId:
        return this.#expandedNodeId();
      case BuiltIn.qualifiedName:
        this.#skip(2);
        return this.string();
      case BuiltIn.localizedText: {
        const mask = this.#bytes.readUInt8(this.#skip(1));
        const Locale = (mask & 1) !== 0 ? this.string() : null;
        return { Locale, Text: (mask & 2) !== 0 ? this.string() : null };
      }
      default:
        throw new TypeError(`built-in type ${type} within a structure`);
    }
  }

  #guid(): string {
    const bytes = this.#bytes;
    const at = this.#skip(16);
    const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
    const tail = bytes.toString('hex', at + 8, at + 16);
    return `${hex(bytes.readUInt32LE(at), 8)}-${hex(bytes.readUInt16LE(at + 4), 4)}-${hex(bytes.readUInt16LE(at + 6), 4)}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  }

  nodeId(): NodeId {
    return this.#nodeIdBody(this.#bytes.readUInt8(this.#skip(1)) & 0x3f);
  }

  #expandedNodeId(): string {
    const encoding = this.#bytes.readUInt8(this.#skip(1));
    const nodeId = this.#nodeIdBody(encoding & 0x3f);
    const uri = (encoding & 0x80) !== 0 ? this.string() : null;
    if ((encoding & 0x40) !== 0) this.#skip(4);
    if (uri === null) return this.#portable(nodeId);
    return `nsu=${uri};${new NodeId(nodeId.identifierType, nodeId.value, 0).toString().replace(/^ns=0;/, '')}`;
  }

  #nodeIdBody(encoding: number): NodeId {
    const bytes = this.#bytes;
    if (encoding === 0) return coerceNodeId(`i=${this.byte()}`);
    if (encoding === 1) {
      const at = this.#skip(3);
      return coerceNodeId(`ns=${bytes.readUInt8(at)};i=${bytes.readUInt16LE(at + 1)}`);
    }
    const namespace = `ns=${bytes.readUInt16LE(this.#skip(2))}`;
    if (encoding === 2) return coerceNodeId(`${namespace};i=${this.uInt32()}`);
    if (encoding === 3) return coerceNodeId(`${namespace};s=${this.string() ?? ''}`);
    if (encoding === 4) return coerceNodeId(`${namespace};g=${this.#guid()}`);
    if (encoding === 5) return coerceNodeId(`${namespace};b=${this.bytes()?.toString('base64') ?? ''}`);
    throw new TypeError(`node id encoding ${encoding}`);
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#skip(1));
  }
}

const finite = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** Beyond what a Date can hold (the encoding's smallest and greatest times): null. */
function isoOfTicks(ticks: bigint): string | null {
  const ms = ticks >= 0n ? ticks / 10_000n : -((-ticks + 9_999n) / 10_000n);
  if (ms <= -11_644_473_600_000n || ms > 253_402_300_799_999n) return null;
  const iso = new Date(Number(ms)).toISOString();
  const belowMs = Number(ticks - ms * 10_000n);
  return belowMs === 0 ? iso : `${iso.slice(0, -1)}${String(belowMs).padStart(4, '0').replace(/0+$/, '')}Z`;
}
