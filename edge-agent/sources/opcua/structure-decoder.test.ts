import { coerceNodeId } from 'node-opcua-client';
import { describe, expect, it } from 'vitest';
import { BuiltIn } from './binary-reader.ts';
import { StructureDecoder, type StructureField, type StructureType } from './structure-decoder.ts';

const ENCODING = coerceNodeId('ns=2;i=5001');
const field = (name: string, type: number | string, rest: Partial<StructureField> = {}): StructureField => ({
  name,
  type,
  valueRank: -1,
  isOptional: false,
  mayBeSubtype: false,
  ...rest,
});
const POINT: StructureType = {
  kind: 'structure',
  fields: [field('X', BuiltIn.int16), field('Y', BuiltIn.int16)],
};

function decoderOf(type: StructureType): StructureDecoder {
  return new StructureDecoder({
    byType: new Map([
      ['ns=2;i=1', type],
      ['ns=2;i=2', POINT],
    ]),
    byEncoding: new Map([
      [ENCODING.toString(), 'ns=2;i=1'],
      ['ns=2;i=5002', 'ns=2;i=2'],
    ]),
    portable: (nodeId) => nodeId.toString().replace('ns=2', 'nsu=urn:x'),
  });
}

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
const text = (value: string): number[] => [...bytes(value.length, 0, 0, 0), ...Buffer.from(value)];
const decode = (type: StructureType, body: Buffer): unknown => decoderOf(type).decode(ENCODING, body);

describe('a structure', () => {
  it('is an object of its fields in their order, structures within included', () => {
    const type: StructureType = {
      kind: 'structure',
      fields: [
        field('Name', BuiltIn.string),
        field('At', 'ns=2;i=2'),
        field('Corners', 'ns=2;i=2', { valueRank: 1 }),
        field('None', BuiltIn.string, { valueRank: 1 }),
      ],
    };
    const body = bytes(...text('ab'), 1, 0, 0xff, 0xff, 1, 0, 0, 0, 3, 0, 4, 0, 0xff, 0xff, 0xff, 0xff);
    expect(JSON.stringify(decode(type, body))).toBe(
      '{"Name":"ab","At":{"X":1,"Y":-1},"Corners":[{"X":3,"Y":4}],"None":null}',
    );
  });

  it('leaves optional fields out that are absent', () => {
    const type: StructureType = {
      kind: 'optionalFields',
      fields: [
        field('A', BuiltIn.byte, { isOptional: true }),
        field('B', BuiltIn.byte),
        field('C', BuiltIn.byte, { isOptional: true }),
      ],
    };
    expect(decode(type, bytes(2, 0, 0, 0, 7, 9))).toEqual({ B: 7, C: 9 });
    expect(decode(type, bytes(1, 0, 0, 0, 5, 7))).toEqual({ A: 5, B: 7 });
  });

  it('that is a union has the one field that is there, or is null', () => {
    const type: StructureType = {
      kind: 'union',
      fields: [field('Celsius', BuiltIn.double), field('Code', BuiltIn.uInt16)],
    };
    expect(decode(type, bytes(2, 0, 0, 0, 0x34, 0x12))).toEqual({ Code: 0x1234 });
    expect(decode(type, bytes(0, 0, 0, 0))).toBeNull();
  });

  it('tells node ids with their namespace, times with all digits, NaN as text, bytes in base64', () => {
    const type: StructureType = {
      kind: 'structure',
      fields: [
        field('Node', BuiltIn.nodeId),
        field('At', BuiltIn.dateTime),
        field('Load', BuiltIn.float),
        field('Raw', BuiltIn.byteString),
        field('Big', BuiltIn.int64),
      ],
    };
    const ticks = Buffer.alloc(8);
    ticks.writeBigInt64LE(116_444_736_000_000_000n + 15_0000n + 7n);
    const body = Buffer.concat([
      bytes(3, 2, 0, ...text('Pump')),
      ticks,
      bytes(0, 0, 0xc0, 0x7f, 2, 0, 0, 0, 1, 2, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    ]);
    expect(decode(type, body)).toEqual({
      Node: 'nsu=urn:x;s=Pump',
      At: '1970-01-01T00:00:00.0150007Z',
      Load: 'NaN',
      Raw: 'AQI=',
      Big: '-2',
    });
  });

  it('with values of subtypes decodes those that are known and tells type and bytes of the others', () => {
    const type: StructureType = {
      kind: 'structure',
      fields: [
        field('Known', 'ns=2;i=2', { mayBeSubtype: true }),
        field('Other', 'ns=2;i=2', { mayBeSubtype: true }),
        field('Any', BuiltIn.variant),
      ],
    };
    const known = [1, 2, 0x8a, 0x13, 1, 4, 0, 0, 0, 1, 0, 2, 0];
    const other = [1, 2, 0x8b, 0x13, 1, 1, 0, 0, 0, 9];
    const many = [BuiltIn.uInt16 | 0x80, 2, 0, 0, 0, 1, 0, 2, 0];
    expect(decode(type, bytes(...known, ...other, ...many))).toEqual({
      Known: { X: 1, Y: 2 },
      Other: { TypeId: 'nsu=urn:x;i=5003', Body: 'CQ==' },
      Any: [1, 2],
    });
  });

  it('whose bytes do not fit its definition stays undecoded', () => {
    expect(decode(POINT, bytes(1, 0))).toBeUndefined();
    expect(decode(POINT, bytes(1, 0, 2, 0, 3))).toBeUndefined();
    expect(
      decode({ kind: 'structure', fields: [field('S', BuiltIn.string)] }, bytes(255, 255, 255, 127)),
    ).toBeUndefined();
    expect(decoderOf(POINT).decode(coerceNodeId('ns=9;i=9'), bytes())).toBeUndefined();
  });
});
