/** Samples as a Parquet file, for whoever takes them along. From any store: it is given pages, not tables. */
import {
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampNanosecondsValue,
  type DuckDBAppender,
} from '@duckdb/node-api';
import type { Sample } from '#domain/sample.ts';
import { valueTypeOf } from '#domain/value-type.ts';

/** Rows beyond this go to the disk beside the file. */
const MEMORY_LIMIT = '256MB';
/** Digits of the greatest UInt64. */
const INT_DIGITS = 20;

/**
 * Writes a new Parquet file (zstd) with the columns of the historian's own export: `signal`, `sourceTimestamp` (ns, UTC),
 * `value` (every number as a double; true = 1), `int` (integers beyond 2^53 exactly), `text` (strings, JSON), `bytes`, `statusCode`, `type`.
 *
 * @throws when the file cannot be written or `pages` throws; the file is then incomplete
 */
export async function writeParquetFile(pages: AsyncIterable<readonly Sample[]>, file: string): Promise<void> {
  const options = { threads: '1', memory_limit: MEMORY_LIMIT, temp_directory: `${file}.spill` };
  const instance = await DuckDBInstance.create(':memory:', options);
  const connection = await instance.connect();
  try {
    await connection.run(
      'CREATE TABLE samples("signal" VARCHAR, "sourceTimestamp" TIMESTAMP_NS, "value" DOUBLE, "int" DECIMAL(20, 0), "text" VARCHAR, "bytes" BLOB, "statusCode" UINTEGER, "type" VARCHAR)',
    );
    const appender = await connection.createAppender('samples');
    for await (const page of pages) for (const sample of page) appendSample(appender, sample);
    appender.closeSync();
    await connection.run(
      `COPY samples TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function appendSample(
  appender: DuckDBAppender,
  { signal, sourceTimestamp, value, statusCode }: Sample,
): void {
  appender.appendVarchar(signal);
  appender.appendTimestampNanoseconds(new DuckDBTimestampNanosecondsValue(sourceTimestamp));
  const isNumber = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
  if (isNumber) appender.appendDouble(Number(value));
  else appender.appendNull();
  if (typeof value === 'bigint') appender.appendDecimal(new DuckDBDecimalValue(value, INT_DIGITS, 0));
  else appender.appendNull();
  const text = typeof value === 'string' ? value : textOf(value);
  if (text === undefined) appender.appendNull();
  else appender.appendVarchar(text);
  if (value instanceof Uint8Array) appender.appendBlob(value);
  else appender.appendNull();
  appender.appendUInteger(statusCode);
  appender.appendVarchar(valueTypeOf(value));
  appender.endRow();
}

const textOf = (value: Sample['value']): string | undefined =>
  value !== null && typeof value === 'object' && 'json' in value ? value.json : undefined;
