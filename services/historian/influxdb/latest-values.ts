import type { MachineId } from '#domain/asset-path.ts';
import { createSampleBatch, setValue, valueAt, type SampleBatch } from '#domain/sample-batch.ts';
import type { LatestSample, SamplePlace, SamplesRecord, SignalNo } from '#domain/sample-store.ts';
import { belowMsAt, msToNs, timeMsAt } from '#domain/time.ts';
import { SampleFlag, type Sample } from '#domain/sample.ts';
import { rowsOf, numberIn } from './influxql.ts';
import { clampTime, lineOf, orderOf, placeOfOrder } from './line-protocol.ts';
import { SAMPLE_FIELDS, storedSampleOf, type Row } from './sample-rows.ts';
import type { Query } from './sample-queries.ts';
import type { SignalRegistry } from './signal-registry.ts';

/** Samples whose order of delivery is looked through when the last stop was none: the others by their time. */
const LOOK_BACK_MS = 3_600_000;
const FIELDS = SAMPLE_FIELDS.filter((name) => name !== 'seq')
  .map((name) => `"${name}"`)
  .join(', ');

/** A signal's newest sample with its place: the greatest (order, index) is the newest. */
interface Newest {
  readonly no: SignalNo;
  readonly order: bigint;
  readonly index: number;
  /** Its columns, kept as they are: a signal holds on to at most one record. Row = `index`, or 0 where it was read back. */
  readonly batch: SampleBatch;
}

/** The newest sample of each signal, from memory. Kept in the ledger when the store stops, found again when it did not. */
export class LatestValues {
  readonly #registry: SignalRegistry;
  readonly #newest: (Newest | undefined)[] = [];

  constructor(registry: SignalRegistry) {
    this.#registry = registry;
  }

  update({ batch, sequence }: SamplesRecord, epochNumber: number): void {
    const order = orderOf(epochNumber, sequence);
    for (let i = batch.count - 1; i >= 0; i -= 1) {
      if (((batch.flags[i] ?? 0) & SampleFlag.historical) !== 0) continue;
      const no = batch.signal[i] ?? 0;
      const known = this.#newest[no];
      // Backwards: the last row of a signal is its newest, the others of this record are older than it.
      if (known && (known.order > order || (known.order === order && known.index >= i))) continue;
      this.#newest[no] = { order, index: i, batch, no };
    }
  }

  /** A sample of another store, with its order there. */
  putSample(no: SignalNo, sample: Sample, order: bigint): void {
    this.#put({ no, order, index: 0, batch: batchOf(sample) });
  }

  #put(entry: Newest): void {
    const known = this.#newest[entry.no];
    const isOlder =
      known && (entry.order < known.order || (entry.order === known.order && entry.index < known.index));
    if (!isOlder) this.#newest[entry.no] = entry;
  }

  list(machine?: MachineId): LatestSample[] {
    const known =
      machine === undefined
        ? this.#newest
        : (this.#registry.machine(machine)?.signals ?? []).map(
            ({ id }) => this.#newest[this.#registry.no(id) ?? 0],
          );
    return known.flatMap((newest) => (newest ? [this.#sampleOf(newest)] : []));
  }

  placeOf(signal: SignalNo): SamplePlace | undefined {
    const newest = this.#newest[signal];
    return newest && { ...placeOfOrder(newest.order), index: newest.index };
  }

  #sampleOf({ no, batch, index }: Newest): LatestSample {
    const row = index < batch.count ? index : 0;
    return {
      signal: this.#registry.id(no) ?? 'unknown/unknown/unknown',
      signalNo: no,
      sourceTimestamp: batch.timeNs[row] ?? 0n,
      value: valueAt(batch, row),
      statusCode: batch.statusCode[row] ?? 0,
      flags: batch.flags[row] ?? 0,
    };
  }

  /** Lines of measurement `latest`: what a later start finds without looking through samples. */
  lines(nowNs: bigint): string[] {
    return this.#newest.flatMap((newest) => {
      if (!newest) return [];
      const { order, index } = newest;
      const sample = this.#sampleOf(newest);
      const series = this.#registry.series(sample.signalNo);
      if (series === undefined) return [];
      const row = batchOf(sample);
      const words = new Uint32Array(row.timeNs.buffer);
      const line = lineOf(row, 0, {
        series,
        order: String(order),
        timeMs: timeMsAt(words, 0),
        belowMsNs: belowMsAt(words, 0),
      });
      const fields = line.slice(series.length, line.lastIndexOf(' '));
      const at = fields.includes(',at=') ? '' : `,at=${sample.sourceTimestamp}i`;
      return [`latest${series.slice(tagsFrom(series))}${fields},idx=${index}i${at} ${nowNs}`];
    });
  }

  /** What was kept, and what was stored since. */
  async load(ledger: Query, samples: Query, nowMs: number): Promise<void> {
    this.#newest.length = 0;
    const sinceNs = clampTime(msToNs(nowMs - LOOK_BACK_MS));
    const answers = await samples(
      `SELECT last("seq") AS "seq", ${FIELDS} FROM /.*/ GROUP BY "site", "machine", "signal";
       SELECT max("seq") AS "seq", ${FIELDS} FROM /.*/ WHERE time > ${sinceNs} GROUP BY "site", "machine", "signal"`,
    );
    const kept = await ledger(
      'SELECT * FROM "latest" GROUP BY "site", "machine", "signal" ORDER BY time DESC LIMIT 1',
    );
    for (const row of rowsOf([...answers, ...kept].flat())) this.#putRow(row);
  }

  #putRow(row: Row): void {
    const { site = '', machine = '', signal = '' } = row as Record<string, string>;
    const no = this.#registry.noOfTags(site, machine, signal);
    const id = no === undefined ? undefined : this.#registry.id(no);
    if (no === undefined || id === undefined) return;
    const { sample, order } = storedSampleOf(row, id);
    if ((sample.flags & SampleFlag.historical) === 0)
      this.#put({ no, order, index: numberIn(row['idx']), batch: batchOf(sample) });
  }
}

function batchOf({ value, sourceTimestamp, statusCode, flags }: Sample): SampleBatch {
  const batch = createSampleBatch(1);
  setValue(batch, 0, value);
  batch.timeNs[0] = sourceTimestamp;
  batch.statusCode[0] = statusCode;
  batch.flags[0] = flags;
  batch.count = 1;
  return batch;
}

/** Where the tags begin: behind the first comma that is not escaped. */
function tagsFrom(series: string): number {
  return series.search(/(?<!\\),/);
}
