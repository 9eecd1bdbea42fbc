/** Samples as a Parquet file, for whoever takes them along. From any store: it is given pages, not tables. */
import { DuckDBInstance, DuckDBTimestampNanosecondsValue, type DuckDBAppender } from '@duckdb/node-api';
import type { Sample } from '#domain/sample.ts';

/** Rows beyond this go to the disk beside the file. */
const MEMORY_LIMIT = '256MB';

/**
 * Writes a new Parquet file (zstd) with the columns `signal`, `sourceTimestamp` (ns, UTC), `value` (numbers; true = 1),
 * `text` (what is no number, and integers beyond 2^53 exactly) and `statusCode`.
 *
 * @throws when the file cannot be written or `pages` throws; the file is then incomplete
 */
export async function writeParquetFile(pages: AsyncIterable<readonly Sample[]>, file: string): Promise<void> {
  const options = { threads: '1', memory_limit: MEMORY_LIMIT, temp_directory: `${file}.spill` };
  const instance = await DuckDBInstance.create(':memory:', options);
  const connection = await instance.connect();
  try {
    await connection.run(
      'CREATE TABLE samples("signal" VARCHAR, "sourceTimestamp" TIMESTAMP_NS, "value" DOUBLE, "text" VARCHAR, "statusCode" UINTEGER)',
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
  const number = typeof value === 'boolean' ? Number(value) : value;
  const isSafe = typeof number === 'number' || (typeof number === 'bigint' && isSafeInteger(number));
  const text = isSafe || value === null ? undefined : textOf(value);
  appender.appendVarchar(signal);
  appender.appendTimestampNanoseconds(new DuckDBTimestampNanosecondsValue(sourceTimestamp));
  if (isSafe) appender.appendDouble(Number(number));
  else appender.appendNull();
  if (text === undefined) appender.appendNull();
  else appender.appendVarchar(text);
  appender.appendUInteger(statusCode);
  appender.endRow();
}

const isSafeInteger = (value: bigint): boolean =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);

function textOf(value: NonNullable<Sample['value']>): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'object' ? value.json : String(value);
}
