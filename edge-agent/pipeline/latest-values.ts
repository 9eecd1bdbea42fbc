import type { AliasTable } from '#contracts/sparkplug/record.ts';
import { decodeRecord } from '#contracts/sparkplug/record-decoder.ts';
import {
  createSampleBatch,
  growSampleBatch,
  valueAt,
  ValueKind,
  type SampleBatch,
} from '#domain/sample-batch.ts';
import { SampleFlag, type SampleValue } from '#domain/sample.ts';
import type { JournalRecord } from '../journal/journal.ts';

export interface LatestValue {
  readonly value: SampleValue;
  readonly timeNs: bigint;
  readonly statusCode: number;
  /** Of the record that holds it. */
  readonly sequence: number;
}

/** The newest durable sample of each signal, in columns by alias: for births, and to tell a repeated value. */
export class LatestValues {
  readonly #batch: SampleBatch = createSampleBatch(256);
  #sequence = new Float64Array(256);
  /** While the newest row of an alias is the agent's own word: what the machine itself said last (as far as known). */
  readonly #own = new Map<number, LatestValue | undefined>();
  /** Time of the agent's Bad mark that nothing newer has ended yet, by alias. */
  readonly #away = new Map<number, bigint>();
  readonly #scratch = createSampleBatch(1024);

  /** Takes a durable record's samples. `aliases` must have the alias itself as `signal`. */
  apply(record: JournalRecord, aliases: AliasTable): void {
    if (record.kind !== 'samples') return;
    const scratch = this.#scratch;
    scratch.count = 0;
    scratch.texts.length = 0;
    scratch.blobs.length = 0;
    decodeRecord(record.metrics, aliases, scratch);
    for (let i = 0; i < scratch.count; i += 1) {
      const alias = scratch.signal[i] ?? 0;
      if (alias >= this.#sequence.length) this.#grow(alias);
      const flags = scratch.flags[i] ?? 0;
      const isBackfill = (flags & SampleFlag.historical) !== 0;
      if (isBackfill && (this.#sequence[alias] ?? 0) > 0) {
        this.#backfilled(alias, i, record.sequence);
        continue;
      }
      const isAgents = (flags & SampleFlag.agentTime) !== 0;
      if (isAgents || this.#away.size > 0 || this.#own.size > 0) this.#judge(alias, i, isAgents);
      this.#take(alias, i, record.sequence);
    }
  }

  /** Keeps apart what the machine said and what the agent says of it: marks of absence, and their end. */
  #judge(alias: number, i: number, isAgents: boolean): void {
    const { kind, timeNs, statusCode } = this.#scratch;
    const time = timeNs[i] ?? 0n;
    const isMark = isAgents && kind[i] === ValueKind.null && (statusCode[i] ?? 0) >>> 30 >= 2;
    const since = this.#away.get(alias);
    if (isMark || (isAgents && since !== undefined)) {
      if (!this.#own.has(alias)) this.#own.set(alias, this.of(alias));
    } else this.#own.delete(alias);
    if (isMark) this.#away.set(alias, time);
    else if (since !== undefined && time > since) this.#away.delete(alias);
  }

  /** An older value that came late may still be the newest that the machine itself gave. */
  #backfilled(alias: number, i: number, sequence: number): void {
    if (!this.#own.has(alias)) return;
    const { timeNs, statusCode } = this.#scratch;
    const known = this.#own.get(alias);
    const time = timeNs[i] ?? 0n;
    if (known && known.timeNs > time) return;
    this.#own.set(alias, {
      value: valueAt(this.#scratch, i),
      timeNs: time,
      statusCode: statusCode[i] ?? 0,
      sequence,
    });
  }

  #take(alias: number, i: number, sequence: number): void {
    const { kind, i64, timeNs, statusCode, flags, texts, blobs, f64 } = this.#scratch;
    const to = this.#batch;
    const rowKind = kind[i] ?? 0;
    to.kind[alias] = rowKind;
    to.timeNs[alias] = timeNs[i] ?? 0n;
    to.statusCode[alias] = statusCode[i] ?? 0;
    to.flags[alias] = flags[i] ?? 0;
    this.#sequence[alias] = sequence;
    if (rowKind === ValueKind.text || rowKind === ValueKind.json) {
      to.texts[alias] = texts[f64[i] ?? -1] ?? '';
      to.f64[alias] = alias;
    } else if (rowKind === ValueKind.bytes) {
      to.blobs[alias] = blobs[f64[i] ?? -1] ?? new Uint8Array();
      to.f64[alias] = alias;
    } else to.i64[alias] = i64[i] ?? 0n;
  }

  #grow(alias: number): void {
    this.#batch.count = this.#sequence.length;
    growSampleBatch(this.#batch, Math.max(alias + 1, this.#sequence.length * 2));
    const wider = new Float64Array(this.#batch.signal.length);
    wider.set(this.#sequence);
    this.#sequence = wider;
  }

  /** `undefined` while nothing of the signal is known. */
  of(alias: number): LatestValue | undefined {
    const sequence = this.#sequence[alias] ?? 0;
    if (sequence === 0) return undefined;
    return {
      value: valueAt(this.#batch, alias),
      timeNs: this.#batch.timeNs[alias] ?? 0n,
      statusCode: this.#batch.statusCode[alias] ?? 0,
      sequence,
    };
  }

  /** The newest that the machine itself gave: the agent's marks of its absence, and their end, do not count. */
  own(alias: number): LatestValue | undefined {
    return this.#own.has(alias) ? this.#own.get(alias) : this.of(alias);
  }

  /** Time of the mark of absence that still holds: nothing later has come of the signal. */
  awaySince(alias: number): bigint | undefined {
    return this.#away.get(alias);
  }

  /** Sequences begin anew with another epoch; the values stay. */
  forgetSequences(sequence: number): void {
    for (let alias = 0; alias < this.#sequence.length; alias += 1)
      if ((this.#sequence[alias] ?? 0) > 0) this.#sequence[alias] = sequence;
  }
}
