import { createSampleBatch } from '#domain/sample-batch.ts';
import type { AppendOutcome, DeadLetter, DeliveredRecord, SamplesRecord } from '#domain/sample-store.ts';
import { MemorySampleStore } from './memory-sample-store.ts';

/** A store whose writes fail on demand, for tests of ingest. */
export class FailingSampleStore extends MemorySampleStore {
  readonly letters: Omit<DeadLetter, 'id'>[] = [];
  appends = 0;
  /** Called before each append; throws to make it fail. */
  beforeAppend: (records: readonly DeliveredRecord[]) => void | Promise<void> = () => undefined;

  override async append(records: readonly DeliveredRecord[]): Promise<AppendOutcome> {
    this.appends += 1;
    const copies = records.map((record) => (record.kind === 'samples' ? taken(record) : record));
    await this.beforeAppend(copies);
    return super.append(copies);
  }

  override async putDeadLetter(letter: Omit<DeadLetter, 'id'>): Promise<void> {
    this.letters.push(letter);
    await super.putDeadLetter(letter);
  }
}

/** As a real store may: the caller's columns are gone afterwards. */
function taken(record: SamplesRecord): SamplesRecord {
  const batch = structuredClone(record.batch);
  const { buffer, byteOffset, length } = batch.i64;
  const f64 = new Float64Array(buffer, byteOffset, length);
  Object.assign(record.batch, createSampleBatch(0));
  return { ...record, batch: { ...batch, f64 } };
}
