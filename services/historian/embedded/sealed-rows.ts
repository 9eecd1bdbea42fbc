/** The rows of a hot table as a sealed file wants them: by day, sorted, each kind of value in a column of its own. */
import { ValueKind } from '#domain/sample-batch.ts';
import { timeMsAt } from '#domain/time.ts';
import { BLOCK_ROWS, viewBlock, type HotBlock } from './hot-block.ts';
import { SPAN_STRIDE } from './hot-table.ts';
import { Physical, type ColumnData, type ColumnSpec } from './parquet/column-chunk.ts';
import { NEGATIVE_ZERO } from './sealed-format.ts';
import { rawValueAt, type PackedRawValues } from './raw-values.ts';

/** A hot table as it crosses to the sealing thread. */
export interface TableToSeal {
  readonly buffers: readonly SharedArrayBuffer[];
  readonly rows: number;
  /** {@link SPAN_STRIDE} numbers a record. */
  readonly spans: Float64Array;
  readonly raw: PackedRawValues;
}

const UTF8 = 0;
const UINT_8 = 11;
const UINT_32 = 13;

/** Columns of a sealed file. */
export const SEALED_COLUMNS: readonly ColumnSpec[] = [
  { name: 'signal', physical: Physical.int32, bounds: true },
  { name: 'time_ns', physical: Physical.int64, bounds: true },
  { name: 'kind', physical: Physical.int32, converted: UINT_8 },
  { name: 'value', physical: Physical.double, optional: true },
  { name: 'int', physical: Physical.int64, optional: true },
  { name: 'text', physical: Physical.bytes, converted: UTF8, optional: true },
  { name: 'bytes', physical: Physical.bytes, optional: true },
  { name: 'status', physical: Physical.int32, converted: UINT_32 },
  { name: 'flags', physical: Physical.int32, converted: UINT_8 },
  { name: 'epoch', physical: Physical.int32 },
  { name: 'seq', physical: Physical.int64 },
  { name: 'idx', physical: Physical.int32 },
];

const MS_PER_DAY = 86_400_000;

export class SealedRows {
  readonly #blocks: readonly HotBlock[];
  readonly #spans: Float64Array;
  readonly #raw: PackedRawValues;
  /** Place in `spans` of each row's record. */
  readonly #spanOf: Int32Array;
  /** All rows, sorted by (signal, time, epoch, sequence, index). */
  readonly #order: Int32Array;
  readonly #days: Map<number, Int32Array>;

  constructor({ buffers, rows, spans, raw }: TableToSeal) {
    this.#blocks = buffers.map(viewBlock);
    this.#spans = spans;
    this.#raw = raw;
    this.#spanOf = spansOfRows(spans, rows);
    this.#order = this.#sort(rows);
    this.#days = this.#byDay();
  }

  get days(): readonly { readonly day: number; readonly rows: number }[] {
    return [...this.#days]
      .map(([day, { length }]) => ({ day, rows: length }))
      .toSorted((a, b) => a.day - b.day);
  }

  /** By signal, which keeps the order within it; then whatever does not lie in time order there. */
  #sort(rows: number): Int32Array {
    const starts = new Int32Array(this.#largestSignal(rows) + 2);
    for (let row = 0; row < rows; row += 1) {
      const after = this.#signal(row) + 1;
      starts[after] = (starts[after] ?? 0) + 1;
    }
    for (let signal = 1; signal < starts.length; signal += 1)
      starts[signal] = (starts[signal] ?? 0) + (starts[signal - 1] ?? 0);
    const next = starts.slice();
    const order = new Int32Array(rows);
    for (let row = 0; row < rows; row += 1) {
      const signal = this.#signal(row);
      const at = next[signal] ?? 0;
      order[at] = row;
      next[signal] = at + 1;
    }
    for (let signal = 0; signal + 1 < starts.length; signal += 1)
      this.#sortSignal(order.subarray(starts[signal], starts[signal + 1]));
    return order;
  }

  #largestSignal(rows: number): number {
    let largest = 0;
    for (let row = 0; row < rows; row += 1) largest = Math.max(largest, this.#signal(row));
    return largest;
  }

  #sortSignal(rows: Int32Array): void {
    for (let i = 1; i < rows.length; i += 1)
      if (this.#compare(rows[i - 1] ?? 0, rows[i] ?? 0) > 0) {
        rows.sort((a, b) => this.#compare(a, b));
        return;
      }
  }

  /** Of one signal. */
  #compare(a: number, b: number): number {
    const wordsA = this.#block(a).timeWords;
    const wordsB = this.#block(b).timeWords;
    const i = 2 * (a % BLOCK_ROWS);
    const j = 2 * (b % BLOCK_ROWS);
    return (
      ((wordsA[i + 1] ?? 0) | 0) - ((wordsB[j + 1] ?? 0) | 0) ||
      (wordsA[i] ?? 0) - (wordsB[j] ?? 0) ||
      this.#spanNumber(a, 1) - this.#spanNumber(b, 1) ||
      this.#spanNumber(a, 2) - this.#spanNumber(b, 2) ||
      a - b
    );
  }

  #byDay(): Map<number, Int32Array> {
    const days = new Map<number, number>();
    const dayOf = (row: number): number =>
      Math.floor(timeMsAt(this.#block(row).timeWords, row % BLOCK_ROWS) / MS_PER_DAY);
    for (let i = 0; i < this.#order.length; i += 1) {
      const day = dayOf(i);
      days.set(day, (days.get(day) ?? 0) + 1);
    }
    if (days.size <= 1) return new Map([...days.keys()].map((day) => [day, this.#order]));
    return new Map([...days.keys()].map((day) => [day, this.#order.filter((row) => dayOf(row) === day)]));
  }

  #block(row: number): HotBlock {
    const block = this.#blocks[Math.floor(row / BLOCK_ROWS)];
    if (!block) throw new RangeError(`a hot table has no row ${row}`);
    return block;
  }

  #signal(row: number): number {
    return this.#block(row).signal[row % BLOCK_ROWS] ?? 0;
  }

  #spanNumber(row: number, which: number): number {
    return this.#spans[(this.#spanOf[row] ?? 0) + which] ?? 0;
  }

  /** Columns of rows `from..to` of a day, in the order of {@link SEALED_COLUMNS}; one at a time is in memory. */
  *columns(day: number, from: number, to: number): Generator<ColumnData> {
    const rows = this.#days.get(day)?.subarray(from, to) ?? new Int32Array();
    yield this.#words(rows, (row) => this.#signal(row));
    yield this.#pairs(rows, (block) => block.timeWords);
    yield this.#words(rows, (row) => this.#block(row).kind[row % BLOCK_ROWS] ?? 0);
    yield this.#numbers(rows, ValueKind.float, ValueKind.bool);
    yield this.#numbers(rows, ValueKind.int, ValueKind.uint64);
    yield this.#rawValues(rows, ValueKind.text, ValueKind.json);
    yield this.#rawValues(rows, ValueKind.bytes, ValueKind.bytes);
    yield this.#words(rows, (row) => this.#block(row).statusCode[row % BLOCK_ROWS] ?? 0);
    yield this.#words(rows, (row) => this.#flags(row));
    yield this.#words(rows, (row) => this.#spanNumber(row, 1));
    yield this.#sequences(rows);
    yield this.#words(rows, (row) => row - this.#spanNumber(row, 0));
  }

  #words(rows: Int32Array, valueOf: (row: number) => number): ColumnData {
    const count = rows.length;
    const values = new Uint32Array(count);
    for (let i = 0; i < count; i += 1) values[i] = valueOf(rows[i] ?? 0);
    return { values, count };
  }

  #pairs(rows: Int32Array, wordsOf: (block: HotBlock) => Uint32Array): ColumnData {
    const count = rows.length;
    const values = new Uint32Array(count * 2);
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] ?? 0;
      const words = wordsOf(this.#block(row));
      const at = 2 * (row % BLOCK_ROWS);
      values[2 * i] = words[at] ?? 0;
      values[2 * i + 1] = words[at + 1] ?? 0;
    }
    return { values, count };
  }

  /** Values of the rows of two kinds; -0 as 0, which {@link #flags} marks. */
  #numbers(rows: Int32Array, kind: number, otherKind: number): ColumnData {
    const present = new Uint8Array(rows.length);
    const values = new Uint32Array(rows.length * 2);
    let count = 0;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] ?? 0;
      const block = this.#block(row);
      const at = row % BLOCK_ROWS;
      const its = block.kind[at];
      if (its !== kind && its !== otherKind) continue;
      present[i] = 1;
      const high = block.bitWords[2 * at + 1] ?? 0;
      values[2 * count] = block.bitWords[2 * at] ?? 0;
      values[2 * count + 1] = isNegativeZero(block, at) ? 0 : high;
      count += 1;
    }
    return { values: values.subarray(0, count * 2), count, present };
  }

  #rawValues(rows: Int32Array, kind: number, otherKind: number): ColumnData {
    const present = new Uint8Array(rows.length);
    const values: Uint8Array[] = [];
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] ?? 0;
      const block = this.#block(row);
      const at = row % BLOCK_ROWS;
      const its = block.kind[at];
      if (its !== kind && its !== otherKind) continue;
      present[i] = 1;
      values.push(rawValueAt(this.#raw, block.bitWords[2 * at] ?? 0));
    }
    return { values, count: values.length, present };
  }

  #flags(row: number): number {
    const block = this.#block(row);
    const at = row % BLOCK_ROWS;
    const flags = block.flags[at] ?? 0;
    return isNegativeZero(block, at) ? flags | NEGATIVE_ZERO : flags;
  }

  #sequences(rows: Int32Array): ColumnData {
    const count = rows.length;
    const values = new Uint32Array(count * 2);
    for (let i = 0; i < count; i += 1) {
      const sequence = this.#spanNumber(rows[i] ?? 0, 2);
      values[2 * i] = sequence % 2 ** 32;
      values[2 * i + 1] = Math.floor(sequence / 2 ** 32);
    }
    return { values, count };
  }
}

function isNegativeZero({ kind, bitWords }: HotBlock, at: number): boolean {
  return kind[at] === ValueKind.float && bitWords[2 * at] === 0 && bitWords[2 * at + 1] === 0x80000000;
}

function spansOfRows(spans: Float64Array, rows: number): Int32Array {
  const spanOf = new Int32Array(rows);
  for (let span = 0; span < spans.length; span += SPAN_STRIDE)
    spanOf.fill(span, spans[span] ?? 0, spans[span + SPAN_STRIDE] ?? rows);
  return spanOf;
}
