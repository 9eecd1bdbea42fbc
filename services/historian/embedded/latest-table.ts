import { SampleFlag } from '#domain/sample.ts';
import { ValueKind } from '#domain/sample-batch.ts';
import { createColumns, type ColumnViews } from './packed-columns.ts';

/** Where a row stands in its signal's order. */
export interface RowOrigin {
  readonly epochNo: number;
  readonly sequence: number;
}

/**
 * The newest sample of each signal by (epoch number, sequence, index), backfill excluded. Slot = signal number.
 */
export class LatestTable {
  #columns = createColumns(64);
  #epochNo = new Int32Array(64);
  #sequence = new Float64Array(64);
  #index = new Int32Array(64);
  /** Signals changed since {@link takeDirty}. */
  #dirty = new Uint8Array(64);

  /** Rows `from..to` of one record; their index counts from `from`. */
  update(rows: ColumnViews, from: number, to: number, origin: RowOrigin): void {
    for (let i = from; i < to; i += 1) {
      if ((rows.flags[i] ?? 0) & SampleFlag.historical) continue;
      this.put(rows, i, origin, i - from);
    }
  }

  put(rows: ColumnViews, i: number, { epochNo, sequence }: RowOrigin, index: number): void {
    const signal = rows.signal[i] ?? 0;
    if (signal >= this.#epochNo.length) this.#grow(signal + 1);
    const knownEpoch = this.#epochNo[signal] ?? 0;
    const knownSequence = this.#sequence[signal] ?? 0;
    if (epochNo < knownEpoch) return;
    if (epochNo === knownEpoch) {
      if (sequence < knownSequence) return;
      if (sequence === knownSequence && index < (this.#index[signal] ?? 0)) return;
    }
    this.#epochNo[signal] = epochNo;
    this.#sequence[signal] = sequence;
    this.#index[signal] = index;
    this.#dirty[signal] = 1;
    this.#copyRow(rows, i, signal);
  }

  #copyRow(rows: ColumnViews, i: number, signal: number): void {
    const to = this.#columns;
    to.timeWords[2 * signal] = rows.timeWords[2 * i] ?? 0;
    to.timeWords[2 * signal + 1] = rows.timeWords[2 * i + 1] ?? 0;
    to.bitWords[2 * signal] = rows.bitWords[2 * i] ?? 0;
    to.bitWords[2 * signal + 1] = rows.bitWords[2 * i + 1] ?? 0;
    to.signal[signal] = signal;
    to.statusCode[signal] = rows.statusCode[i] ?? 0;
    to.flags[signal] = rows.flags[i] ?? 0;
    const kind = rows.kind[i] ?? 0;
    to.kind[signal] = kind;
    // Each signal has one slot of its own among the texts and the blobs.
    if (kind === ValueKind.text || kind === ValueKind.json) {
      to.texts[signal] = rows.texts[rows.f64[i] ?? 0] ?? '';
      to.f64[signal] = signal;
    } else if (kind === ValueKind.bytes) {
      to.blobs[signal] = rows.blobs[rows.f64[i] ?? 0]?.slice() ?? new Uint8Array();
      to.f64[signal] = signal;
    }
  }

  #grow(needed: number): void {
    const size = Math.max(needed, this.#epochNo.length * 2);
    const before = this.#columns;
    const columns = createColumns(size);
    columns.timeNs.set(before.timeNs);
    columns.i64.set(before.i64);
    columns.signal.set(before.signal);
    columns.statusCode.set(before.statusCode);
    columns.kind.set(before.kind);
    columns.flags.set(before.flags);
    this.#columns = { ...columns, texts: before.texts, blobs: before.blobs };
    this.#epochNo = widened(this.#epochNo, new Int32Array(size));
    this.#sequence = widened(this.#sequence, new Float64Array(size));
    this.#index = widened(this.#index, new Int32Array(size));
    this.#dirty = widened(this.#dirty, new Uint8Array(size));
  }

  has(signal: number): boolean {
    return (this.#epochNo[signal] ?? 0) > 0;
  }

  /** Row `signal` holds the newest sample of that signal, where {@link has} says so. */
  get columns(): ColumnViews {
    return this.#columns;
  }

  originOf(signal: number): RowOrigin & { readonly index: number } {
    return {
      epochNo: this.#epochNo[signal] ?? 0,
      sequence: this.#sequence[signal] ?? 0,
      index: this.#index[signal] ?? 0,
    };
  }

  signals(): number[] {
    const signals: number[] = [];
    for (let signal = 1; signal < this.#epochNo.length; signal += 1)
      if (this.has(signal)) signals.push(signal);
    return signals;
  }

  /** Signals changed since the last call. */
  takeDirty(): number[] {
    const signals = this.signals().filter((signal) => this.#dirty[signal] === 1);
    this.#dirty.fill(0);
    return signals;
  }

  /** Puts signals back whose writing failed. */
  markDirty(signals: readonly number[]): void {
    for (const signal of signals) this.#dirty[signal] = 1;
  }
}

function widened<Column extends Int32Array | Float64Array | Uint8Array>(
  before: Column,
  after: Column,
): Column {
  after.set(before);
  return after;
}
