/** Thrift's compact protocol, as far as Parquet's page headers and footer need it. */
import type { ByteWriter } from '../../byte-writer.ts';

type Field =
  | { readonly type: 'i32' | 'i64'; readonly value: number }
  | { readonly type: 'binary'; readonly value: Uint8Array }
  | { readonly type: 'struct'; readonly value: Struct }
  | { readonly type: 'list'; readonly value: readonly Field[] };

/** Fields by their id, ascending; absent ones are left out. */
export type Struct = Readonly<Record<number, Field | undefined>>;

const encoder = new TextEncoder();

export const i32 = (value: number): Field => ({ type: 'i32', value });
/** Exact below 2^52. */
export const i64 = (value: number): Field => ({ type: 'i64', value });
export const binary = (value: Uint8Array): Field => ({ type: 'binary', value });
export const text = (value: string): Field => ({ type: 'binary', value: encoder.encode(value) });
export const struct = (value: Struct): Field => ({ type: 'struct', value });
export const list = (value: readonly Field[]): Field => ({ type: 'list', value });

const TYPE_CODE = { i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;

export function writeStruct(out: ByteWriter, fields: Struct): void {
  let before = 0;
  for (const [key, field] of Object.entries(fields)) {
    if (!field) continue;
    const id = Number(key);
    // The short form of a field's head holds steps of up to 15 in its number.
    out.byte(((id - before) << 4) | TYPE_CODE[field.type]);
    writeValue(out, field);
    before = id;
  }
  out.byte(0);
}

function writeValue(out: ByteWriter, field: Field): void {
  switch (field.type) {
    case 'i32':
    case 'i64':
      out.zigzag(field.value);
      break;
    case 'binary':
      out.varint(field.value.length);
      out.write(field.value);
      break;
    case 'struct':
      writeStruct(out, field.value);
      break;
    case 'list':
      writeList(out, field.value);
      break;
  }
}

function writeList(out: ByteWriter, items: readonly Field[]): void {
  const type = TYPE_CODE[items[0]?.type ?? 'i32'];
  if (items.length < 15) out.byte((items.length << 4) | type);
  else {
    out.byte(0xf0 | type);
    out.varint(items.length);
  }
  for (const item of items) writeValue(out, item);
}
