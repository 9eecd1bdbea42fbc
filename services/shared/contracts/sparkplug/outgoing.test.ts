import fc from 'fast-check';
import sparkplug from 'sparkplug-payload';
import { describe, expect, it } from 'vitest';
import { ValueKind, createSampleBatch, type SampleBatch } from '#domain/sample-batch.ts';
import { SampleFlag } from '#domain/sample.ts';
import { PublishedSequences, buildRecordPayload } from './outgoing.ts';
import { DataType } from './payload.ts';
import { createAliasTable, setAlias } from './record.ts';
import { decodeRecord } from './record-decoder.ts';
import { encodeSamples } from './record-encoder.ts';

const aliases = createAliasTable();
for (let alias = 1; alias < 64; alias += 1) setAlias(aliases, alias, DataType.double, alias);

function batchOf(signals: readonly number[]): SampleBatch {
  const batch = createSampleBatch(Math.max(1, signals.length));
  signals.forEach((alias, i) => {
    batch.signal[i] = alias;
    batch.timeNs[i] = 1_700_000_000_000_000_000n + BigInt(i) * 100n;
    batch.kind[i] = ValueKind.float;
    batch.f64[i] = alias / 3;
  });
  batch.count = signals.length;
  return batch;
}

function publish(sequence: number, signals: readonly number[], published: PublishedSequences): Uint8Array {
  const { metrics, checksum } = encodeSamples(batchOf(signals), aliases);
  const header = { epoch: '00112233aabbccdd', sequence, catalogueVersion: 4, checksum };
  return buildRecordPayload(header, metrics, { timestampMs: 1_700_000_000_500, seq: 7 }, published);
}

function historicalOf(payload: Uint8Array): boolean[] {
  const batch = createSampleBatch(1);
  const { header, unknownAliases } = decodeRecord(payload, aliases, batch);
  expect([header?.epoch, unknownAliases]).toEqual(['00112233aabbccdd', 0]);
  return [...batch.flags.subarray(0, batch.count)].map((flags) => (flags & SampleFlag.historical) !== 0);
}

describe('a record as it goes out', () => {
  it('is historical, sample by sample, when a newer one of the signal was published', () => {
    const published = new PublishedSequences();
    expect(historicalOf(publish(10, [1, 2], published))).toEqual([false, false]);
    expect(historicalOf(publish(9, [2, 3, 1], published))).toEqual([true, false, true]);
    expect(historicalOf(publish(10, [1, 2], published))).toEqual([false, false]);
    expect(historicalOf(publish(11, [3, 1], published))).toEqual([false, false]);
  });

  it('keeps its checksum and its samples to the last bit, whatever is marked', () => {
    const signal = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(fc.array(signal, { minLength: 1, maxLength: 50 }), fc.array(signal), (signals, newer) => {
        const published = new PublishedSequences();
        for (const alias of newer) published.set(alias, 100);
        const batch = createSampleBatch(1);
        const { header } = decodeRecord(publish(5, signals, published), aliases, batch);
        const given = batchOf(signals);
        expect(header).toMatchObject({ sequence: 5, checksum: encodeSamples(given, aliases).checksum });
        expect([...batch.signal.subarray(0, batch.count)]).toEqual(signals);
        expect([...batch.timeNs.subarray(0, batch.count)]).toEqual([
          ...given.timeNs.subarray(0, given.count),
        ]);
        expect([...batch.f64.subarray(0, batch.count)]).toEqual([...given.f64.subarray(0, given.count)]);
        const late = [...batch.flags.subarray(0, batch.count)].map(
          (flags) => (flags & SampleFlag.historical) !== 0,
        );
        expect(late).toEqual(signals.map((alias) => newer.includes(alias)));
      }),
    );
  });

  it('is read by the independent decoder, seq and is_historical included', () => {
    const published = new PublishedSequences();
    published.set(2, 50);
    const decoded = sparkplug.get('spBv1.0')?.decodePayload(publish(5, [1, 2], published));
    expect(Number(decoded?.seq)).toBe(7);
    const samples = (decoded?.metrics ?? []).filter(
      (metric) => metric.alias !== undefined && metric.alias !== null,
    );
    expect(samples.map((metric) => metric.isHistorical === true)).toEqual([false, true]);
  });

  it('splits at a limit without losing or repeating a row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 800 }), (rows, maxBytes) => {
        const batch = batchOf(Array.from({ length: rows }, (_, i) => (i % 60) + 1));
        const seen: number[] = [];
        for (let from = 0; from < batch.count;) {
          const part = encodeSamples(batch, aliases, { from, to: batch.count }, maxBytes);
          const back = createSampleBatch(1);
          decodeRecord(part.metrics, aliases, back);
          expect(back.count).toBe(part.rowEnd - from);
          seen.push(...back.signal.subarray(0, back.count));
          from = part.rowEnd;
        }
        expect(seen).toEqual([...batch.signal.subarray(0, batch.count)]);
      }),
    );
  });
});
