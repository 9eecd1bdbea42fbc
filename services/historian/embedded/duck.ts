/** The query engine: DuckDB in memory, its chunks as typed arrays. The only file here that knows its API. */
import { mkdirSync } from 'node:fs';
import {
  BIGINT,
  BLOB,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  INTEGER,
  UINTEGER,
  UTINYINT,
  DuckDBBigIntVector,
  DuckDBBlobVector,
  DuckDBDoubleVector,
  DuckDBIntegerVector,
  DuckDBUIntegerVector,
  DuckDBUTinyIntVector,
  blobValue,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBVector,
} from '@duckdb/node-api';

/** Columns of a hot table. `value` and `int` hold the same 8 bytes; `kind` tells which is meant; `raw` = UTF-8 or bytes. */
export const HOT_COLUMNS = [
  ['signal', 'INTEGER'],
  ['time_ns', 'BIGINT'],
  ['kind', 'UTINYINT'],
  ['value', 'DOUBLE'],
  ['int', 'BIGINT'],
  ['raw', 'BLOB'],
  ['status', 'UINTEGER'],
  ['flags', 'UTINYINT'],
  ['epoch', 'INTEGER'],
  ['seq', 'BIGINT'],
  ['idx', 'INTEGER'],
] as const;

const HOT_TYPES = [
  INTEGER,
  BIGINT,
  UTINYINT,
  DOUBLE,
  BIGINT,
  BLOB,
  UINTEGER,
  UTINYINT,
  INTEGER,
  BIGINT,
  INTEGER,
];

/** Rows of one DuckDB chunk. */
export const CHUNK_ROWS = 2048;

/** Rows on their way into a hot table. */
export interface HotChunk {
  readonly signal: Int32Array;
  readonly timeNs: BigInt64Array;
  readonly kind: Uint8Array;
  readonly i64: BigInt64Array;
  readonly f64: Float64Array;
  readonly statusCode: Uint32Array;
  readonly flags: Uint8Array;
  readonly epochNo: Int32Array;
  readonly sequence: BigInt64Array;
  readonly index: Int32Array;
  /** By row; absent where the value is a number. */
  readonly raw: Map<number, Uint8Array>;
}

export function createHotChunk(): HotChunk {
  const bits = new ArrayBuffer(CHUNK_ROWS * 8);
  return {
    signal: new Int32Array(CHUNK_ROWS),
    timeNs: new BigInt64Array(CHUNK_ROWS),
    kind: new Uint8Array(CHUNK_ROWS),
    i64: new BigInt64Array(bits),
    f64: new Float64Array(bits),
    statusCode: new Uint32Array(CHUNK_ROWS),
    flags: new Uint8Array(CHUNK_ROWS),
    epochNo: new Int32Array(CHUNK_ROWS),
    sequence: new BigInt64Array(CHUNK_ROWS),
    index: new Int32Array(CHUNK_ROWS),
    raw: new Map(),
  };
}

type Items = Int32Array | BigInt64Array | Uint8Array | Float64Array | Uint32Array;

/** The typed array behind a numeric vector: value by value it costs 30 times as much. */
function itemsOf(vector: DuckDBVector): Items {
  if (vector instanceof DuckDBBigIntVector) return vector['items'];
  if (vector instanceof DuckDBIntegerVector) return vector['items'];
  if (vector instanceof DuckDBDoubleVector) return vector['items'];
  if (vector instanceof DuckDBUTinyIntVector) return vector['items'];
  if (vector instanceof DuckDBUIntegerVector) return vector['items'];
  throw new TypeError(`no numeric column: ${vector.type.toString()}`);
}

/** Fills one hot table, over a connection of its own: queries never wait for it. */
export class HotAppender {
  readonly #connection: DuckDBConnection;
  readonly #appender: DuckDBAppender;

  constructor(connection: DuckDBConnection, appender: DuckDBAppender) {
    this.#connection = connection;
    this.#appender = appender;
  }

  /** The first `rows` rows of `from`. Nothing is visible before {@link flush}. */
  append(from: HotChunk, rows: number): void {
    const chunk = DuckDBDataChunk.create(HOT_TYPES, rows);
    const columns = [
      from.signal,
      from.timeNs,
      from.kind,
      from.f64,
      from.i64,
      undefined,
      from.statusCode,
      from.flags,
      from.epochNo,
      from.sequence,
      from.index,
    ];
    columns.forEach((column, i) => {
      const vector = chunk.getColumnVector(i);
      if (column) itemsOf(vector).set(column.subarray(0, rows) as never);
      else setRaw(vector, from.raw, rows);
      vector.flush();
    });
    this.#appender.appendDataChunk(chunk);
  }

  flush(): void {
    this.#appender.flushSync();
  }

  close(): void {
    this.#appender.closeSync();
    this.#connection.closeSync();
  }
}

/** Null but for the rows of `raw`. A vector left unwritten holds garbage pointers and crashes the process. */
function setRaw(vector: DuckDBVector, raw: ReadonlyMap<number, Uint8Array>, rows: number): void {
  if (!(vector instanceof DuckDBBlobVector)) throw new TypeError('no column of bytes');
  vector['validity']['data'] = new BigUint64Array(Math.ceil(rows / 64));
  for (const [row, bytes] of raw) vector.setItem(row, blobValue(bytes));
}

/** One chunk of a result. Valid until the next one is fetched. */
export class ResultChunk {
  readonly #chunk: DuckDBDataChunk;
  readonly rows: number;

  constructor(chunk: DuckDBDataChunk) {
    this.#chunk = chunk;
    this.rows = chunk.rowCount;
  }

  int32(column: number): Int32Array {
    return itemsOf(this.#chunk.getColumnVector(column)) as Int32Array;
  }
  bigint64(column: number): BigInt64Array {
    return itemsOf(this.#chunk.getColumnVector(column)) as BigInt64Array;
  }
  uint8(column: number): Uint8Array {
    return itemsOf(this.#chunk.getColumnVector(column)) as Uint8Array;
  }
  uint32(column: number): Uint32Array {
    return itemsOf(this.#chunk.getColumnVector(column)) as Uint32Array;
  }
  float64(column: number): Float64Array {
    return itemsOf(this.#chunk.getColumnVector(column)) as Float64Array;
  }
  /** A copy of the bytes. */
  bytes(column: number, row: number): Uint8Array {
    const vector = this.#chunk.getColumnVector(column);
    if (!(vector instanceof DuckDBBlobVector)) throw new TypeError('no column of bytes');
    return vector.getItemBytes(row)?.slice() ?? new Uint8Array();
  }
}

export interface DuckOptions {
  readonly threads: number;
  readonly memoryLimitBytes: number;
  readonly tempDir: string;
}

/** One in-memory database with a few connections: a query takes one for its time. */
export class Duck {
  readonly #options: DuckOptions;
  #instance: DuckDBInstance | undefined;
  readonly #running = new Set<Promise<unknown>>();
  readonly #idle: DuckDBConnection[] = [];
  readonly #waiting: ((connection: DuckDBConnection) => void)[] = [];

  constructor(options: DuckOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { threads, memoryLimitBytes, tempDir } = this.#options;
    mkdirSync(tempDir, { recursive: true });
    this.#instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: `${Math.floor(memoryLimitBytes / 2 ** 20)}MiB`,
      temp_directory: tempDir,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    for (let i = 0; i < 4; i += 1) this.#idle.push(await this.#instance.connect());
    // An option of the Parquet part, which is loaded only now.
    await this.run('SET GLOBAL parquet_metadata_cache = true');
  }

  /** Waits for the queries under way: closing beneath one of them would end the process. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#running);
    for (const connection of this.#idle.splice(0)) connection.closeSync();
    this.#instance?.closeSync();
    this.#instance = undefined;
  }

  #use<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    const running = this.#useConnection(work).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  async #useConnection<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    const connection =
      this.#idle.pop() ?? (await new Promise<DuckDBConnection>((ok) => this.#waiting.push(ok)));
    try {
      return await work(connection);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(connection);
      else this.#idle.push(connection);
    }
  }

  async run(sql: string): Promise<void> {
    await this.#use(async (connection) => {
      await connection.run(sql);
    });
  }

  /** Streams a result; `onChunk` sees its rows in the query's order, and the next ones when it is done with them. */
  async read(sql: string, onChunk: (chunk: ResultChunk) => void | Promise<void>): Promise<void> {
    await this.#use(async (connection) => {
      const result = await connection.stream(sql);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (!chunk || chunk.rowCount === 0) return;
        await onChunk(new ResultChunk(chunk));
      }
    });
  }

  async createHotTable(name: string): Promise<HotAppender> {
    if (!this.#instance) throw new Error('the query engine is not started');
    const connection = await this.#instance.connect();
    await connection.run(
      `CREATE TABLE ${name} (${HOT_COLUMNS.map((column) => column.join(' ')).join(', ')})`,
    );
    return new HotAppender(connection, await connection.createAppender(name));
  }
}
