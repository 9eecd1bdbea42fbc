import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampleBatch, setValue, valueAt, type SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag, type SampleValue } from '#domain/sample.ts';
import { sparkplugQuality } from '#domain/status-code.ts';
import { nsToMs } from '#domain/time.ts';
import { tahu, tahuPayload } from '../../../../test/support/tahu.ts';
import { DataType, decodePayload } from './payload.ts';
import { createAliasTable, setAlias, StreamMetric, type AliasTable } from './record.ts';
import { decodeRecord, peekRecordHeader } from './record-decoder.ts';
import { encodeBodyRecord, encodeSamplesRecord, finishPayload } from './record-encoder.ts';
import { MalformedPayloadError } from './wire.ts';

const HEADER = { epoch: '0123456789abcdef', sequence: 42, catalogueVersion: 7 };
const ENVELOPE = { timestampMs: 1_795_000_000_000, seq: 255, historical: false };

interface Row {
  readonly wireType: number;
  readonly value: SampleValue;
  readonly timeNs: bigint;
  readonly statusCode: number;
  readonly flags: number;
}

const integer = (bits: number, isSigned: boolean): fc.Arbitrary<bigint> =>
  isSigned
    ? fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n })
    : fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });

const VALUES: readonly (readonly [number, fc.Arbitrary<SampleValue>])[] = [
  [DataType.double, fc.double()],
  [DataType.float, fc.float()],
  [DataType.boolean, fc.boolean()],
  [DataType.int8, integer(8, true)],
  [DataType.int16, integer(16, true)],
  [DataType.int32, integer(32, true)],
  [DataType.int64, integer(64, true)],
  [DataType.uint8, integer(8, false)],
  [DataType.uint16, integer(16, false)],
  [DataType.uint32, integer(32, false)],
  [DataType.uint64, integer(64, false)],
  [DataType.string, fc.string({ unit: 'binary', maxLength: 300 })],
  [DataType.text, fc.string().map((text) => ({ json: JSON.stringify(text) }))],
  [DataType.bytes, fc.uint8Array({ maxLength: 300 })],
];

const anyRow: fc.Arbitrary<Row> = fc.constantFrom(...VALUES).chain(([wireType, value]) =>
  fc.record({
    wireType: fc.constant(wireType),
    value: fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }),
    timeNs: fc.bigInt({ min: -9_000_000_000_000_000_000n, max: 9_000_000_000_000_000_000n }),
    statusCode: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffffffff })),
    flags: fc.constantFrom(0, SampleFlag.serverTime, SampleFlag.agentTime),
  }),
);
const anyRows = fc.array(anyRow, { maxLength: 60 });

/** Row `i` has alias `i * 37 + 1`: one and two bytes long. */
const aliasOf = (i: number): number => i * 37 + 1;

function batchOf(rows: readonly Row[]): { batch: SampleBatch; aliases: AliasTable } {
  const batch = createSampleBatch(rows.length + 1);
  const aliases = createAliasTable(4);
  for (const [i, row] of rows.entries()) {
    setAlias(aliases, aliasOf(i), row.wireType, 1_000 + i);
    batch.signal[i] = aliasOf(i);
    batch.timeNs[i] = row.timeNs;
    batch.statusCode[i] = row.statusCode;
    batch.flags[i] = row.flags;
    setValue(batch, i, row.value);
  }
  batch.count = rows.length;
  return { batch, aliases };
}

function payloadOf(rows: readonly Row[], historical = false): { payload: Uint8Array; aliases: AliasTable } {
  const { batch, aliases } = batchOf(rows);
  const { body } = encodeSamplesRecord(HEADER, batch, aliases);
  return { payload: finishPayload(body, { ...ENVELOPE, historical }), aliases };
}

/** Bit for bit, NaN and -0 included; integers as `bigint` whatever their size. */
function sameValue(a: SampleValue, b: SampleValue): boolean {
  const [x, y] = [a, b].map((value) => (typeof value === 'bigint' ? Number(value) : value));
  if (typeof a === 'bigint' && typeof b === 'bigint') return a === b;
  return Object.is(x, y) || JSON.stringify(x) === JSON.stringify(y);
}

describe('a record of samples', () => {
  it('comes back as it was, also as a backlog', () => {
    fc.assert(
      fc.property(anyRows, fc.boolean(), (rows, historical) => {
        const { payload, aliases } = payloadOf(rows, historical);
        const out = createSampleBatch(1);
        const decoded = decodeRecord(payload, aliases, out);
        expect(decoded).toMatchObject({ header: HEADER, kind: undefined, others: [], unknownAliases: 0 });
        expect(out.count).toBe(rows.length);
        for (const [i, row] of rows.entries()) {
          expect(out.signal[i]).toBe(1_000 + i);
          expect(out.timeNs[i]).toBe(row.timeNs);
          expect(out.statusCode[i]).toBe(row.statusCode);
          expect(out.flags[i]).toBe(row.flags | (historical ? SampleFlag.historical : 0));
          expect(sameValue(valueAt(out, i), row.value), `row ${i}`).toBe(true);
        }
      }),
    );
  });

  it('is read by Eclipse Tahu field by field as it was meant', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const { payload } = payloadOf(rows);
        const samples = tahuPayload.decode(payload).metrics.filter(({ name }) => !name);
        expect(samples).toHaveLength(rows.length);
        for (const [i, row] of rows.entries()) {
          const metric = samples[i];
          expect(String(metric?.alias)).toBe(String(aliasOf(i)));
          expect(BigInt.asIntN(64, BigInt(String(metric?.timestamp)))).toBe(BigInt(nsToMs(row.timeNs)));
          expect(metric?.isNull ?? false).toBe(row.value === null);
          const { keys = [], values = [] } = metric?.properties ?? {};
          const properties = new Map(
            keys.map((key, k) => [key, Number(values[k]?.longValue ?? values[k]?.intValue)]),
          );
          expect(properties.get('StatusCode') ?? 0).toBe(row.statusCode);
          expect(properties.get('Quality') ?? 192).toBe(
            row.statusCode === 0 ? 192 : sparkplugQuality(row.statusCode),
          );
          if (row.wireType === DataType.double && row.value !== null)
            expect(metric?.doubleValue).toBe(row.value);
          if (row.wireType === DataType.string && row.value !== null)
            expect(metric?.stringValue).toBe(row.value);
          if (row.wireType === DataType.int64 && row.value !== null)
            expect(BigInt.asIntN(64, BigInt(String(metric?.longValue)))).toBe(row.value);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('of Eclipse Tahu is read by us', () => {
    const metrics = [
      { alias: 5, timestamp: 1_795_000_000_123, type: 'Double', value: 2.5 },
      {
        alias: 6,
        timestamp: 1_795_000_000_124,
        type: 'Int32',
        value: -7,
        isHistorical: true,
        properties: {
          Other: { type: 'String', value: 'x' },
          StatusCode: { type: 'UInt32', value: 0x40930000 },
        },
      },
      { alias: 7, timestamp: 1_795_000_000_125, type: 'Boolean', value: true },
      { alias: 8, timestamp: 1_795_000_000_126, type: 'Float', value: null },
    ];
    const named = [
      { name: StreamMetric.epoch, type: 'String', value: HEADER.epoch },
      { name: StreamMetric.sequence, type: 'UInt64', value: 9 },
    ];
    const payload = tahu.encodePayload({ timestamp: 1, seq: 1, metrics: [...named, ...metrics] });
    const aliases = createAliasTable();
    for (const [alias, type] of [
      [5, 10],
      [6, 3],
      [7, 11],
      [8, 9],
    ] as const)
      setAlias(aliases, alias, type, alias);
    const out = createSampleBatch(8);
    expect(decodeRecord(payload, aliases, out).header).toMatchObject({ epoch: HEADER.epoch, sequence: 9 });
    expect([0, 1, 2, 3].map((i) => valueAt(out, i))).toEqual([2.5, -7, true, null]);
    expect([...out.statusCode.subarray(0, 4)]).toEqual([0, 0x40930000, 0, 0]);
    expect([...out.flags.subarray(0, 4)]).toEqual([0, SampleFlag.historical, 0, 0]);
    expect(out.timeNs[1]).toBe(1_795_000_000_124_000_000n);
  });

  it('keeps the checksum when it is published again as a backlog', () => {
    const rows = [{ wireType: DataType.double, value: 1, timeNs: 5n, statusCode: 0, flags: 0 }];
    const { batch, aliases } = batchOf(rows);
    const { body, checksum } = encodeSamplesRecord(HEADER, batch, aliases);
    for (const historical of [false, true]) {
      const payload = finishPayload(body, { ...ENVELOPE, historical });
      expect(decodeRecord(payload, aliases, createSampleBatch(1)).header?.checksum).toBe(checksum);
      expect(decodePayload(payload)).toMatchObject({ seq: 255, timestamp: ENVELOPE.timestampMs });
    }
  });

  it('counts samples of unknown aliases and leaves them out', () => {
    const row = { wireType: DataType.double, value: 1, timeNs: 5n, statusCode: 0, flags: 0 };
    const { payload, aliases } = payloadOf([row, row, row]);
    aliases.wireType[aliasOf(1)] = 0;
    const out = createSampleBatch(1);
    expect(decodeRecord(payload, aliases, out).unknownAliases).toBe(1);
    expect(out.count).toBe(2);
  });

  it('appends behind what the batch holds, and leaves it alone when the payload is malformed', () => {
    const row = { wireType: DataType.string, value: 'a', timeNs: 5n, statusCode: 0, flags: 0 };
    const { payload, aliases } = payloadOf([row]);
    const out = createSampleBatch(1);
    decodeRecord(payload, aliases, out);
    decodeRecord(payload, aliases, out);
    expect(out.count).toBe(2);
    expect(() => decodeRecord(payload.subarray(0, -5), aliases, out)).toThrow(MalformedPayloadError);
    expect(out.count).toBe(2);
  });
});

describe('a record of another kind', () => {
  it('carries its kind and body', () => {
    const { body } = encodeBodyRecord(HEADER, 'gap', { cause: 'ü' });
    const decoded = decodeRecord(finishPayload(body, ENVELOPE), createAliasTable(1), createSampleBatch(1));
    expect(decoded).toMatchObject({ kind: 'gap', body: '{"cause":"ü"}', header: HEADER });
  });
});

describe('malformed bytes', () => {
  const rows: Row[] = VALUES.map(([wireType], i) => ({
    wireType,
    value: i % 2 === 0 ? null : wireType === DataType.string ? 'text' : 1n,
    timeNs: BigInt(i),
    statusCode: i * 0x10000000,
    flags: 0,
  }));
  const { payload, aliases } = payloadOf(rows);

  function decodeAny(bytes: Uint8Array): void {
    try {
      decodeRecord(bytes, aliases, createSampleBatch(1));
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedPayloadError);
    }
    try {
      decodePayload(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedPayloadError);
    }
    peekRecordHeader(bytes);
  }

  it('of any kind end in MalformedPayloadError or in a reading, quickly', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), decodeAny), { numRuns: 3_000 });
  });

  it('likewise a payload with some bytes changed, cut or doubled', () => {
    const change = fc.tuple(fc.nat(payload.length - 1), fc.nat(255));
    const changes = fc.array(change, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, fc.nat(payload.length), (edits, end) => {
        const bytes = payload.slice();
        for (const [at, byte] of edits) bytes[at] = byte;
        decodeAny(bytes);
        decodeAny(bytes.subarray(0, end));
        decodeAny(Buffer.concat([bytes.subarray(0, end), bytes]));
      }),
      { numRuns: 3_000 },
    );
  });

  it('that promise a length far beyond what is there cost no memory', () => {
    const before = process.memoryUsage().rss;
    for (const tag of [0x12, 0x0a, 0x4a, 0x7a])
      decodeAny(Uint8Array.of(tag, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f));
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });

  it('still give the header where it can be read', () => {
    expect(peekRecordHeader(payload.subarray(0, payload.length - 30))).toMatchObject(HEADER);
    expect(peekRecordHeader(Buffer.from('nonsense'))).toBeUndefined();
  });
});

it('says when it was sent by the server, journaled and published, once a record; an agent that does not say is read as before', () => {
  const row = { wireType: DataType.double, timeNs: 1_795_000_000_000_000_000n, statusCode: 0, flags: 0 };
  const { batch, aliases } = batchOf([
    { ...row, value: 1 },
    { ...row, value: 2 },
  ]);
  const header = { ...HEADER, journaledAtMs: 1_795_000_000_007.25 };
  const rows = { from: 0, to: 2, serverTimeMs: 1_795_000_000_003 };
  const read = (body: Uint8Array) =>
    decodeRecord(finishPayload(body, ENVELOPE), aliases, createSampleBatch(4));
  expect(read(encodeSamplesRecord(header, batch, aliases, rows).body)).toMatchObject({
    header: { ...HEADER, journaledAtMs: 1_795_000_000_007 },
    publishedAtMs: ENVELOPE.timestampMs,
    serverTimeMs: 1_795_000_000_003,
    unknownAliases: 0,
  });
  const before = read(encodeSamplesRecord(HEADER, batch, aliases).body);
  expect([before.serverTimeMs, before.header?.journaledAtMs]).toEqual([undefined, undefined]);
});

it('takes and gives samples faster than the reference codec does, in turns with it', () => {
  const row = { wireType: DataType.double, timeNs: 1_795_000_000_000_000_000n, statusCode: 0, flags: 0 };
  const { batch, aliases } = batchOf(Array.from({ length: 1_000 }, (_, i) => ({ ...row, value: i / 3 })));
  const out = createSampleBatch(1_000);
  const ours = (): void => {
    const { body } = encodeSamplesRecord(HEADER, batch, aliases);
    out.count = 0;
    decodeRecord(finishPayload(body, ENVELOPE), aliases, out);
  };
  const metrics = Array.from({ length: 1_000 }, (_, i) => ({
    alias: i,
    timestamp: ENVELOPE.timestampMs,
    type: 'Double',
    value: i / 3,
  }));
  const theirs = (): void => void tahu.decodePayload(tahu.encodePayload({ seq: 1, metrics }));
  const microseconds = (run: () => void): number => {
    const before = process.cpuUsage();
    for (let i = 0; i < 50; i += 1) run();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const ratios = Array.from({ length: 9 }, () => microseconds(theirs) / microseconds(ours));
  const median = ratios.toSorted((one, other) => one - other)[4];
  expect(median).toBeGreaterThan(1.2);
});
