import { setTimeout as pause } from 'node:timers/promises';
import type { SampleStore, SamplesRecord, StreamKey } from '#domain/sample-store.ts';
import { StoreUnavailableError } from '#platform/errors.ts';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import { catalogueOf, signalOf } from '../../contract/sample-store/records.ts';

export const STREAM: StreamKey = { agent: 'brest/edge-1', epoch: '00000000000000e1' };
const MACHINE = 'brest/m-1';
export const SIGNALS = 10;

/** A stream of records whose every value is known, sent as an agent would: again until it is acknowledged. */
export class Delivering {
  readonly samplesPerRecord: number;
  readonly startMs: number;
  #signals: readonly number[] = [];

  constructor(samplesPerRecord = 100, startMs = Date.now() - 600_000) {
    this.samplesPerRecord = samplesPerRecord;
    this.startMs = startMs;
  }

  async prepare(store: SampleStore): Promise<void> {
    await store.openStream(STREAM);
    const paths = Array.from({ length: SIGNALS }, (_, i) => `Signal ${i}`);
    this.#signals = await store.putCatalogue(catalogueOf(paths, MACHINE));
  }

  /** Samples of record `sequence`: each signal 10 ms after its last. Anew at each call, as ingest decodes it anew. */
  record(sequence: number): SamplesRecord {
    const batch = createSampleBatch(this.samplesPerRecord);
    const perSignal = this.samplesPerRecord / SIGNALS;
    for (let i = 0; i < this.samplesPerRecord; i += 1) {
      const at = (sequence - 1) * perSignal + Math.floor(i / SIGNALS);
      batch.signal[i] = this.#signals[i % SIGNALS] ?? 0;
      batch.timeNs[i] = BigInt(this.startMs) * 1_000_000n + BigInt(at) * 10_000_000n;
      setValue(batch, i, Math.sin(at) * 100);
    }
    batch.count = this.samplesPerRecord;
    return { kind: 'samples', stream: STREAM, sequence, checksum: sequence, machine: MACHINE, batch };
  }

  /** Sends `from..to` in groups, several under way, each again until the store takes it. Answers how often it did not. */
  async send(store: SampleStore, from: number, to: number, group = 20, lanes = 4): Promise<number> {
    let next = from;
    let refusals = 0;
    const lane = async (): Promise<void> => {
      while (next <= to) {
        const first = next;
        next = Math.min(to + 1, first + group);
        const last = next - 1;
        for (;;) {
          const records = Array.from({ length: last - first + 1 }, (_, i) => this.record(first + i));
          try {
            await store.append(records);
            break;
          } catch (error) {
            if (!(error instanceof StoreUnavailableError)) throw error;
            refusals += 1;
            await pause(50);
          }
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return refusals;
  }
}

export const SIGNAL_ID = signalOf('Signal 0', MACHINE);

/** Rows that InfluxDB itself counts, over all measurements but the canary. */
export async function countRows(
  query: (statement: string, database: string) => Promise<string>,
  database: string,
): Promise<number> {
  const answer = JSON.parse(await query('SELECT count("seq") FROM /.*/', database)) as {
    results: { series?: { name: string; columns: string[]; values: number[][] }[] }[];
  };
  return (answer.results[0]?.series ?? [])
    .filter(({ name }) => name !== 'canary')
    .reduce((sum, { values }) => sum + (values[0]?.slice(1).reduce((a, b) => a + b, 0) ?? 0), 0);
}
