/** A copy of a store in which chosen samples are deleted, altered, doubled or moved: what the verifier has to find. */
import { renameSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import type { SampleValue } from '#domain/sample.ts';
import { createSampleBatch, setValue } from '#domain/sample-batch.ts';
import { copyBatch, createColumns } from '../../services/historian/embedded/packed-columns.ts';
import { RecordEncoder } from '../../services/historian/embedded/record-codec.ts';
import { readLogRecord, type LogRow } from './log-record.ts';

export const TAMPERINGS = ['delete', 'alter', 'double', 'move-in-time', 'move-in-order'] as const;
export type Tampering = (typeof TAMPERINGS)[number];

export interface Target {
  readonly how: Tampering;
  readonly signalNo: number;
  readonly sequence: number;
  readonly index: number;
  /** Where a sample that is moved in order goes: behind the rows of this record. */
  readonly toSequence: number;
}

const MOVED_NS = 50_000_000n;
const BEHIND = 10_000;

/** Rewrites the log's records that hold targets. Answers the targets that are not in the log. */
export function tamperWithLog(directory: string, targets: readonly Target[]): Target[] {
  const db = new DatabaseSync(path.join(directory, 'historian.sqlite'));
  const read = db.prepare('SELECT body FROM log WHERE sequence = ? AND body IS NOT NULL');
  const write = db.prepare('UPDATE log SET body = ? WHERE sequence = ?');
  const records = new Map<number, (LogRow | undefined)[]>();
  const rowsOf = (sequence: number): (LogRow | undefined)[] | undefined => {
    const body = records.has(sequence) ? undefined : read.get(sequence)?.['body'];
    if (body !== undefined) records.set(sequence, readLogRecord(body as Uint8Array));
    return records.get(sequence);
  };
  const elsewhere = targets.filter((target) => {
    const rows = rowsOf(target.sequence);
    if (rows) tamperWithRow(rows, target, rowsOf);
    return rows === undefined;
  });
  db.exec('BEGIN');
  for (const [sequence, rows] of records)
    write.run(encode(rows.filter((row) => row !== undefined)), sequence);
  db.exec('COMMIT');
  db.close();
  return elsewhere;
}

function tamperWithRow(
  rows: (LogRow | undefined)[],
  { how, index, toSequence }: Target,
  rowsOf: (sequence: number) => (LogRow | undefined)[] | undefined,
): void {
  const row = rows[index];
  if (!row) throw new Error(`the record has no row ${index}`);
  if (how === 'double') rows.push(row);
  else if (how === 'alter') rows[index] = altered(row);
  else if (how === 'move-in-time') rows[index] = { ...row, timeNs: row.timeNs + MOVED_NS };
  else rows[index] = undefined;
  if (how === 'move-in-order') rowsOf(toSequence)?.push(row);
}

/** By as little as can be. */
function altered(row: LogRow): LogRow {
  const { kind, value } = row;
  if (kind === 1 && typeof value === 'number')
    return { ...row, value: value * (1 + Number.EPSILON) + Number.MIN_VALUE };
  if (kind === 5) return { ...row, value: `${String(value)} ` };
  return { ...row, statusCode: row.statusCode ^ 0x40000000 };
}

function encode(rows: readonly LogRow[]): Uint8Array {
  const batch = createSampleBatch(rows.length);
  rows.forEach((row, i) => {
    batch.signal[i] = row.signalNo;
    batch.timeNs[i] = row.timeNs;
    batch.statusCode[i] = row.statusCode;
    batch.flags[i] = row.flags;
    setValue(batch, i, domainValue(row));
    batch.kind[i] = row.kind;
  });
  batch.count = rows.length;
  const columns = createColumns(rows.length);
  copyBatch(columns, 0, batch);
  return new RecordEncoder().encode(columns, 0, rows.length).slice();
}

function domainValue({ kind, value }: LogRow): SampleValue {
  if (kind === 4) return value === 1;
  if (kind === 7) return { json: String(value) };
  return value;
}

/** Rewrites the sealed files that hold targets. */
export async function tamperWithSealed(directory: string, targets: readonly Target[]): Promise<number> {
  const duck = await DuckDBInstance.create(':memory:');
  const connection = await duck.connect();
  const rows = targets.map(
    ({ how, signalNo, sequence, index, toSequence }) =>
      `('${how}', ${signalNo}, ${sequence}, ${index}, ${toSequence})`,
  );
  await connection.run(
    'CREATE TABLE target (how VARCHAR, signal INTEGER, seq BIGINT, idx INTEGER, dest BIGINT)',
  );
  await connection.run(`INSERT INTO target VALUES ${rows.join(', ')}`);
  let hit = 0;
  for (const file of sealedFiles(directory)) {
    await connection.run(`CREATE OR REPLACE TABLE sample AS SELECT * FROM read_parquet('${file}')`);
    const found = await connection.runAndReadAll(
      'SELECT count(*) FROM sample JOIN target USING (signal, seq, idx)',
    );
    hit += Number(found.getRows()[0]?.[0]);
    for (const statement of REWRITE) await connection.run(statement);
    await connection.run(
      `COPY (SELECT * FROM sample ORDER BY signal, time_ns, epoch, seq, idx) TO '${file}.new' (FORMAT parquet)`,
    );
    renameSync(`${file}.new`, file);
  }
  connection.closeSync();
  duck.closeSync();
  return hit;
}

const is = (how: Tampering): string =>
  `FROM target WHERE how = '${how}' AND sample.signal = target.signal AND sample.seq = target.seq AND sample.idx = target.idx`;

const REWRITE = [
  `INSERT INTO sample SELECT sample.* REPLACE (CAST(sample.idx + ${BEHIND} AS INTEGER) AS idx) FROM sample JOIN target USING (signal, seq, idx) WHERE how = 'double'`,
  `UPDATE sample SET value = CASE WHEN kind = 1 THEN value * (1 + 2.220446049250313e-16) + 5e-324 ELSE value END,
    text = CASE WHEN kind = 5 THEN text || ' ' ELSE text END,
    status = CASE WHEN kind IN (1, 5) THEN status ELSE xor(status, 1073741824) END ${is('alter')}`,
  `UPDATE sample SET time_ns = time_ns + ${MOVED_NS} ${is('move-in-time')}`,
  `UPDATE sample SET seq = target.dest, idx = ${BEHIND} ${is('move-in-order')}`,
  `DELETE FROM sample USING target WHERE how = 'delete' AND sample.signal = target.signal AND sample.seq = target.seq AND sample.idx = target.idx`,
];

function sealedFiles(directory: string): string[] {
  const db = new DatabaseSync(path.join(directory, 'historian.sqlite'), { readOnly: true });
  const rows = db.prepare('SELECT file_no, day FROM sealed_file').all();
  db.close();
  return rows.map((row) => {
    const day = new Date(Number(row['day']) * 86_400_000).toISOString().slice(0, 10);
    return path.join(directory, 'sealed', day, `${String(row['file_no'])}.parquet`);
  });
}
