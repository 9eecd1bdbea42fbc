import { ValueKind } from '#domain/sample-batch.ts';
import type { StoredSpan } from './delivery-log.ts';
import { BLOCK_ROWS, type BlockPool, type HotBlock } from './hot-block.ts';
import type { ColumnViews } from './packed-columns.ts';
import { RawValues } from './raw-values.ts';

/** Numbers of one span in {@link HotTable.spans}: its first row, epoch number, sequence. */
export const SPAN_STRIDE = 3;

/** Samples that are in the log and not sealed yet, in the order they were stored; chained by signal. */
export class HotTable {
  readonly blocks: HotBlock[] = [];
  readonly raw = new RawValues();
  /** Newest log row whose samples are in here. */
  lastLogId = 0;
  rows = 0;
  readonly #pool: BlockPool;
  #spans = new Float64Array(256 * SPAN_STRIDE);
  #spanCount = 0;
  /** Newest row of each signal, -1 = none. */
  #heads = new Int32Array(1024).fill(-1);

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** Records of the table, in the order of their rows. */
  get spans(): Float64Array {
    return this.#spans.subarray(0, this.#spanCount * SPAN_STRIDE);
  }

  add(columns: ColumnViews, { epochNo, sequence, from, to }: StoredSpan): void {
    if (to <= from) return;
    this.#addSpan(epochNo, sequence);
    for (let at = from; at < to;) {
      const row = this.rows % BLOCK_ROWS;
      if (row === 0 && this.blocks.length * BLOCK_ROWS === this.rows) this.blocks.push(this.#pool.take());
      const end = Math.min(to, at + BLOCK_ROWS - row);
      const block = this.blocks.at(-1);
      if (block) this.#copy(block, row, { columns, from: at, to: end });
      this.rows += end - at;
      at = end;
    }
  }

  #addSpan(epochNo: number, sequence: number): void {
    const at = this.#spanCount * SPAN_STRIDE;
    if (at === this.#spans.length) {
      const wider = new Float64Array(at * 2);
      wider.set(this.#spans);
      this.#spans = wider;
    }
    this.#spans[at] = this.rows;
    this.#spans[at + 1] = epochNo;
    this.#spans[at + 2] = sequence;
    this.#spanCount += 1;
  }

  #copy(block: HotBlock, row: number, part: { columns: ColumnViews; from: number; to: number }): void {
    const { columns, from, to } = part;
    block.timeNs.set(columns.timeNs.subarray(from, to), row);
    block.i64.set(columns.i64.subarray(from, to), row);
    block.signal.set(columns.signal.subarray(from, to), row);
    block.statusCode.set(columns.statusCode.subarray(from, to), row);
    block.kind.set(columns.kind.subarray(from, to), row);
    block.flags.set(columns.flags.subarray(from, to), row);
    this.#chain(block, row, to - from);
    if (columns.texts.length > 0 || columns.blobs.length > 0) this.#copyRaw(block, row, part);
  }

  #chain({ signal: signals, before }: HotBlock, from: number, count: number): void {
    for (let i = from; i < from + count; i += 1) {
      const signal = signals[i] ?? 0;
      if (signal >= this.#heads.length) this.#growHeads(signal);
      before[i] = this.#heads[signal] ?? -1;
      this.#heads[signal] = this.rows + i - from;
    }
  }

  #growHeads(signal: number): void {
    const wider = new Int32Array(Math.max(this.#heads.length * 2, signal + 1)).fill(-1);
    wider.set(this.#heads);
    this.#heads = wider;
  }

  #copyRaw(block: HotBlock, row: number, part: { columns: ColumnViews; from: number; to: number }): void {
    const { columns, from, to } = part;
    for (let i = from; i < to; i += 1) {
      const kind = columns.kind[i];
      const isText = kind === ValueKind.text || kind === ValueKind.json;
      if (!isText && kind !== ValueKind.bytes) continue;
      const index = columns.f64[i] ?? 0;
      const place = isText
        ? this.raw.addText(columns.texts[index] ?? '')
        : this.raw.addBytes(columns.blobs[index] ?? new Uint8Array());
      block.bitWords[2 * (row + i - from)] = place;
      block.bitWords[2 * (row + i - from) + 1] = 0;
    }
  }

  /** Newest row of `signal`, -1 = none; {@link HotBlock.before} leads on. */
  head(signal: number): number {
    return this.#heads[signal] ?? -1;
  }

  blockOf(row: number): HotBlock {
    const block = this.blocks[Math.floor(row / BLOCK_ROWS)];
    if (!block) throw new RangeError(`a hot table has no row ${row}`);
    return block;
  }

  /** Gives the memory back: nobody may read the table after this. */
  release(): void {
    this.#pool.giveBack(this.blocks.splice(0));
    this.rows = 0;
  }
}
