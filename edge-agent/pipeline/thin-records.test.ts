import { describe, expect, it } from 'vitest';
import { createAliasTable, setAlias, wireTypeOf } from '#contracts/sparkplug/record.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import { encodeSamples } from '#contracts/sparkplug/record-encoder.ts';
import { createSampleBatch, setValue, valueAt } from '#domain/sample-batch.ts';
import { SampleFlag, type SampleValue } from '#domain/sample.ts';
import type { JournalRecord, NewRecord } from '../journal/journal.ts';
import { thinRecords } from './thin-records.ts';

const NUMBER = 1;
const TEXT = 2;
const BIG = 3;
const OTHER_TEXT = 4;
const aliases = createAliasTable();
setAlias(aliases, NUMBER, wireTypeOf('Double', false), NUMBER);
setAlias(aliases, TEXT, wireTypeOf('String', false), TEXT);
setAlias(aliases, OTHER_TEXT, wireTypeOf('String', false), OTHER_TEXT);
setAlias(aliases, BIG, wireTypeOf('UInt64', false), BIG);

interface Row {
  readonly alias: number;
  readonly ms: number;
  readonly value: SampleValue;
  readonly statusCode?: number;
}

let sequence = 0;
function recordOf(rows: readonly Row[], machineId = 'cnc-01'): JournalRecord {
  const batch = createSampleBatch(rows.length);
  batch.count = rows.length;
  rows.forEach(({ alias, ms, value, statusCode = 0 }, i) => {
    batch.signal[i] = alias;
    batch.timeNs[i] = BigInt(ms) * 1_000_000n + 345_600n;
    batch.statusCode[i] = statusCode;
    setValue(batch, i, value);
  });
  const { metrics, checksum } = encodeSamples(batch, aliases);
  sequence += 1;
  return {
    sequence,
    kind: 'samples',
    machineId,
    catalogueVersion: 1,
    samples: rows.length,
    metrics,
    checksum,
    journaledAtMs: 0,
  };
}

function rowsOf(
  records: readonly NewRecord[],
): { alias: number; timeNs: bigint; value: SampleValue; flags: number }[] {
  return records.flatMap(({ content }) => {
    const batch = createSampleBatch(1);
    if (typeof content !== 'function') decodeRecord(content.metrics, aliases, batch);
    return Array.from({ length: batch.count }, (_, i) => ({
      alias: batch.signal[i] ?? 0,
      timeNs: batch.timeNs[i] ?? 0n,
      value: valueAt(batch, i),
      flags: batch.flags[i] ?? 0,
    }));
  });
}

const options = { aliases, payloadBytes: 4_096 };
const valuesOf = (records: readonly NewRecord[], alias: number): SampleValue[] =>
  rowsOf(records)
    .filter((row) => row.alias === alias)
    .map(({ value }) => value);

describe('thinning', () => {
  it('keeps least, greatest and last of each second, with their times, as backfill', () => {
    const wave = Array.from({ length: 100 }, (_, i): Row => ({
      alias: NUMBER,
      ms: i * 20,
      value: (i * 37) % 50,
    }));
    const kept = thinRecords([recordOf(wave.slice(0, 30)), recordOf(wave.slice(30))], options);
    const seconds = [wave.slice(0, 50), wave.slice(50)].map((rows) => rows.map(({ value }) => Number(value)));
    const expected = seconds.flatMap((values) => {
      const wanted = [Math.min(...values), Math.max(...values), values.at(-1)];
      return values.filter((value, i) => wanted.includes(value) && (values.indexOf(value) === i || i === 49));
    });
    expect(valuesOf(kept, NUMBER)).toEqual(expected);
    expect(
      rowsOf(kept).every(
        ({ flags, timeNs }) => (flags & SampleFlag.historical) !== 0 && timeNs % 1_000_000n === 345_600n,
      ),
    ).toBe(true);
    expect(kept.every(({ moved }) => moved === true)).toBe(true);
    expect(kept.reduce((sum, { samples }) => sum + samples, 0)).toBe(expected.length);
  });

  it('takes a wider span when a second saves too little, and gives up when none does', () => {
    const slow = Array.from({ length: 60 }, (_, i): Row => ({ alias: NUMBER, ms: i * 1_000, value: i }));
    expect(valuesOf(thinRecords([recordOf(slow)], options), NUMBER)).toEqual([
      0, 9, 10, 19, 20, 29, 30, 39, 40, 49, 50, 59,
    ]);
    expect(thinRecords([recordOf(slow.slice(0, 7))], options)).toEqual([]);
  });

  it('keeps the first of what is not Good, the last of texts, and 64 bits whole', () => {
    const rows = Array.from({ length: 40 }, (_, i): Row[] => [
      {
        alias: NUMBER,
        ms: i,
        value: i === 20 || i === 21 ? null : 1,
        ...(i === 20 || i === 21 ? { statusCode: 0x80310000 } : {}),
      },
      { alias: TEXT, ms: i, value: `программа ${i}` },
      { alias: BIG, ms: i, value: 2n ** 63n + BigInt(i) },
    ]).flat();
    const kept = thinRecords([recordOf(rows)], options);
    expect(valuesOf(kept, NUMBER)).toEqual([1, null, 1]);
    expect(valuesOf(kept, TEXT)).toEqual(['программа 39']);
    expect(valuesOf(kept, BIG)).toEqual([2n ** 63n, 2n ** 63n + 39n]);
  });

  it('leaves each machine its own records, within the payload', () => {
    const many = (machine: string, alias: number): JournalRecord =>
      recordOf(
        Array.from({ length: 400 }, (_, i): Row => ({
          alias,
          ms: i * 100,
          value: `${machine} ${i}`.padEnd(600),
        })),
        machine,
      );
    const kept = thinRecords([many('a-1', TEXT), many('b-1', OTHER_TEXT)], options);
    expect(new Set(kept.map(({ machineId }) => machineId))).toEqual(new Set(['a-1', 'b-1']));
    for (const { content } of kept)
      expect(typeof content === 'function' ? 0 : content.metrics.length).toBeLessThan(4_300);
  });
});
