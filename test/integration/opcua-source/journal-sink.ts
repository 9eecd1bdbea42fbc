/** The agent's real pipeline and journal on the real disk as a sink, and what is in the journal to be looked at. */
import { join } from 'node:path';
import { pino } from 'pino';
import { gapBodySchema } from '#contracts/delivery.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import { createSampleBatch, valueAt } from '#domain/sample-batch.ts';
import { SampleFlag, type SampleValue } from '#domain/sample.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeDisk } from '../../../edge-agent/journal/disk.ts';
import type { JournalRecord } from '../../../edge-agent/journal/journal.ts';
import { SegmentedJournal } from '../../../edge-agent/journal/segmented-journal.ts';
import { Pipeline } from '../../../edge-agent/pipeline/pipeline.ts';

export interface JournaledRow {
  readonly path: string;
  readonly timeNs: bigint;
  readonly value: SampleValue;
  readonly statusCode: number;
  readonly flags: number;
}

export interface JournaledGap {
  readonly path: string | undefined;
  readonly fromNs: bigint;
  readonly toNs: bigint;
  readonly cause: string;
}

export class JournalSink {
  readonly journal: SegmentedJournal;
  readonly pipeline: Pipeline;
  readonly rows: JournaledRow[] = [];
  readonly gaps: JournaledGap[] = [];

  private constructor(folder: string) {
    const dir = join(folder, 'journal');
    const log = pino({ level: 'silent' });
    this.journal = new SegmentedJournal({
      dir,
      maxBytes: 1 << 28,
      segmentBytes: 1 << 24,
      whenFull: 'block',
      reserveBytes: 4096,
      cacheBytes: 1 << 20,
      disk: nodeDisk,
      clock: systemClock,
      log,
    });
    this.pipeline = new Pipeline({
      journal: this.journal,
      disk: nodeDisk,
      dir,
      clock: systemClock,
      log,
      payloadBytes: 1 << 18,
    });
  }

  /** Opened again on the same folder, it goes on where the last one ended. */
  static async open(folder: string): Promise<JournalSink> {
    const sink = new JournalSink(folder);
    await sink.journal.start();
    await sink.pipeline.start();
    sink.#take(await sink.journal.read(1, 1 << 28));
    sink.journal.onDurable((records) => sink.#take(records));
    return sink;
  }

  async close(): Promise<void> {
    await this.journal.stop();
  }

  #take(records: readonly JournalRecord[]): void {
    const paths = new Map<number, string>();
    for (const id of this.pipeline.catalogues.ids())
      for (const { alias, path } of this.pipeline.catalogues.wire(id)?.signals ?? []) paths.set(alias, path);
    for (const record of records) {
      const batch = createSampleBatch(64);
      const { body } = decodeRecord(record.metrics, this.pipeline.catalogues.aliases, batch);
      if (record.kind === 'gap') {
        const { path, from, to, cause } = gapBodySchema.parse(JSON.parse(body ?? '{}'));
        this.gaps.push({ path, fromNs: BigInt(from), toNs: BigInt(to), cause });
      }
      for (let i = 0; i < batch.count; i += 1)
        this.rows.push({
          path: paths.get(batch.signal[i] ?? 0) ?? `alias ${batch.signal[i]}`,
          timeNs: batch.timeNs[i] ?? 0n,
          value: valueAt(batch, i),
          statusCode: batch.statusCode[i] ?? 0,
          flags: batch.flags[i] ?? 0,
        });
    }
  }

  /** What the machine itself said of a signal, in the order of the journal. */
  own(path: string): JournaledRow[] {
    return this.rows.filter((row) => row.path === path && (row.flags & SampleFlag.agentTime) === 0);
  }

  /** The same, in the order of the machine's time. */
  byTime(path: string): SampleValue[] {
    return this.own(path)
      .sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0))
      .map(({ value }) => value);
  }

  /** Looked at with each durable group. */
  async until(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        unsubscribe();
        resolve();
      };
      const unsubscribe = this.journal.onDurable(() => queueMicrotask(look));
      const timer = setTimeout(() => {
        unsubscribe();
        reject(
          new Error(
            `${what}: not within ${timeoutMs} ms; ${this.rows.length} rows, gaps ${this.gaps.map(({ cause }) => cause).join()}`,
          ),
        );
      }, timeoutMs);
    });
  }
}
