import { coerceNodeId } from 'node-opcua';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SampleFlag } from '#domain/sample.ts';
import { isoToNs } from '#domain/time.ts';
import { Harness } from './harness.ts';
import { DataType, StatusCodes, VariantArrayType, type TestServer } from './machine-server.ts';
import { MemorySink } from './memory-sink.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.make();
});
afterEach(async () => {
  await harness.close();
});

interface Case {
  readonly name: string;
  readonly dataType: DataType;
  readonly value: unknown;
  readonly expected: unknown;
  readonly array?: boolean;
  readonly as?: string;
}

const json = (text: string): { json: string } => ({ json: text });

const CASES: readonly Case[] = [
  { name: 'Bool', dataType: DataType.Boolean, value: true, expected: true },
  { name: 'SByte', dataType: DataType.SByte, value: -128, expected: -128 },
  { name: 'Byte', dataType: DataType.Byte, value: 255, expected: 255 },
  { name: 'Int16', dataType: DataType.Int16, value: -32768, expected: -32768 },
  { name: 'UInt16', dataType: DataType.UInt16, value: 65535, expected: 65535 },
  { name: 'Int32', dataType: DataType.Int32, value: -2147483648, expected: -2147483648 },
  { name: 'UInt32', dataType: DataType.UInt32, value: 4294967295, expected: 4294967295 },
  { name: 'Int64', dataType: DataType.Int64, value: [0x80000000, 0], expected: -9223372036854775808n },
  { name: 'Int64Small', dataType: DataType.Int64, value: [0xffffffff, 0xfffffffe], expected: -2 },
  {
    name: 'UInt64',
    dataType: DataType.UInt64,
    value: [0xffffffff, 0xffffffff],
    expected: 18446744073709551615n,
  },
  { name: 'Float', dataType: DataType.Float, value: Math.fround(0.1), expected: Math.fround(0.1) },
  { name: 'Double', dataType: DataType.Double, value: 0.1 + 0.2, expected: 0.30000000000000004 },
  { name: 'MinusZero', dataType: DataType.Double, value: -0, expected: -0 },
  { name: 'NaN', dataType: DataType.Double, value: NaN, expected: NaN },
  { name: 'Infinity', dataType: DataType.Double, value: -Infinity, expected: -Infinity },
  { name: 'String', dataType: DataType.String, value: 'Насос № 1 泵', expected: 'Насос № 1 泵' },
  {
    name: 'Text',
    dataType: DataType.LocalizedText,
    value: { locale: 'be', text: 'Помпа' },
    expected: 'Помпа',
  },
  {
    name: 'Time',
    dataType: DataType.DateTime,
    value: new Date('2020-03-09T10:14:33.125Z'),
    expected: '2020-03-09T10:14:33.125Z',
  },
  {
    name: 'Bytes',
    dataType: DataType.ByteString,
    value: Buffer.from([0, 255, 7]),
    expected: Buffer.from([0, 255, 7]),
  },
  {
    name: 'Node',
    dataType: DataType.NodeId,
    value: coerceNodeId('ns=2;s=Flow'),
    expected: 'nsu=urn:test:machine;s=Flow',
  },
  {
    name: 'Nodes',
    dataType: DataType.NodeId,
    array: true,
    value: [coerceNodeId('ns=2;i=7'), coerceNodeId('i=85'), coerceNodeId('ns=77;i=1')],
    expected: json('["nsu=urn:test:machine;i=7","i=85","ns=77;i=1"]'),
  },
  {
    name: 'Doubles',
    dataType: DataType.Double,
    array: true,
    value: new Float64Array([1.5, NaN, -0.25]),
    expected: json('[1.5,"NaN",-0.25]'),
  },
  {
    name: 'Longs',
    dataType: DataType.Int64,
    array: true,
    value: [
      [0, 1],
      [0xffffffff, 0xffffffff],
    ],
    expected: json('["1","-1"]'),
  },
  {
    name: 'Strings',
    dataType: DataType.String,
    array: true,
    value: ['a', null],
    expected: json('["a",null]'),
  },
];

function build(test: TestServer): void {
  for (const { name, dataType, value, array } of CASES)
    test.variable(name, dataType, {
      dataType,
      arrayType: array ? VariantArrayType.Array : VariantArrayType.Scalar,
      value,
    });
}

test('every built-in type arrives to the last bit', async () => {
  const server = await harness.server({ build });
  const sink = new MemorySink();
  await harness.source(server, sink);
  await sink.until(() => sink.rows.length >= CASES.length, 'all first values');
  for (const { name, expected } of CASES) expect(sink.values(name), name).toEqual([expected]);
  const types = new Map(
    sink.catalogues[0]?.map(({ path, dataType, isArray }) => [path, { dataType, isArray }]),
  );
  expect(types.get('UInt64')).toEqual({ dataType: 'UInt64', isArray: false });
  expect(types.get('Doubles')).toEqual({ dataType: 'Double', isArray: true });
  expect(types.get('Text')?.dataType).toBe('LocalizedText');
});

test('the StatusCode comes whole, with its info bits, and a bad value is null', async () => {
  const server = await harness.server({
    build: (test) => {
      test.double('Flow', 1);
    },
  });
  const sink = new MemorySink();
  await harness.source(server, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  server.set('Flow', 2, StatusCodes.UncertainLastUsableValue);
  server.set('Flow', 3, StatusCodes.BadSensorFailure);
  server.set('Flow', 4, StatusCodes.GoodLocalOverride);
  await sink.until(() => sink.values('Flow').at(-1) === 4, 'last value');
  expect(sink.of('Flow').map(({ value, statusCode }) => [value, statusCode >>> 0])).toEqual([
    [1, 0],
    [2, 0x40900000],
    [null, 0x808c0000],
    [4, 0x00960000],
  ]);
});

test('source times keep 100 ns; a missing one is replaced and flagged', async () => {
  const server = await harness.server({
    build: (test) => {
      test.double('Flow', 1);
    },
  });
  const sink = new MemorySink();
  await harness.source(server, sink);
  await sink.until(() => sink.rows.length > 0, 'first value');
  const flow = server.variables.get('Flow');
  const write = (value: number, sourceTimestamp: Date | null, sourcePicoseconds: number): void => {
    const dataValue = flow?.readValue().clone();
    if (!flow || !dataValue) throw new Error('no variable');
    dataValue.value.value = value;
    dataValue.sourceTimestamp = sourceTimestamp;
    dataValue.sourcePicoseconds = sourcePicoseconds;
    dataValue.serverTimestamp = new Date('2026-01-02T03:04:05.678Z');
    dataValue.serverPicoseconds = 0;
    // The public setter makes up a source time of its own.
    flow.emit('value_changed', dataValue, null);
  };
  write(2, new Date('2020-03-09T10:14:33.125Z'), 123_400_000);
  write(3, new Date('1969-12-31T23:59:59.999Z'), 999_900_000);
  write(4, null, 0);
  await sink.until(() => sink.values('Flow').at(-1) === 4, 'last value');
  expect(
    sink
      .of('Flow')
      .slice(1)
      .map(({ timeNs, flags }) => [timeNs, flags]),
  ).toEqual([
    [isoToNs('2020-03-09T10:14:33.1251234Z'), 0],
    [isoToNs('1969-12-31T23:59:59.9999999Z'), 0],
    [isoToNs('2026-01-02T03:04:05.678Z'), SampleFlag.serverTime],
  ]);
});

test('units, ranges, enumerations and structure of a machine are read from the server', async () => {
  const server = await harness.server({
    build: (test) => {
      const folder = test.folder('Hydraulics');
      test
        .namespace()
        .addAnalogDataItem({
          browseName: 'Pressure',
          nodeId: 's=Pressure',
          componentOf: folder,
          dataType: 'Float',
          engineeringUnitsRange: { low: 0, high: 16 },
          engineeringUnits: {
            namespaceUri: 'http://www.opcfoundation.org/UA/units/un/cefact',
            unitId: 4342098,
            displayName: 'bar',
            description: 'bar',
          },
        })
        .setValueFromSource({ dataType: DataType.Float, value: 3 });
      const mode = test
        .namespace()
        .addEnumerationType({ browseName: 'PumpMode', enumeration: ['Off', 'On', 'Fault'] });
      test.variable('Mode', mode.nodeId.toString(), { dataType: DataType.Int32, value: 2 });
    },
  });
  const sink = new MemorySink();
  await harness.source(server, sink);
  await sink.until(() => sink.rows.length >= 2, 'first values');
  expect(sink.catalogues[0]).toEqual([
    {
      path: 'Mode',
      name: { en: 'Mode' },
      dataType: 'Enumeration',
      isArray: false,
      enumNames: { 0: { en: 'Off' }, 1: { en: 'On' }, 2: { en: 'Fault' } },
      nodeId: 'nsu=urn:test:machine;s=Mode',
    },
    {
      path: 'Hydraulics/Pressure',
      name: { en: 'Pressure' },
      dataType: 'Float',
      isArray: false,
      unit: { code: 'BAR', symbol: 'bar' },
      range: { low: 0, high: 16 },
      nodeId: 'nsu=urn:test:machine;s=Pressure',
    },
  ]);
  expect(sink.values('Mode')).toEqual([2]);
});
