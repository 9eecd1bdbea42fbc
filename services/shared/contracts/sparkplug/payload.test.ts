import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tahu } from '../../../../test/support/tahu.ts';
import { DataType, decodePayload, encodePayload, type Metric } from './payload.ts';

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [DataType.int8]: 'Int8',
  [DataType.int16]: 'Int16',
  [DataType.int32]: 'Int32',
  [DataType.int64]: 'Int64',
  [DataType.uint8]: 'UInt8',
  [DataType.uint16]: 'UInt16',
  [DataType.uint32]: 'UInt32',
  [DataType.uint64]: 'UInt64',
  [DataType.float]: 'Float',
  [DataType.double]: 'Double',
  [DataType.boolean]: 'Boolean',
  [DataType.string]: 'String',
  [DataType.bytes]: 'Bytes',
};

const VALUES: readonly (readonly [number, fc.Arbitrary<Exclude<Metric['value'], null>>])[] = [
  [DataType.int8, fc.integer({ min: -128, max: 127 })],
  [DataType.int16, fc.integer({ min: -32_768, max: 32_767 })],
  [DataType.int32, fc.integer()],
  [DataType.int64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [DataType.uint8, fc.nat(255)],
  [DataType.uint16, fc.nat(65_535)],
  [DataType.uint32, fc.nat(0xffffffff)],
  [DataType.uint64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [DataType.float, fc.float({ noNaN: true })],
  [DataType.double, fc.double({ noNaN: true })],
  [DataType.boolean, fc.boolean()],
  [DataType.string, fc.string({ unit: 'binary' })],
  [DataType.bytes, fc.uint8Array()],
];

const anyMetric: fc.Arbitrary<Metric & { name: string; datatype: number }> = fc
  .constantFrom(...VALUES)
  .chain(([datatype, value]) =>
    fc.record({
      name: fc.string({ minLength: 1 }),
      alias: fc.nat(0x7fffffff),
      timestamp: fc.nat({ max: 4_102_444_800_000 }),
      datatype: fc.constant(datatype),
      value,
    }),
  );
const anyPayload = fc.record({
  timestamp: fc.nat({ max: 4_102_444_800_000 }),
  seq: fc.nat(255),
  metrics: fc.array(anyMetric, { maxLength: 20 }),
});

/** 64-bit numbers of the library are objects; bytes may be a Buffer. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  return isLong(value) ? value.toString() : value;
}

const isLong = (value: unknown): value is { toString(): string; toNumber(): number } =>
  typeof value === 'object' && value !== null && 'toNumber' in value;

const ours = (value: Metric['value']): unknown =>
  typeof value === 'bigint' ? value.toString() : plain(value);

describe('a payload of births and commands', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        expect(decodePayload(encodePayload(payload))).toEqual(payload);
      }),
    );
  });

  it('is read by Eclipse Tahu as it was meant', () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const read = tahu.decodePayload(encodePayload(payload));
        expect(String(read.seq)).toBe(String(payload.seq));
        expect(read.metrics?.length ?? 0).toBe(payload.metrics.length);
        for (const [i, metric] of payload.metrics.entries()) {
          const other = read.metrics?.[i];
          expect(other).toMatchObject({ name: metric.name, type: TYPE_NAMES[metric.datatype] });
          // The library reads an unsigned 32-bit number as a signed one.
          const value = metric.datatype === DataType.uint32 ? Number(other?.value) >>> 0 : other?.value;
          expect(plain(value)).toEqual(ours(metric.value));
          expect(String(other?.timestamp)).toBe(String(metric.timestamp));
        }
      }),
    );
  });

  it('of Eclipse Tahu is read by us', () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const metrics = payload.metrics
          .filter(({ value }) => typeof value !== 'bigint')
          .map(({ name, alias, timestamp, value, datatype }) => ({
            name,
            alias,
            timestamp,
            value,
            type: TYPE_NAMES[datatype] ?? '',
          }));
        const read = decodePayload(tahu.encodePayload({ ...payload, metrics }));
        expect(read.metrics).toHaveLength(metrics.length);
        for (const [i, metric] of metrics.entries())
          expect(ours(read.metrics[i]?.value ?? null)).toEqual(plain(metric.value));
      }),
    );
  });

  it('keeps properties and nulls', () => {
    const metric = {
      name: 'a',
      datatype: DataType.double,
      value: null,
      properties: {
        engUnit: { type: DataType.string, value: 'rpm' },
        low: { type: DataType.double, value: -1.5 },
        quality: { type: DataType.int32, value: 192 },
        readOnly: { type: DataType.boolean, value: true },
        none: { type: DataType.string, value: null },
      },
    };
    const bytes = encodePayload({ metrics: [metric] });
    expect(decodePayload(bytes).metrics).toEqual([metric]);
    const properties = tahu.decodePayload(bytes).metrics?.[0]?.properties;
    expect(properties?.['engUnit']?.value).toBe('rpm');
    expect(properties?.['low']?.value).toBe(-1.5);
  });

  it('refuses more metrics than allowed', () => {
    const metrics = Array.from({ length: 11 }, () => ({ value: true }));
    expect(() => decodePayload(encodePayload({ metrics }), 10)).toThrow(/more than 10 metrics/);
  });

  it('does not fall for property names of the object prototype', () => {
    const properties = JSON.parse('{"__proto__": {"type": 12, "value": "x"}}') as NonNullable<
      Metric['properties']
    >;
    const [metric] = decodePayload(encodePayload({ metrics: [{ value: 1, properties }] })).metrics;
    expect(Object.getPrototypeOf(metric?.properties)).toBe(Object.prototype);
  });
});
