import { ValueKind } from '#domain/sample-batch.ts';
import { CHUNK_ROWS, createHotChunk, type Duck, type HotAppender, type HotChunk } from './duck.ts';
import type { StoredSpan } from './delivery-log.ts';
import type { ColumnViews } from './packed-columns.ts';

/** A table of samples that are in the log and not sealed yet. */
export interface HotTable {
  readonly name: string;
  readonly appender: HotAppender;
  rows: number;
  /** Newest log row whose samples are in here. */
  lastLogId: number;
  /** Queries that read it now; the table is dropped when it is sealed and nobody reads. */
  readers: number;
  sealed: boolean;
}

const encoder = new TextEncoder();

/** Samples in memory, as DuckDB tables: one that grows, and those that are being sealed. */
export class HotStore {
  readonly #duck: Duck;
  readonly #chunk: HotChunk = createHotChunk();
  #filled = 0;
  #nextNo = 1;
  #active: HotTable | undefined;
  readonly #frozen: HotTable[] = [];

  constructor(duck: Duck) {
    this.#duck = duck;
  }

  async start(): Promise<void> {
    this.#active = await this.#create();
  }

  stop(): void {
    this.#active?.appender.close();
    this.#active = undefined;
  }

  async #create(): Promise<HotTable> {
    const name = `hot_${this.#nextNo}`;
    this.#nextNo += 1;
    const appender = await this.#duck.createHotTable(name);
    return { name, appender, rows: 0, lastLogId: 0, readers: 0, sealed: false };
  }

  get active(): HotTable {
    if (!this.#active) throw new Error('the hot store is not started');
    return this.#active;
  }

  get rows(): number {
    return this.tables().reduce((sum, table) => sum + table.rows, 0);
  }

  /** Tables with rows, the oldest first. */
  tables(): HotTable[] {
    return [...this.#frozen, this.active].filter(({ rows }) => rows > 0);
  }

  /** Adds the spans; they are visible to queries when this returns. */
  append(columns: ColumnViews, spans: readonly StoredSpan[], lastLogId: number): void {
    for (const span of spans) this.add(columns, span);
    this.flush(lastLogId);
  }

  /** Makes what was added visible. */
  flush(lastLogId: number): void {
    this.#push();
    this.active.appender.flush();
    this.active.lastLogId = lastLogId;
  }

  /** Adds one span without making it visible. */
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
    this.active.appender.append(this.#chunk, this.#filled);
    this.active.rows += this.#filled;
    this.#filled = 0;
    this.#chunk.raw.clear();
  }

  /** Takes the growing table out of the way; the next one is in place when the promise resolves. */
  async freeze(): Promise<HotTable> {
    const next = await this.#create();
    const table = this.active;
    table.appender.close();
    next.lastLogId = table.lastLogId;
    this.#frozen.push(table);
    this.#active = next;
    return table;
  }

  /** The table's rows are in sealed files now. */
  release(table: HotTable): void {
    table.sealed = true;
    this.#frozen.splice(this.#frozen.indexOf(table), 1);
    this.#dropUnread(table);
  }

  acquire(): HotTable[] {
    const tables = this.tables();
    for (const table of tables) table.readers += 1;
    return tables;
  }

  done(tables: readonly HotTable[]): void {
    for (const table of tables) {
      table.readers -= 1;
      this.#dropUnread(table);
    }
  }

  #dropUnread(table: HotTable): void {
    if (table.sealed && table.readers === 0) void this.#duck.run(`DROP TABLE IF EXISTS ${table.name}`);
  }
}
