import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSignalId, type SignalId } from '#domain/asset-path.ts';
import type { Sample, SampleValue } from '#domain/sample.ts';
import { VALUE_TYPES, type ValueType } from '#domain/value-type.ts';
import { StartError, messageOf } from '#platform/errors.ts';
import { typedValue } from '../transfer/imported-sample.ts';
import { Duck, type ResultChunk } from './duck.ts';
import { quoted } from './sample-reader.ts';

const COLUMNS = ['signal', 'sourceTimestamp', 'value', 'int', 'text', 'bytes', 'statusCode', 'type'] as const;
const PAGE_ROWS = 5_000;

/** Samples of a Parquet file that `export` wrote, page by page in its order. @throws StartError */
export async function* parquetSamples(file: string): AsyncGenerator<readonly Sample[]> {
  const tempDir = mkdtempSync(join(tmpdir(), 'historian-import-'));
  const duck = new Duck({ threads: 1, memoryLimitBytes: 2 ** 29, tempDir });
  try {
    await duck.start();
    const rows = await describe(duck, file);
    for (let from = 0; from < rows; from += PAGE_ROWS) yield await readPage(duck, file, from);
  } finally {
    await duck.stop();
    rmSync(tempDir, { recursive: true, force: true });
  }
}

/** Number of rows. @throws StartError when it is no file of ours */
async function describe(duck: Duck, file: string): Promise<number> {
  const names = new Set<string>();
  let rows = 0;
  try {
    await duck.read(`SELECT encode(name) FROM parquet_schema(${quoted(file)})`, (chunk) => {
      for (let i = 0; i < chunk.rows; i += 1) names.add(Buffer.from(chunk.bytes(0, i)).toString());
    });
    await duck.read(`SELECT count(*) FROM read_parquet(${quoted(file)})`, (chunk) => {
      rows = Number(chunk.bigint64(0)[0] ?? 0n);
    });
  } catch (error) {
    throw new StartError(
      'IMPORT_NO_PARQUET',
      `${file} cannot be read as Parquet: ${messageOf(error).split('\n')[0]}`,
      'the file, or --format csv',
      { cause: error },
    );
  }
  const missing = COLUMNS.filter((name) => !names.has(name));
  if (missing.length === 0) return rows;
  throw new StartError(
    'IMPORT_NO_COLUMN',
    `${file} has no column ${missing.join(', ')}: it was not written by export`,
    'write it as CSV with a line of names, and import that',
  );
}

async function readPage(duck: Duck, file: string, from: number): Promise<Sample[]> {
  const types = VALUE_TYPES.map((type, i) => `WHEN '${type}' THEN ${i}`).join(' ');
  const sql = `SELECT encode(signal), epoch_ns("sourceTimestamp")::BIGINT, (CASE type ${types} ELSE 255 END)::UTINYINT, coalesce(value, 0)::DOUBLE,
      CASE type WHEN 'integer' THEN encode(int::VARCHAR) WHEN 'bytes' THEN coalesce(bytes, ''::BLOB) ELSE coalesce(encode(text), ''::BLOB) END,
      "statusCode"::UINTEGER
    FROM read_parquet(${quoted(file)}, file_row_number = true)
    WHERE file_row_number >= ${from} AND file_row_number < ${from + PAGE_ROWS} ORDER BY file_row_number`;
  const page: Sample[] = [];
  await duck.read(sql, (chunk) => {
    for (let i = 0; i < chunk.rows; i += 1) page.push(sampleOf(chunk, i, file, from + page.length + 1));
  });
  return page;
}

function sampleOf(chunk: ResultChunk, i: number, file: string, row: number): Sample {
  const signal = Buffer.from(chunk.bytes(0, i)).toString();
  const type = VALUE_TYPES[chunk.uint8(2)[i] ?? 255];
  if (!parseSignalId(signal) || type === undefined)
    throw new StartError(
      'IMPORT_BAD_LINES',
      `row ${row} of ${file} cannot be imported: ${type === undefined ? 'its type is not known' : `"${signal}" is not the id of a signal`}`,
      'the file',
    );
  return {
    signal: signal as SignalId,
    sourceTimestamp: chunk.bigint64(1)[i] ?? 0n,
    value: valueOf(chunk, i, type),
    statusCode: chunk.uint32(5)[i] ?? 0,
    flags: 0,
  };
}

function valueOf(chunk: ResultChunk, i: number, type: ValueType): SampleValue {
  if (type === 'number') return chunk.float64(3)[i] ?? 0;
  if (type === 'bool') return chunk.float64(3)[i] === 1;
  const raw = chunk.bytes(4, i);
  return type === 'bytes' ? raw : typedValue(Buffer.from(raw).toString(), type);
}
