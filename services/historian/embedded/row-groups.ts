import { ValueKind } from '#domain/sample-batch.ts';
import type { ResultChunk } from './duck.ts';
import type { ColumnData } from './parquet/column-chunk.ts';
import { ROW_GROUP_ROWS } from './sealed-format.ts';

/** What {@link RowGroups} reads of sealed files, in this order. */
export const GROUP_SELECT = `signal, time_ns, kind, coalesce(value, 0) AS value, coalesce(int, 0) AS int,
  coalesce(bytes, encode(text), ''::BLOB) AS raw, status, flags::UTINYINT AS flags, epoch, seq, idx`;

/** A row group on its way into a file. */
export interface RowGroup {
  readonly rows: number;
  /** In the order of `SEALED_COLUMNS`. */
  readonly columns: readonly ColumnData[];
}

/** Gathers sorted rows of sealed files, chunk by chunk, into the row groups of a new one. */
export class RowGroups {
  #rows = 0;
  #group = emptyGroup();

  /** Answers the row group that these rows filled, if they did. */
  add(chunk: ResultChunk): RowGroup | undefined {
    const room = Math.min(chunk.rows, ROW_GROUP_ROWS - this.#rows);
    this.#copy(chunk, 0, room);
    if (this.#rows < ROW_GROUP_ROWS) return undefined;
    const full = this.take();
    this.#copy(chunk, room, chunk.rows);
    return full;
  }

  /** What was gathered since the last full group. */
  take(): RowGroup | undefined {
    const rows = this.#rows;
    if (rows === 0) return undefined;
    const group = this.#group;
    this.#rows = 0;
    this.#group = emptyGroup();
    return { rows, columns: columnsOf(group, rows) };
  }

  #copy(chunk: ResultChunk, from: number, to: number): void {
    if (to <= from) return;
    const group = this.#group;
    const at = this.#rows;
    group.signal.set(chunk.int32(0).subarray(from, to), at);
    group.timeNs.set(chunk.bigint64(1).subarray(from, to), at);
    group.kind.set(chunk.uint8(2).subarray(from, to), at);
    group.status.set(chunk.uint32(6).subarray(from, to), at);
    group.flags.set(chunk.uint8(7).subarray(from, to), at);
    group.epoch.set(chunk.int32(8).subarray(from, to), at);
    group.seq.set(chunk.bigint64(9).subarray(from, to), at);
    group.index.set(chunk.int32(10).subarray(from, to), at);
    this.#copyValues(chunk, from, to);
    this.#rows += to - from;
  }

  #copyValues(chunk: ResultChunk, from: number, to: number): void {
    const { value, int, text, bytes, kind: kinds } = this.#group;
    const doubles = chunk.float64(3);
    const ints = chunk.bigint64(4);
    for (let i = from; i < to; i += 1) {
      const row = this.#rows + i - from;
      const kind = kinds[row];
      if (kind === ValueKind.float || kind === ValueKind.bool) {
        value.present[row] = 1;
        value.values[value.count++] = doubles[i] ?? 0;
      } else if (kind === ValueKind.int || kind === ValueKind.uint64) {
        int.present[row] = 1;
        int.values[int.count++] = ints[i] ?? 0n;
      } else if (kind === ValueKind.text || kind === ValueKind.json) {
        text.present[row] = 1;
        text.values.push(chunk.bytes(5, i));
      } else if (kind === ValueKind.bytes) {
        bytes.present[row] = 1;
        bytes.values.push(chunk.bytes(5, i));
      }
    }
  }
}

type Group = ReturnType<typeof emptyGroup>;

// The type is what is returned: a dozen columns.
function emptyGroup() {
  const rows = ROW_GROUP_ROWS;
  return {
    signal: new Int32Array(rows),
    timeNs: new BigInt64Array(rows),
    kind: new Uint8Array(rows),
    value: { values: new Float64Array(rows), present: new Uint8Array(rows), count: 0 },
    int: { values: new BigInt64Array(rows), present: new Uint8Array(rows), count: 0 },
    text: { values: [] as Uint8Array[], present: new Uint8Array(rows) },
    bytes: { values: [] as Uint8Array[], present: new Uint8Array(rows) },
    status: new Uint32Array(rows),
    flags: new Uint8Array(rows),
    epoch: new Int32Array(rows),
    seq: new BigInt64Array(rows),
    index: new Int32Array(rows),
  };
}

function columnsOf(group: Group, rows: number): readonly ColumnData[] {
  const { value, int, text, bytes } = group;
  const words = (column: Float64Array | BigInt64Array, count: number): Uint32Array =>
    new Uint32Array(column.buffer as ArrayBuffer, 0, count * 2);
  const narrow = (column: ArrayLike<number>): ColumnData => ({
    values: Uint32Array.from(column).subarray(0, rows),
    count: rows,
  });
  const present = (of: { readonly present: Uint8Array }): Uint8Array => of.present.subarray(0, rows);
  return [
    narrow(group.signal),
    { values: words(group.timeNs, rows), count: rows },
    narrow(group.kind),
    { values: words(value.values, value.count), count: value.count, present: present(value) },
    { values: words(int.values, int.count), count: int.count, present: present(int) },
    { values: text.values, count: text.values.length, present: present(text) },
    { values: bytes.values, count: bytes.values.length, present: present(bytes) },
    narrow(group.status),
    narrow(group.flags),
    narrow(group.epoch),
    { values: words(group.seq, rows), count: rows },
    narrow(group.index),
  ];
}
