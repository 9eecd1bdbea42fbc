import { ValueKind } from '#domain/sample-batch.ts';
import { CHUNK_ROWS, createHotChunk, type Duck, type HotAppender, type HotChunk } from './duck.ts';
import type { StoredSpan } from './delivery-log.ts';
import type { ColumnViews } from './packed-columns.ts';

const TABLE = 'log_samples';

const encoder = new TextEncoder();

/** Puts samples of the log into a DuckDB table, for an export that joins them with sealed files. */
export class DuckLoader {
  readonly #chunk: HotChunk = createHotChunk();
  readonly #appender: HotAppender;
  #filled = 0;
  #rows = 0;

  private constructor(appender: HotAppender) {
    this.#appender = appender;
  }

  static async create(duck: Duck): Promise<DuckLoader> {
    return new DuckLoader(await duck.createHotTable(TABLE));
  }

  add(columns: ColumnViews, span: StoredSpan): void {
    for (let from = span.from; from < span.to;) {
      const to = Math.min(span.to, from + CHUNK_ROWS - this.#filled);
      this.#copy(columns, span, from, to);
      from = to;
      if (this.#filled === CHUNK_ROWS) this.#push();
    }
  }

  #copy(columns: ColumnViews, span: StoredSpan, from: number, to: number): void {
    const chunk = this.#chunk;
    const at = this.#filled;
    const end = at + to - from;
    chunk.signal.set(columns.signal.subarray(from, to), at);
    chunk.timeNs.set(columns.timeNs.subarray(from, to), at);
    chunk.kind.set(columns.kind.subarray(from, to), at);
    chunk.i64.set(columns.i64.subarray(from, to), at);
    chunk.statusCode.set(columns.statusCode.subarray(from, to), at);
    chunk.flags.set(columns.flags.subarray(from, to), at);
    chunk.epochNo.fill(span.epochNo, at, end);
    chunk.sequence.fill(BigInt(span.sequence), at, end);
    for (let i = from; i < to; i += 1) chunk.index[at + i - from] = i - span.from;
    if (columns.texts.length > 0 || columns.blobs.length > 0) this.#copyRaw(columns, from, to);
    this.#filled = end;
  }

  #copyRaw(columns: ColumnViews, from: number, to: number): void {
    for (let i = from; i < to; i += 1) {
      const kind = columns.kind[i];
      const at = this.#filled + i - from;
      const index = columns.f64[i] ?? 0;
      if (kind === ValueKind.text || kind === ValueKind.json)
        this.#chunk.raw.set(at, encoder.encode(columns.texts[index] ?? ''));
      else if (kind === ValueKind.bytes) this.#chunk.raw.set(at, columns.blobs[index] ?? new Uint8Array());
    }
  }

  #push(): void {
    if (this.#filled === 0) return;
    this.#appender.append(this.#chunk, this.#filled);
    this.#rows += this.#filled;
    this.#filled = 0;
    this.#chunk.raw.clear();
  }

  /** Makes what was added visible; answers the names of the tables that hold it. */
  finish(): readonly string[] {
    this.#push();
    this.#appender.flush();
    this.#appender.close();
    return this.#rows === 0 ? [] : [TABLE];
  }
}
