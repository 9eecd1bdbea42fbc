import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { ByteWriter } from '../../byte-writer.ts';
import { ColumnEncoder, type ColumnChunk, type ColumnData, type ColumnSpec } from './column-chunk.ts';
import { Encoding } from './encodings.ts';
import { i32, i64, list, struct, text, writeStruct, type Struct } from './thrift.ts';

const MAGIC = new TextEncoder().encode('PAR1');
const ZSTD_CODEC = 6;
/** Synced piece by piece: whoever else waits for this disk waits for a piece, not for the whole file. */
const SYNC_AFTER_BYTES = 512 * 1024;

export interface ParquetOptions {
  readonly columns: readonly ColumnSpec[];
  /** `key_value_metadata` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdBy: string;
}

/**
 * A Parquet file (apache/parquet-format 2.x: flat schema, data pages V1, zstd), written row group by row group. The calls
 * block: for a process of its own. A file that is there already is left alone.
 */
export class ParquetFile {
  readonly #options: ParquetOptions;
  readonly #encoders: readonly ColumnEncoder[];
  readonly #fd: number;
  readonly #rowGroups: Struct[] = [];
  #at = 0;
  #syncedTo = 0;
  #rows = 0;

  constructor(path: string, options: ParquetOptions) {
    this.#options = options;
    this.#encoders = options.columns.map((spec) => new ColumnEncoder(spec));
    this.#fd = openSync(path, 'wx');
    this.#write(MAGIC);
  }

  /** Columns in the order of the schema. */
  addRowGroup(rows: number, columns: Iterable<ColumnData>): void {
    const chunks: Struct[] = [];
    const from = this.#at;
    let bytes = 0;
    let i = 0;
    for (const data of columns) {
      const encoder = this.#encoders[i];
      if (!encoder) throw new RangeError('more columns than the schema has');
      const chunk = encoder.encode(data, rows);
      chunks.push(this.#addChunk(encoder.spec, chunk, rows));
      bytes += chunk.uncompressedBytes;
      i += 1;
    }
    if (i !== this.#encoders.length) throw new RangeError('fewer columns than the schema has');
    this.#rows += rows;
    this.#rowGroups.push({
      1: list(chunks.map(struct)),
      2: i64(bytes),
      3: i64(rows),
      5: i64(from),
      6: i64(this.#at - from),
    });
  }

  #addChunk(spec: ColumnSpec, chunk: ColumnChunk, rows: number): Struct {
    const at = this.#at;
    this.#write(chunk.bytes);
    this.#syncPiece();
    const hasDictionary = chunk.dataAt > 0;
    const encodings = [Encoding.rle, chunk.encoding, ...(hasDictionary ? [Encoding.plain] : [])];
    return {
      2: i64(at),
      3: struct({
        1: i32(spec.physical),
        2: list([...new Set(encodings)].map(i32)),
        3: list([text(spec.name)]),
        4: i32(ZSTD_CODEC),
        5: i64(rows),
        6: i64(chunk.uncompressedBytes),
        7: i64(chunk.bytes.length),
        9: i64(at + chunk.dataAt),
        11: hasDictionary ? i64(at) : undefined,
        12: chunk.statistics && struct(chunk.statistics),
      }),
    };
  }

  /** Writes the footer and syncs the file. */
  finish(): void {
    const { columns, metadata, createdBy } = this.#options;
    const out = new ByteWriter();
    const schema = [{ 4: text('samples'), 5: i32(columns.length) }, ...columns.map(schemaElement)];
    const pairs = Object.entries(metadata).map(([key, value]) => struct({ 1: text(key), 2: text(value) }));
    writeStruct(out, {
      1: i32(2),
      2: list(schema.map(struct)),
      3: i64(this.#rows),
      4: list(this.#rowGroups.map(struct)),
      5: list(pairs),
      6: text(createdBy),
    });
    out.uint(out.length, 4);
    out.write(MAGIC);
    this.#write(out.bytes);
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #syncPiece(): void {
    if (this.#at - this.#syncedTo < SYNC_AFTER_BYTES) return;
    fdatasyncSync(this.#fd);
    this.#syncedTo = this.#at;
  }

  /** A full disk may take a part without an error: what is left is tried until it says so. */
  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done, bytes.length - done);
    this.#at += bytes.length;
  }
}

const schemaElement = ({ name, physical, converted, optional }: ColumnSpec): Struct => ({
  1: i32(physical),
  3: i32(optional ? 1 : 0),
  4: text(name),
  6: converted === undefined ? undefined : i32(converted),
});
