/** A store looked at from beside: read-only, also while another process has it open. For the command line. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SignalId } from '#domain/asset-path.ts';
import type { DeadLetter, SignalNo, StreamAudit, TimeRange } from '#domain/sample-store.ts';
import { StartError } from '#platform/errors.ts';
import { requireStore } from './backup.ts';
import { DATABASE_FILE, assertVersion, databaseVersion, readMeta } from './database.ts';
import { DeadLetterTable } from './dead-letter-table.ts';
import { DeliveryLog } from './delivery-log.ts';
import { DuckLoader } from './duck-loader.ts';
import { Duck } from './duck.ts';
import { quoted, relation } from './sample-reader.ts';
import { SealedFiles } from './sealed-files.ts';

function openReadOnly(dir: string): DatabaseSync {
  requireStore(dir);
  const db = new DatabaseSync(join(dir, DATABASE_FILE), { readOnly: true });
  assertVersion(databaseVersion(db), dir);
  return db;
}

export interface StoreFigures {
  readonly storeId: string;
  readonly samplesInLog: number;
  readonly samplesSealed: number;
  readonly sealedFiles: number;
  readonly sealedBytes: number;
  readonly firstDay: string | undefined;
  readonly lastDay: string | undefined;
  readonly signals: number;
  readonly deadLetters: number;
  readonly streams: readonly StreamAudit[];
}

export function readFigures(dir: string): StoreFigures {
  const db = openReadOnly(dir);
  try {
    const one = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0);
    const log = new DeliveryLog(db, { deadLetters: 1 });
    log.load();
    const days = db.prepare('SELECT min(day) AS first, max(day) AS last FROM sealed_file').get();
    const name = (day: unknown): string | undefined =>
      typeof day === 'number' ? new Date(day * 86_400_000).toISOString().slice(0, 10) : undefined;
    return {
      storeId: readMeta(db, 'store-id') ?? '',
      samplesInLog: one('SELECT coalesce(sum(samples), 0) FROM log'),
      samplesSealed: one('SELECT coalesce(sum(rows), 0) FROM sealed_file'),
      sealedFiles: one('SELECT count(*) FROM sealed_file'),
      sealedBytes: one('SELECT coalesce(sum(bytes), 0) FROM sealed_file'),
      firstDay: name(days?.['first']),
      lastDay: name(days?.['last']),
      signals: one('SELECT count(*) FROM signal'),
      deadLetters: one('SELECT count(*) FROM dead_letter'),
      streams: log.streams.audit(),
    };
  } finally {
    db.close();
  }
}

/** Newest first. */
export function readDeadLetters(dir: string, limit: number): readonly DeadLetter[] {
  const db = openReadOnly(dir);
  try {
    return new DeadLetterTable(db, 1).list(limit);
  } finally {
    db.close();
  }
}

export interface ExportOrder {
  /** None: all. */
  readonly signals: readonly SignalId[];
  readonly range: TimeRange;
  readonly format: 'csv' | 'parquet';
  readonly out: string;
}

/** A `ValueType`; -0 is told by its sign, as a comparison takes it for 0. */
const TYPE = `CASE kind WHEN 0 THEN 'null' WHEN 1 THEN CASE WHEN value = 0 AND signbit(value) THEN '-0' ELSE 'number' END
  WHEN 2 THEN CASE WHEN int BETWEEN -9007199254740991 AND 9007199254740991 THEN 'number' ELSE 'integer' END
  WHEN 3 THEN CASE WHEN int BETWEEN 0 AND 9007199254740991 THEN 'number' ELSE 'integer' END
  WHEN 4 THEN 'bool' WHEN 5 THEN 'text' WHEN 6 THEN 'bytes' ELSE 'json' END`;

/**
 * `value` as text, the shortest that reads back to the same double; 64-bit integers in full; bytes as base64.
 * DuckDB 1.5.6 puts what follows `%n` of strftime in the wrong place [measured]: the digits are printed apart.
 */
const CSV_SELECT = `name AS signal, strftime(make_timestamp_ns(time_ns), '%Y-%m-%dT%H:%M:%S')
    || printf('.%09dZ', (time_ns % 1000000000 + 1000000000) % 1000000000) AS "sourceTimestamp",
  CASE kind WHEN 1 THEN value::VARCHAR WHEN 2 THEN int::VARCHAR
    WHEN 3 THEN (CASE WHEN int < 0 THEN int::HUGEINT + 18446744073709551616 ELSE int::HUGEINT END)::VARCHAR
    WHEN 4 THEN (value = 1)::VARCHAR WHEN 5 THEN decode(raw) WHEN 6 THEN base64(raw) WHEN 7 THEN decode(raw)
  END AS value, status AS "statusCode", ${TYPE} AS type`;

const PARQUET_SELECT = `name AS signal, make_timestamp_ns(time_ns) AS "sourceTimestamp",
  CASE WHEN kind IN (1, 4) THEN value WHEN kind = 2 THEN int::DOUBLE WHEN kind = 3 THEN
    (CASE WHEN int < 0 THEN int::HUGEINT + 18446744073709551616 ELSE int::HUGEINT END)::DOUBLE END AS value,
  CASE kind WHEN 2 THEN int::HUGEINT WHEN 3 THEN CASE WHEN int < 0 THEN int::HUGEINT + 18446744073709551616
    ELSE int::HUGEINT END END::DECIMAL(20, 0) AS int,
  CASE WHEN kind IN (5, 7) THEN decode(raw) END AS text, CASE WHEN kind = 6 THEN raw END AS bytes, status AS "statusCode", ${TYPE} AS type`;

/** Writes samples to a file, sorted by signal and time; answers their number. @throws StartError */
export async function exportSamples(dir: string, order: ExportOrder): Promise<number> {
  const db = openReadOnly(dir);
  const temp = mkdtempSync(join(tmpdir(), 'historian-export-'));
  const duck = new Duck({ threads: 2, memoryLimitBytes: 2 ** 30, tempDir: temp });
  try {
    await duck.start();
    // One read transaction: the log and the register of sealed files belong together.
    db.exec('BEGIN');
    const names = order.signals.length === 0 ? allSignals(db) : numbersOf(db, order.signals);
    const loader = await DuckLoader.create(duck);
    for (const { span, columns } of new DeliveryLog(db, { deadLetters: 1 }).replay())
      loader.add(columns, span);
    const sealed = new SealedFiles(db, dir);
    sealed.read();
    const sources = {
      tables: loader.finish(),
      files: sealed.acquire([...names.keys()], order.range).map((file) => sealed.pathOf(file)),
    };
    return await copy(duck, relation(sources, [...names.keys()], order.range), names, order);
  } finally {
    await duck.stop();
    db.close();
    rmSync(temp, { recursive: true, force: true });
  }
}

const allSignals = (db: DatabaseSync): Map<SignalNo, SignalId> =>
  new Map(
    db
      .prepare('SELECT signal_no AS no, id FROM signal ORDER BY id')
      .all()
      .map(({ no, id }) => [Number(no), String(id) as SignalId]),
  );

function numbersOf(db: DatabaseSync, signals: readonly SignalId[]): Map<SignalNo, SignalId> {
  const find = db.prepare('SELECT signal_no AS no FROM signal WHERE id = ?');
  return new Map(
    signals.map((id) => {
      const row = find.get(id);
      if (!row)
        throw new StartError(
          'UNKNOWN_SIGNAL',
          `the store has no signal ${id}`,
          'ids look like brest/cnc-01/Spindle/Load',
        );
      return [Number(row['no']), id];
    }),
  );
}

async function copy(
  duck: Duck,
  rows: string | undefined,
  names: ReadonlyMap<SignalNo, SignalId>,
  order: ExportOrder,
): Promise<number> {
  const { format, out } = order;
  const list = [...names].map(([no, id]) => `(${no}, ${quoted(id)})`).join(', ');
  const from =
    rows ??
    `SELECT NULL::INTEGER AS signal, 0::BIGINT AS time_ns, 0::UTINYINT AS kind, 0::DOUBLE AS value,
    0::BIGINT AS int, ''::BLOB AS raw, 0::UINTEGER AS status, 0 AS epoch, 0 AS seq, 0 AS idx LIMIT 0`;
  const select = `SELECT ${format === 'csv' ? CSV_SELECT : PARQUET_SELECT} FROM (${from}) AS sample
    JOIN (VALUES ${list}) AS names(no, name) ON sample.signal = names.no
    ORDER BY name, time_ns, epoch, seq, idx`;
  const options =
    format === 'csv' ? 'FORMAT csv, HEADER' : 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2';
  let count = 0;
  await duck.read(`COPY (${select}) TO ${quoted(out)} (${options})`, (chunk) => {
    count = Number(chunk.bigint64(0)[0] ?? 0n);
  });
  return count;
}
