/** What queries see of the hot tables: a copy of the rows they ask for, in the signals' order. */
import { ValueKind } from '#domain/sample-batch.ts';
import type { SignalNo, TimeRange } from '#domain/sample-store.ts';
import { BLOCK_ROWS } from './hot-block.ts';
import { SPAN_STRIDE, type HotTable } from './hot-table.ts';
import { createColumns, type ColumnViews } from './packed-columns.ts';

/** Rows sorted by (signal, time, epoch, sequence, index). */
export interface HotRows {
  readonly columns: ColumnViews & { readonly buffer: ArrayBuffer };
  readonly epochNo: Int32Array;
  readonly sequence: Float64Array;
  readonly index: Int32Array;
}

/** A row, by its table's place among `tables` and its row there. */
interface Found {
  readonly table: Uint8Array;
  readonly row: Int32Array;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Compares times by their words, the upper one signed. */
const isBefore = (aHigh: number, aLow: number, bHigh: number, bLow: number): boolean =>
  aHigh < bHigh || (aHigh === bHigh && aLow < bLow);

class Bounds {
  readonly #fromHigh: number;
  readonly #fromLow: number;
  readonly #lastHigh: number;
  readonly #lastLow: number;
  readonly isEmpty: boolean;

  constructor({ from, to }: TimeRange) {
    const first = from < INT64_MIN ? INT64_MIN : from;
    const last = to > INT64_MAX ? INT64_MAX : to - 1n;
    this.isEmpty = first > last;
    this.#fromHigh = Number(first >> 32n);
    this.#fromLow = Number(first & 0xffffffffn);
    this.#lastHigh = Number(last >> 32n);
    this.#lastLow = Number(last & 0xffffffffn);
  }

  has(words: Uint32Array, i: number): boolean {
    const high = (words[2 * i + 1] ?? 0) | 0;
    const low = words[2 * i] ?? 0;
    return (
      !isBefore(high, low, this.#fromHigh, this.#fromLow) &&
      !isBefore(this.#lastHigh, this.#lastLow, high, low)
    );
  }
}

/** Calls `onRow` for each row of `signal` in `table` within the bounds, the last stored one first. */
function walk(table: HotTable, signal: SignalNo, bounds: Bounds, onRow: (row: number) => void): void {
  for (let row = table.head(signal); row >= 0;) {
    const block = table.blockOf(row);
    const i = row % BLOCK_ROWS;
    if (bounds.has(block.timeWords, i)) onRow(row);
    row = block.before[i] ?? -1;
  }
}

export function countHot(tables: readonly HotTable[], signal: SignalNo, range: TimeRange): number {
  const bounds = new Bounds(range);
  let count = 0;
  for (const table of tables) walk(table, signal, bounds, () => (count += 1));
  return count;
}

export function selectHot(
  tables: readonly HotTable[],
  signals: readonly SignalNo[],
  range: TimeRange,
): HotRows {
  const bounds = new Bounds(range);
  const found: number[] = [];
  const ends: number[] = [];
  for (const signal of bounds.isEmpty ? [] : new Set(signals.toSorted((a, b) => a - b))) {
    const from = found.length;
    // Pairs (table, row), the newest first; turned round below.
    for (let t = tables.length - 1; t >= 0; t -= 1) {
      const table = tables[t];
      if (table) walk(table, signal, bounds, (row) => found.push(t, row));
    }
    if (found.length > from) ends.push(found.length);
  }
  return copyRows(tables, turned(found, ends));
}

/** Each signal's pairs in the order they were stored. */
function turned(found: readonly number[], ends: readonly number[]): Found {
  const table = new Uint8Array(found.length / 2);
  const row = new Int32Array(found.length / 2);
  let from = 0;
  let at = 0;
  for (const end of ends) {
    for (let i = end - 2; i >= from; i -= 2, at += 1) {
      table[at] = found[i] ?? 0;
      row[at] = found[i + 1] ?? 0;
    }
    from = end;
  }
  return { table, row };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function copyRows(tables: readonly HotTable[], found: Found): HotRows {
  const count = found.row.length;
  const rows: HotRows = {
    columns: createColumns(count),
    epochNo: new Int32Array(count),
    sequence: new Float64Array(count),
    index: new Int32Array(count),
  };
  let sorted = true;
  for (let i = 0; i < count; i += 1) {
    const table = tables[found.table[i] ?? 0];
    if (table) copyRow(rows, i, { table, row: found.row[i] ?? 0 });
    if (i > 0 && sorted) sorted = compareHot(rows, i - 1, i) <= 0;
  }
  return sorted ? rows : sortedRows(rows);
}

function copyRow(to: HotRows, i: number, { table, row }: { table: HotTable; row: number }): void {
  const block = table.blockOf(row);
  const at = row % BLOCK_ROWS;
  const { columns } = to;
  columns.timeWords[2 * i] = block.timeWords[2 * at] ?? 0;
  columns.timeWords[2 * i + 1] = block.timeWords[2 * at + 1] ?? 0;
  columns.signal[i] = block.signal[at] ?? 0;
  columns.statusCode[i] = block.statusCode[at] ?? 0;
  columns.flags[i] = block.flags[at] ?? 0;
  const kind = block.kind[at] ?? 0;
  columns.kind[i] = kind;
  const low = block.bitWords[2 * at] ?? 0;
  if (kind === ValueKind.text || kind === ValueKind.json)
    columns.f64[i] = columns.texts.push(decoder.decode(table.raw.at(low))) - 1;
  else if (kind === ValueKind.bytes) columns.f64[i] = columns.blobs.push(table.raw.at(low).slice()) - 1;
  else if (kind !== ValueKind.null) {
    columns.bitWords[2 * i] = low;
    columns.bitWords[2 * i + 1] = block.bitWords[2 * at + 1] ?? 0;
  }
  const span = spanOf(table.spans, row);
  to.epochNo[i] = table.spans[span + 1] ?? 0;
  to.sequence[i] = table.spans[span + 2] ?? 0;
  to.index[i] = row - (table.spans[span] ?? 0);
}

/** Place of the span that row `row` belongs to. */
function spanOf(spans: Float64Array, row: number): number {
  let low = 0;
  let high = spans.length / SPAN_STRIDE;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((spans[middle * SPAN_STRIDE] ?? 0) <= row) low = middle;
    else high = middle;
  }
  return low * SPAN_STRIDE;
}

function compareHot({ columns, epochNo, sequence, index }: HotRows, a: number, b: number): number {
  const { signal, timeWords } = columns;
  return (
    (signal[a] ?? 0) - (signal[b] ?? 0) ||
    ((timeWords[2 * a + 1] ?? 0) | 0) - ((timeWords[2 * b + 1] ?? 0) | 0) ||
    (timeWords[2 * a] ?? 0) - (timeWords[2 * b] ?? 0) ||
    (epochNo[a] ?? 0) - (epochNo[b] ?? 0) ||
    (sequence[a] ?? 0) - (sequence[b] ?? 0) ||
    (index[a] ?? 0) - (index[b] ?? 0)
  );
}

function sortedRows(rows: HotRows): HotRows {
  const count = rows.index.length;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => compareHot(rows, a, b));
  const { columns: from } = rows;
  const columns = { ...createColumns(count), texts: from.texts, blobs: from.blobs };
  order.forEach((row, i) => {
    columns.timeNs[i] = from.timeNs[row] ?? 0n;
    columns.i64[i] = from.i64[row] ?? 0n;
    columns.signal[i] = from.signal[row] ?? 0;
    columns.statusCode[i] = from.statusCode[row] ?? 0;
    columns.kind[i] = from.kind[row] ?? 0;
    columns.flags[i] = from.flags[row] ?? 0;
  });
  return {
    columns,
    epochNo: Int32Array.from(order, (row) => rows.epochNo[row] ?? 0),
    sequence: Float64Array.from(order, (row) => rows.sequence[row] ?? 0),
    index: Int32Array.from(order, (row) => rows.index[row] ?? 0),
  };
}
