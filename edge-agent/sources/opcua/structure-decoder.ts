/**
 * Values of a server's own structures as plain JSON values, by the definitions that the server gives of them (DataTypeDefinition,
 * Part 3, 8.48; encoding: Part 6, 5.2.6 and 5.2.7). No look-up happens here: what was not learned stays bytes.
 */
import type { NodeId } from 'node-opcua-client';
import { BinaryReader, BuiltIn } from './binary-reader.ts';

export interface StructureField {
  readonly name: string;
  /** A built-in type, or the key of a structure. */
  readonly type: number | string;
  /** -1 scalar, 1 array, more: matrix. */
  readonly valueRank: number;
  readonly isOptional: boolean;
  /** The value may be of a subtype: it travels as an ExtensionObject, or as a Variant. */
  readonly mayBeSubtype: boolean;
}

export interface StructureType {
  readonly kind: 'structure' | 'optionalFields' | 'union';
  readonly fields: readonly StructureField[];
}

export interface StructureTypes {
  /** By node id of the data type. */
  readonly byType: ReadonlyMap<string, StructureType>;
  /** Node id of the binary encoding to that of the data type. */
  readonly byEncoding: ReadonlyMap<string, string>;
  readonly portable: (nodeId: NodeId) => string;
}

/** Structures may contain themselves. */
const MAX_DEPTH = 20;

export class StructureDecoder {
  readonly #types: StructureTypes;

  constructor(types: StructureTypes) {
    this.#types = types;
  }

  portable(nodeId: NodeId): string {
    return this.#types.portable(nodeId);
  }

  /** The value of an ExtensionObject's body; `undefined` where its type is not known or its bytes do not fit it. */
  decode(encoding: NodeId, body: Buffer): unknown {
    const type = this.#types.byEncoding.get(encoding.toString());
    if (type === undefined) return undefined;
    const reader = new BinaryReader(body, this.#types.portable);
    try {
      const value = this.#structure(reader, type, 0);
      return reader.isAtEnd ? value : undefined;
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  #structure(reader: BinaryReader, type: string, depth: number): unknown {
    const definition = this.#types.byType.get(type);
    if (!definition || depth > MAX_DEPTH) throw new TypeError(`no definition of ${type}`);
    const { kind, fields } = definition;
    if (kind === 'union') {
      const field = fields[reader.uInt32() - 1];
      return field ? { [field.name]: this.#field(reader, field, depth) } : null;
    }
    const present = kind === 'optionalFields' ? reader.uInt32() : 0;
    const result: Record<string, unknown> = {};
    let bit = 0;
    for (const field of fields) {
      if (kind === 'optionalFields' && field.isOptional && (present & (1 << bit++)) === 0) continue;
      result[field.name] = this.#field(reader, field, depth);
    }
    return result;
  }

  #field(reader: BinaryReader, field: StructureField, depth: number): unknown {
    if (field.valueRank < 1) return this.#one(reader, field, depth);
    if (field.valueRank === 1) return this.#many(reader, field, depth, reader.count());
    const dimensions = Array.from({ length: Math.max(0, reader.count()) }, () => reader.count());
    return this.#matrix(reader, field, depth, dimensions);
  }

  #many(reader: BinaryReader, field: StructureField, depth: number, count: number): unknown[] | null {
    return count < 0 ? null : Array.from({ length: count }, () => this.#one(reader, field, depth));
  }

  #matrix(
    reader: BinaryReader,
    field: StructureField,
    depth: number,
    [first = 0, ...rest]: readonly number[],
  ): unknown {
    if (rest.length === 0) return this.#many(reader, field, depth, first);
    return Array.from({ length: Math.max(0, first) }, () => this.#matrix(reader, field, depth, rest));
  }

  #one(reader: BinaryReader, { type, mayBeSubtype }: StructureField, depth: number): unknown {
    if (typeof type === 'number') return this.#builtIn(reader, mayBeSubtype ? BuiltIn.variant : type, depth);
    return mayBeSubtype ? this.#extensionObject(reader, depth) : this.#structure(reader, type, depth + 1);
  }

  #builtIn(reader: BinaryReader, type: number, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new TypeError('too deep');
    if (type === BuiltIn.extensionObject) return this.#extensionObject(reader, depth);
    if (type === BuiltIn.variant) return this.#variant(reader, depth + 1);
    return reader.value(type);
  }

  /** Structures within: their fields alone; what is not known: type and bytes. */
  #extensionObject(reader: BinaryReader, depth: number): unknown {
    const encoding = reader.nodeId();
    const how = reader.byte();
    if (how === 0) return null;
    const body = reader.bytes() ?? Buffer.alloc(0);
    const type = how === 1 ? this.#types.byEncoding.get(encoding.toString()) : undefined;
    if (type === undefined) return undecoded(this.#types.portable(encoding), body);
    return this.#structure(new BinaryReader(body, this.#types.portable), type, depth + 1);
  }

  #variant(reader: BinaryReader, depth: number): unknown {
    const encoding = reader.byte();
    const type = encoding & 0x3f;
    if (type === 0) return null;
    if ((encoding & 0x80) === 0) return this.#builtIn(reader, type, depth);
    const values = Array.from({ length: Math.max(0, reader.count()) }, () =>
      this.#builtIn(reader, type, depth),
    );
    if ((encoding & 0x40) !== 0) for (let left = reader.count(); left > 0; left -= 1) reader.count();
    return values;
  }
}

export const undecoded = (typeId: string, body: Buffer): object => ({
  TypeId: typeId,
  Body: body.toString('base64'),
});
