/** Rollups that a store in InfluxDB keeps, on a real influxd: what is read out of them is what the samples give. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { planBuckets } from '#domain/rollup.ts';
import type { MachineCatalogue, SampleStore, StreamKey, TimeRange } from '#domain/sample-store.ts';
import { createInfluxStore, type InfluxStore } from '../../../services/historian/influxdb/influx-store.ts';
import {
  ALWAYS,
  MINUTE,
  SECOND,
  catalogueOf,
  naiveBuckets,
  samplesRecord,
  signalOf,
  type Row,
} from '../../contract/sample-store/records.ts';
import { InfluxGate } from '../../faults/influxdb/influx-gate.ts';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { describeWith } from '../../support/programs.ts';

const HOUR_MS = 3_600_000;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
const NOW_MS = Date.now();
/** The start of the day before yesterday: closed by any clock. */
const START = ((BigInt(NOW_MS) * 1_000_000n) / DAY) * DAY - 2n * DAY;
const FIRST: StreamKey = { agent: 'brest/edge-1', epoch: '00000000000000a1' };
const OTHER: StreamKey = { agent: 'brest/edge-2', epoch: '00000000000000b1' };
const FLOW = signalOf('Flow');

describeWith('influxd', 'rollups in InfluxDB', (program) => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd(program, { inMemory: true });
  });
  afterAll(() => influxd.remove());

  async function storeOn(
    database: string,
    more: { url?: string; retentionDays?: number } = {},
  ): Promise<InfluxStore> {
    const { url = influxd.url, retentionDays = 0 } = more;
    const store = createInfluxStore({ config: { url, database, retentionDays } });
    await store.start();
    onTestFinished(() => store.stop());
    return store;
  }

  /** Several charts of a range, which must agree with the samples counted one by one. */
  async function charts(store: SampleStore, range: TimeRange, signal = FLOW): Promise<void> {
    const samples = await store.samples(signal, ALWAYS, 1e6);
    for (const buckets of [3, 20, 200]) {
      const expected = naiveBuckets(planBuckets(range, buckets), samples);
      const [answered = []] = await store.buckets([signal], range, buckets);
      expect(answered.map(({ mean, ...rest }) => ({ ...rest, mean: rounded(mean) }))).toEqual(
        expected.map(({ mean, ...rest }) => ({ ...rest, mean: rounded(mean) })),
      );
    }
  }

  async function flowOn(store: SampleStore, streams = [FIRST]): Promise<number> {
    for (const stream of streams) await store.openStream(stream);
    const [signal = 0] = await store.putCatalogue(catalogueOf(['Flow', 'Other']));
    return signal;
  }

  it('are equal to the samples, of whatever quality, and are made anew where late ones came', async () => {
    const store = await storeOn('rolled');
    const signal = await flowOn(store);
    const rowAt = (i: number): Row => ({
      signal,
      time: START + BigInt(i) * 400n * SECOND + BigInt(i % 7),
      value: i % 11 === 0 ? null : i % 13 === 0 ? NaN : Math.sin(i) * 100,
      status: i % 5 === 0 ? 0x80310000 : i % 17 === 0 ? 0x40000000 : 0,
    });
    // Every second hour is without a sample: 30 holes.
    const rows = Array.from({ length: 540 }, (_, i) => rowAt(i)).filter(
      ({ time }) => (time / HOUR) % 2n === 0n,
    );
    const records = Array.from({ length: 27 }, (_, k) =>
      samplesRecord(k + 1, rows.slice(k * 10, k * 10 + 10), { stream: FIRST }),
    );
    const late = records.splice(13, 1);
    await store.append(records);
    const range = { from: START + MINUTE, to: START + 2n * DAY };
    await charts(store, range);
    const built = await store.rollUp(NOW_MS);
    expect(built).toBeGreaterThan(15);
    expect(await store.rollUp(NOW_MS)).toBe(0);
    await charts(store, range);
    await store.append(late);
    await charts(store, range);
    expect(await store.rollUp(NOW_MS)).toBeLessThan(3);
    await charts(store, range);
    await charts(store, { from: range.from, to: range.from + 5n * MINUTE });
    await charts(store, ALWAYS);
    // What is read is no sample.
    const [before] = await store.buckets([FLOW], { from: range.from, to: START + DAY }, 50);
    await influxd.query('DELETE FROM "pump-loop"', 'rolled');
    expect(await store.buckets([FLOW], { from: range.from, to: START + DAY }, 50)).toEqual([before]);
  });

  it('tell sums beyond a double as infinity, and take no other signal, hour or chart with them', async () => {
    const store = await storeOn('great');
    const signal = await flowOn(store);
    const rows = [1.7e308, 1.7e308, -3, 1e-300].map((value, i) => ({
      signal,
      time: START + BigInt(i) * 20n * SECOND,
      value,
    }));
    const others = [5, 7].map((value, i) => ({
      signal: signal + 1,
      time: START + BigInt(i) * 3n * HOUR,
      value,
    }));
    await store.append([samplesRecord(1, [...rows, ...others], { stream: FIRST })]);
    const range = { from: START, to: START + DAY };
    const means = async (): Promise<unknown> =>
      (await store.buckets([FLOW, signalOf('Other')], range, 8)).map((one) =>
        one.map(({ mean, count }) => [mean, count]),
      );
    const expected = [
      [[Infinity, 4]],
      [
        [5, 1],
        [7, 1],
      ],
    ];
    expect(await means()).toEqual(expected);
    expect(await store.rollUp(NOW_MS)).toBe(2);
    expect(await means()).toEqual(expected);
    await influxd.query('DELETE FROM "pump-loop"', 'great');
    expect(await means()).toEqual(expected);
  });

  it('hear of late samples of two agents whose records bear the same number', async () => {
    const store = await storeOn('two');
    const signal = await flowOn(store, [FIRST, OTHER]);
    for (const [i, stream] of [FIRST, OTHER].entries()) {
      await store.append([
        samplesRecord(7, [{ signal, time: START + BigInt(i) * SECOND, value: i }], { stream }),
      ]);
      expect(await store.rollUp(NOW_MS)).toBe(1);
      await charts(store, { from: START, to: START + DAY });
    }
  });

  it('are not relied upon where a record came late: it is received only after that is told', async () => {
    const gate = new InfluxGate(influxd.url);
    await gate.start();
    onTestFinished(() => gate.stop());
    const store = await storeOn('cut', { url: gate.url });
    const signal = await flowOn(store);
    const record = (sequence: number): ReturnType<typeof samplesRecord> =>
      samplesRecord(sequence, [{ signal, time: START + BigInt(sequence), value: sequence }], {
        stream: FIRST,
      });
    await store.append([record(1)]);
    expect(await store.rollUp(NOW_MS)).toBe(1);
    gate.mode = { kind: 'poison', isPoisoned: (line) => line.startsWith('late,') };
    await expect(store.append([record(2)])).rejects.toThrow();
    gate.mode = { kind: 'open' };
    // Sent again to another worker, which knows of it what the ledger says.
    const other = await storeOn('cut');
    expect(await other.append([record(2)])).toMatchObject({ stored: 1, duplicates: 0 });
    await charts(other, { from: START, to: START + DAY });
    expect(await other.rollUp(NOW_MS)).toBe(1);
    // Once more: it is the same mark, and what was rolled up holds it.
    await store.append([record(2)]);
    expect(await store.rollUp(NOW_MS)).toBe(0);
    await charts(store, { from: START, to: START + DAY });
  });

  it('hold signals and kinds that the worker who makes them has not heard of', async () => {
    const store = await storeOn('unheard');
    const signal = await flowOn(store);
    const other = await storeOn('unheard');
    const { machine, signals } = catalogueOf(['Flow', 'New, with \\ and %']);
    const changed: MachineCatalogue = { machine: { ...machine, kind: 'mill' }, signals };
    await store.append([samplesRecord(1, [{ signal, time: START, value: 1 }], { stream: FIRST })]);
    const [, added = 0] = await store.putCatalogue(changed);
    const rows = [signal, added].map((one) => ({ signal: one, time: START + 5n * SECOND, value: one }));
    await store.append([samplesRecord(2, rows, { stream: FIRST })]);
    expect(await other.rollUp(NOW_MS)).toBe(1);
    await influxd.query('DELETE FROM "pump-loop"; DELETE FROM "mill"', 'unheard');
    const counted = await store.buckets([FLOW, signals[1]!.id], { from: START, to: START + DAY }, 6);
    expect(counted.map(([bucket]) => bucket?.count)).toEqual([2, 1]);
  });

  it('are made up to the edge of the retention', async () => {
    const store = await storeOn('edge', { retentionDays: 2 });
    const signal = await flowOn(store);
    const hours = Array.from({ length: 48 }, (_, i) => BigInt(NOW_MS - i * HOUR_MS - 60_000) * 1_000_000n);
    const rows = hours.map((time, value) => ({ signal, time, value }));
    await store.append([samplesRecord(1, rows, { stream: FIRST })]);
    expect(await store.rollUp(NOW_MS)).toBeGreaterThan(40);
    expect(store.counters?.refusedLines).toBe(0);
    await charts(store, { from: START, to: START + 3n * DAY });
  });
});

const rounded = (mean: number | null): string | null => (mean === null ? null : mean.toPrecision(12));
