import type { MachineId } from '#domain/asset-path.ts';
import { createSampleBatch, setValue, valueAt } from '#domain/sample-batch.ts';
import type { LatestSample, SamplesRecord, SignalNo } from '#domain/sample-store.ts';
import { belowMsAt, msToNs, timeMsAt } from '#domain/time.ts';
import { SampleFlag } from '#domain/sample.ts';
import { rowsOf, numberIn } from './influxql.ts';
import { clampTime, lineOf, orderOf } from './line-protocol.ts';
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
  readonly order: bigint;
  readonly index: number;
  readonly sample: LatestSample;
}

/** The newest sample of each signal, from memory. Kept in the ledger when the store stops, found again when it did not. */
export class LatestValues {
  readonly #registry: SignalRegistry;
  readonly #newest = new Map<SignalNo, Newest>();

  constructor(registry: SignalRegistry) {
    this.#registry = registry;
  }

  update({ batch, sequence }: SamplesRecord, epochNumber: number): void {
    const lastRows = new Map<SignalNo, number>();
    for (let i = 0; i < batch.count; i += 1)
      if (((batch.flags[i] ?? 0) & SampleFlag.historical) === 0) lastRows.set(batch.signal[i] ?? 0, i);
    const order = orderOf(epochNumber, sequence);
    for (const [no, i] of lastRows) {
      const sample = {
        signal: this.#registry.id(no) ?? 'unknown/unknown/unknown', signalNo: no, sourceTimestamp: batch.timeNs[i] ?? 0n,
        value: valueAt(batch, i), statusCode: batch.statusCode[i] ?? 0, flags: batch.flags[i] ?? 0,
      } as const; // prettier-ignore
      this.#put({ order, index: i, sample });
    }
  }

  #put(entry: Newest): void {
    const { signalNo } = entry.sample;
    const known = this.#newest.get(signalNo);
    const isOlder =
      known && (entry.order < known.order || (entry.order === known.order && entry.index < known.index));
    if (!isOlder) this.#newest.set(signalNo, entry);
  }

  list(machine?: MachineId): LatestSample[] {
    const numbers =
      machine === undefined
        ? [...this.#newest.keys()].sort((a, b) => a - b)
        : (this.#registry.machine(machine)?.signals ?? []).map(({ id }) => this.#registry.no(id) ?? 0);
    return numbers.flatMap((no) => this.#newest.get(no)?.sample ?? []);
  }

  /** Lines of measurement `latest`: what a later start finds without looking through samples. */
  lines(nowNs: bigint): string[] {
    return [...this.#newest.values()].flatMap(({ sample, order, index }) => {
      const series = this.#registry.series(sample.signalNo);
      if (series === undefined) return [];
      const row = createSampleBatch(1);
      setValue(row, 0, sample.value);
      row.timeNs[0] = sample.sourceTimestamp;
      row.statusCode[0] = sample.statusCode;
      row.flags[0] = sample.flags;
      const words = new Uint32Array(row.timeNs.buffer);
      const line = lineOf(row, 0, { series, order: String(order), timeMs: timeMsAt(words, 0), belowMsNs: belowMsAt(words, 0) }); // prettier-ignore
      const fields = line.slice(series.length, line.lastIndexOf(' '));
      const at = fields.includes(',at=') ? '' : `,at=${sample.sourceTimestamp}i`;
      return [`latest${series.slice(tagsFrom(series))}${fields},idx=${index}i${at} ${nowNs}`];
    });
  }

  /** What was kept, and what was stored since. */
  async load(ledger: Query, samples: Query, nowMs: number): Promise<void> {
    this.#newest.clear();
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
      this.#put({ order, index: numberIn(row['idx']), sample: { ...sample, signalNo: no } });
  }
}

/** Where the tags begin: behind the first comma that is not escaped. */
function tagsFrom(series: string): number {
  return series.search(/(?<!\\),/);
}
