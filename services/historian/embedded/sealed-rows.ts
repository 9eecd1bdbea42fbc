/** The rows of a hot table as a sealed file wants them: by day, sorted, each kind of value in a column of its own. */
import { ValueKind } from '#domain/sample-batch.ts';
import { timeMsAt } from '#domain/time.ts';
import { BLOCK_ROWS, viewBlock } from './hot-block.ts';
import { SPAN_STRIDE } from './hot-table.ts';
import { Physical, type ColumnData, type ColumnSpec } from './parquet/column-chunk.ts';
import { NEGATIVE_ZERO } from './sealed-format.ts';
import { rawValueAt, type PackedRawValues } from './raw-values.ts';
import type { SentBlock, SentTable } from './sealing-orders.ts';

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

/** The columns of all blocks, each in one piece: rows are picked out of them in any order. */
interface FlatColumns {
  readonly signal: Int32Array;
  readonly timeWords: Uint32Array;
  readonly bitWords: Uint32Array;
  readonly statusCode: Uint32Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  /** Number of the row's record, and its place in there. */
  readonly record: Uint32Array;
  readonly index: Uint32Array;
}

export class SealedRows {
  readonly #columns: FlatColumns;
  readonly #raw: PackedRawValues;
  /** Of each record. */
  readonly #epochNo: Uint32Array;
  readonly #sequence: Float64Array;
  readonly #days: ReadonlyMap<number, Int32Array>;

  constructor(blocks: readonly SentBlock[], table: SentTable) {
    this.#raw = table.raw;
    this.#columns = flatten(blocks, table);
    const records = table.spans.length / SPAN_STRIDE;
    this.#epochNo = Uint32Array.from({ length: records }, (_, i) => table.spans[i * SPAN_STRIDE + 1] ?? 0);
    this.#sequence = Float64Array.from({ length: records }, (_, i) => table.spans[i * SPAN_STRIDE + 2] ?? 0);
    this.#days = byDay(this.#columns.timeWords, this.#sort());
  }

  get days(): readonly { readonly day: number; readonly rows: number }[] {
    return [...this.#days]
      .map(([day, { length }]) => ({ day, rows: length }))
      .toSorted((a, b) => a.day - b.day);
  }

  /** All rows by signal, which keeps the order within it; then whatever does not lie in time order there. */
  #sort(): Int32Array {
    const { signal } = this.#columns;
    const rows = signal.length;
    let largest = 0;
    for (let row = 0; row < rows; row += 1) largest = Math.max(largest, signal[row] ?? 0);
    const starts = new Int32Array(largest + 2);
    for (let row = 0; row < rows; row += 1) {
      const after = (signal[row] ?? 0) + 1;
      starts[after] = (starts[after] ?? 0) + 1;
    }
    for (let i = 1; i < starts.length; i += 1) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0);
    const next = starts.slice();
    const order = new Int32Array(rows);
    for (let row = 0; row < rows; row += 1) {
      const its = signal[row] ?? 0;
      const at = next[its] ?? 0;
      order[at] = row;
      next[its] = at + 1;
    }
    for (let i = 0; i + 1 < starts.length; i += 1) this.#sortSignal(order.subarray(starts[i], starts[i + 1]));
    return order;
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
    const { timeWords, record } = this.#columns;
    const high = ((timeWords[2 * a + 1] ?? 0) | 0) - ((timeWords[2 * b + 1] ?? 0) | 0);
    if (high !== 0) return high;
    const low = (timeWords[2 * a] ?? 0) - (timeWords[2 * b] ?? 0);
    if (low !== 0) return low;
    const recordA = record[a] ?? 0;
    const recordB = record[b] ?? 0;
    return (
      (this.#epochNo[recordA] ?? 0) - (this.#epochNo[recordB] ?? 0) ||
      (this.#sequence[recordA] ?? 0) - (this.#sequence[recordB] ?? 0) ||
      a - b
    );
  }

  /** Columns of rows `from..to` of a day, in the order of {@link SEALED_COLUMNS}; one at a time is in memory. */
  *columns(day: number, from: number, to: number): Generator<ColumnData> {
    const rows = this.#days.get(day)?.subarray(from, to) ?? new Int32Array();
    const { signal, timeWords, kind, statusCode, record, index } = this.#columns;
    yield picked(rows, signal);
    yield pickedPairs(rows, timeWords);
    yield picked(rows, kind);
    yield this.#numbers(rows, ValueKind.float, ValueKind.bool);
    yield this.#numbers(rows, ValueKind.int, ValueKind.uint64);
    yield this.#rawValues(rows, ValueKind.text, ValueKind.json);
    yield this.#rawValues(rows, ValueKind.bytes, ValueKind.bytes);
    yield picked(rows, statusCode);
    yield this.#flags(rows);
    const records = picked(rows, record).values;
    yield picked(records, this.#epochNo);
    yield this.#sequences(records);
    yield picked(rows, index);
  }

  /** Values of the rows of two kinds; -0 as 0, which {@link #flags} marks. */
  #numbers(rows: Int32Array, kind: number, otherKind: number): ColumnData {
    const { kind: kinds, bitWords } = this.#columns;
    const present = new Uint8Array(rows.length);
    const values = new Uint32Array(rows.length * 2);
    let count = 0;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] ?? 0;
      const its = kinds[row];
      if (its !== kind && its !== otherKind) continue;
      present[i] = 1;
      values[2 * count] = bitWords[2 * row] ?? 0;
      values[2 * count + 1] = isNegativeZero(this.#columns, row) ? 0 : (bitWords[2 * row + 1] ?? 0);
      count += 1;
    }
    return { values: values.subarray(0, count * 2), count, present };
  }

  #rawValues(rows: Int32Array, kind: number, otherKind: number): ColumnData {
    const { kind: kinds, bitWords } = this.#columns;
    const present = new Uint8Array(rows.length);
    const values: Uint8Array[] = [];
    const some = this.#raw.ends.length > 0 ? rows.length : 0;
    for (let i = 0; i < some; i += 1) {
      const row = rows[i] ?? 0;
      const its = kinds[row];
      if (its !== kind && its !== otherKind) continue;
      present[i] = 1;
      values.push(rawValueAt(this.#raw, bitWords[2 * row] ?? 0));
    }
    return { values, count: values.length, present };
  }

  #flags(rows: Int32Array): ColumnData {
    const { flags } = this.#columns;
    const values = new Uint32Array(rows.length);
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] ?? 0;
      values[i] = (flags[row] ?? 0) | (isNegativeZero(this.#columns, row) ? NEGATIVE_ZERO : 0);
    }
    return { values, count: rows.length };
  }

  #sequences(records: Uint32Array): ColumnData {
    const count = records.length;
    const values = new Uint32Array(count * 2);
    for (let i = 0; i < count; i += 1) {
      const sequence = this.#sequence[records[i] ?? 0] ?? 0;
      const high = Math.floor(sequence / 2 ** 32);
      values[2 * i] = sequence - high * 2 ** 32;
      values[2 * i + 1] = high;
    }
    return { values, count };
  }
}

function flatten(blocks: readonly SentBlock[], { rows, spans }: SentTable): FlatColumns {
  const flat = {
    signal: new Int32Array(rows),
    timeWords: new Uint32Array(rows * 2),
    bitWords: new Uint32Array(rows * 2),
    statusCode: new Uint32Array(rows),
    kind: new Uint8Array(rows),
    flags: new Uint8Array(rows),
    record: new Uint32Array(rows),
    index: new Uint32Array(rows),
  };
  for (const [i, words] of blocks.entries()) {
    const block = viewBlock(words.buffer as ArrayBuffer, words.byteOffset);
    const from = i * BLOCK_ROWS;
    const count = Math.min(BLOCK_ROWS, rows - from);
    flat.signal.set(block.signal.subarray(0, count), from);
    flat.timeWords.set(block.timeWords.subarray(0, count * 2), from * 2);
    flat.bitWords.set(block.bitWords.subarray(0, count * 2), from * 2);
    flat.statusCode.set(block.statusCode.subarray(0, count), from);
    flat.kind.set(block.kind.subarray(0, count), from);
    flat.flags.set(block.flags.subarray(0, count), from);
  }
  for (let span = 0; span < spans.length; span += SPAN_STRIDE) {
    const from = spans[span] ?? 0;
    const to = spans[span + SPAN_STRIDE] ?? rows;
    flat.record.fill(span / SPAN_STRIDE, from, to);
    for (let row = from; row < to; row += 1) flat.index[row] = row - from;
  }
  return flat;
}

/** The rows of `order` by their day, each day's in the same order. */
function byDay(timeWords: Uint32Array, order: Int32Array): Map<number, Int32Array> {
  const dayOf = (row: number): number => Math.floor(timeMsAt(timeWords, row) / MS_PER_DAY);
  const days = new Map<number, number>();
  let high = 0;
  let day = 0;
  for (let row = 0; row < order.length; row += 1) {
    const its = timeWords[2 * row + 1] ?? 0;
    // The upper word lasts 4.3 s: where it stands, the day does, but for the one in which midnight falls.
    if (row === 0 || its !== high || hasMidnight(high)) {
      high = its;
      day = dayOf(row);
    }
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  if (days.size <= 1) return new Map([[day, order]]);
  return new Map([...days.keys()].map((one) => [one, order.filter((row) => dayOf(row) === one)]));
}

const HIGH_MS = 2 ** 32 / 1e6;

/** Whether a midnight falls within the 4.3 s that the upper word stands for, or near it. */
function hasMidnight(highWord: number): boolean {
  const startMs = (highWord | 0) * HIGH_MS;
  return Math.floor((startMs - 10) / MS_PER_DAY) !== Math.floor((startMs + HIGH_MS + 10) / MS_PER_DAY);
}

type Column = Int32Array | Uint32Array | Uint8Array;

function picked(rows: Int32Array | Uint32Array, column: Column): { values: Uint32Array; count: number } {
  const count = rows.length;
  const values = new Uint32Array(count);
  for (let i = 0; i < count; i += 1) values[i] = column[rows[i] ?? 0] ?? 0;
  return { values, count };
}

function pickedPairs(rows: Int32Array, words: Uint32Array): ColumnData {
  const count = rows.length;
  const values = new Uint32Array(count * 2);
  for (let i = 0; i < count; i += 1) {
    const row = rows[i] ?? 0;
    values[2 * i] = words[2 * row] ?? 0;
    values[2 * i + 1] = words[2 * row + 1] ?? 0;
  }
  return { values, count };
}

function isNegativeZero({ kind, bitWords }: FlatColumns, row: number): boolean {
  return kind[row] === ValueKind.float && bitWords[2 * row + 1] === 0x80000000 && bitWords[2 * row] === 0;
}
