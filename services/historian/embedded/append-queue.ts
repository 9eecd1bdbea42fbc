import type { AppendOutcome, DeliveredRecord, StreamKey } from '#domain/sample-store.ts';
import { RejectedError, StoreUnavailableError } from '#platform/errors.ts';
import {
  HEAD_STRIDE,
  RecordState,
  type AppendAnswer,
  type AppendGroup,
  type AppendResult,
  type OtherRecord,
} from './delivery-log.ts';
import { bytesOfRows, copyBatch, createColumns } from './packed-columns.ts';

/** Samples of one transaction, beyond which the next one begins. */
const GROUP_ROWS = 65_536;
/** Groups up to this size take memory of their own size: at a low rate nothing is kept. */
const SMALL_ROWS = 4_096;
/** Groups on their way at once: one being written, one ready for the worker. */
const IN_FLIGHT = 2;
/** Samples waiting, beyond which `append` is refused. */
const WAITING_ROWS = 4_000_000;

interface Call {
  readonly records: readonly DeliveredRecord[];
  readonly rows: number;
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export interface AppendQueuePorts {
  /** Stores a group in one transaction. */
  readonly send: (group: AppendGroup) => Promise<AppendAnswer>;
  /** Told of each record that was stored, in order, before its `append` resolves. */
  readonly stored: (record: DeliveredRecord, epochNo: number) => void;
  readonly catalogueStored: (record: DeliveredRecord, signalNos: readonly number[]) => void;
}

const rowsOf = (record: DeliveredRecord): number => (record.kind === 'samples' ? record.batch.count : 0);

/** Group commit: the `append` calls that wait while a transaction runs become the next one. */
export class AppendQueue {
  readonly #ports: AppendQueuePorts;
  #waiting: Call[] = [];
  #waitingRows = 0;
  #inFlight = 0;
  /** Memory that came back from the worker: as many as are on their way at once. */
  readonly #spare: ArrayBuffer[] = [];

  constructor(ports: AppendQueuePorts) {
    this.#ports = ports;
  }

  append(records: readonly DeliveredRecord[]): Promise<AppendOutcome> {
    const rows = records.reduce((sum, record) => sum + rowsOf(record), 0);
    if (this.#waitingRows + rows > WAITING_ROWS && this.#waiting.length > 0) {
      const message = `${this.#waitingRows} samples wait to be written: the disk is slower than what comes in`;
      return Promise.reject(new StoreUnavailableError('STORE_OVERLOADED', message));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, rows, resolve, reject });
      this.#waitingRows += rows;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#inFlight < IN_FLIGHT && this.#waiting.length > 0) {
      const calls = this.#take();
      this.#inFlight += 1;
      void this.#commit(calls).finally(() => {
        this.#inFlight -= 1;
        this.#pump();
      });
    }
  }

  #take(): Call[] {
    let rows = 0;
    let count = 0;
    for (const call of this.#waiting) {
      if (count > 0 && rows + call.rows > GROUP_ROWS) break;
      rows += call.rows;
      count += 1;
    }
    this.#waitingRows -= rows;
    return this.#waiting.splice(0, count);
  }

  async #commit(calls: readonly Call[]): Promise<void> {
    let result: AppendAnswer;
    try {
      result = await this.#ports.send(
        packGroup(
          calls.flatMap(({ records }) => records),
          this.#spare,
        ),
      );
    } catch (error) {
      // Who shares the transaction of a record that is refused has nothing to do with it.
      if (error instanceof RejectedError && calls.length > 1)
        for (const call of calls) await this.#commit([call]);
      else for (const call of calls) call.reject(error);
      return;
    }
    if (this.#spare.length < IN_FLIGHT) this.#spare.push(result.spare);
    this.#settle(calls, result);
  }

  #settle(calls: readonly Call[], result: AppendResult): void {
    const streams = streamIndex(calls.flatMap(({ records }) => records)).index;
    const catalogues = new Map(result.catalogues.map(({ record, signalNos }) => [record, signalNos]));
    let at = 0;
    for (const { records, resolve } of calls) {
      const forks: { stream: StreamKey; sequence: number }[] = [];
      let stored = 0;
      let samples = 0;
      let duplicates = 0;
      for (const record of records) {
        const state = result.states[at];
        if (state === RecordState.stored) {
          stored += 1;
          samples += rowsOf(record);
          const signalNos = catalogues.get(at);
          if (signalNos) this.#ports.catalogueStored(record, signalNos);
          this.#ports.stored(record, result.epochNos[streams.get(streamText(record.stream)) ?? 0] ?? 0);
        } else if (state === RecordState.fork) {
          forks.push({ stream: record.stream, sequence: record.sequence });
        } else duplicates += 1;
        at += 1;
      }
      resolve({ stored, samples, duplicates, forks });
    }
  }
}

const streamText = ({ agent, epoch }: StreamKey): string => `${agent} ${epoch}`;

function streamIndex(records: readonly DeliveredRecord[]): { keys: StreamKey[]; index: Map<string, number> } {
  const keys: StreamKey[] = [];
  const index = new Map<string, number>();
  for (const { stream } of records) {
    const text = streamText(stream);
    if (index.has(text)) continue;
    index.set(text, keys.length);
    keys.push({ agent: stream.agent, epoch: stream.epoch });
  }
  return { keys, index };
}

/** Used memory that is large enough, or `undefined` for fresh. One size fits all groups but those of one huge call. */
function memoryFor(rows: number, spare: ArrayBuffer[]): ArrayBuffer | undefined {
  const known = spare.pop();
  if (known && known.byteLength >= bytesOfRows(rows)) return known;
  return rows > SMALL_ROWS ? new ArrayBuffer(bytesOfRows(Math.max(rows, GROUP_ROWS))) : undefined;
}

function packGroup(records: readonly DeliveredRecord[], spare: ArrayBuffer[]): AppendGroup {
  const { keys, index } = streamIndex(records);
  const rows = records.reduce((sum, record) => sum + rowsOf(record), 0);
  const columns = createColumns(rows, memoryFor(rows, spare));
  const heads = new Float64Array(records.length * HEAD_STRIDE);
  const others: OtherRecord[] = [];
  let row = 0;
  records.forEach((record, i) => {
    const at = i * HEAD_STRIDE;
    heads[at] = index.get(streamText(record.stream)) ?? 0;
    heads[at + 1] = record.sequence;
    heads[at + 2] = record.checksum;
    if (record.kind === 'samples') {
      heads[at + 3] = row;
      heads[at + 4] = record.batch.count;
      copyBatch(columns, row, record.batch);
      row += record.batch.count;
    } else {
      heads[at + 3] = others.push(record) - 1;
      heads[at + 4] = -1;
    }
  });
  const { buffer, texts, blobs } = columns;
  const receivedAtNs = BigInt(Date.now()) * 1_000_000n;
  return { streams: keys, heads, columns: { rows, buffer, texts, blobs }, others, receivedAtNs };
}
