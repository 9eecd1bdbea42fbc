/**
 * Reads an embedded historian's folder as an outsider: the log and the registers from SQLite, the sealed samples from Parquet,
 * both as of one instant, also while the store is at work.
 */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { readLogRecord } from './log-record.ts';
import { numberText, sampleKey } from './sample-key.ts';

export interface StoredSample {
  readonly key: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly index: number;
  /**
   * Not a produced value: the agent's own word (it lost a machine, or a value came without a time), or the server's before its
   * variable had its first value (BadWaitingForInitialData).
   */
  readonly isOwnWord: boolean;
  /** Flagged historical: from a server's history, or sent when a newer sample of the signal was out already. */
  readonly isLate: boolean;
}

/** A declared hole; times in ns. */
export interface StoredGap {
  readonly machine: string | undefined;
  readonly signal: string | undefined;
  readonly from: bigint;
  readonly to: bigint;
  readonly cause: string;
}

export interface StoredStream {
  readonly agent: string;
  readonly epoch: string;
  readonly epochNo: number;
  readonly stored: number;
  readonly rejected: number;
  /** Older than the store keeps when they came; absent where it keeps everything. */
  readonly expired?: number;
  readonly declaredLost: number;
  readonly received: readonly (readonly [from: number, to: number])[];
}

export interface StoreContents {
  /** By signal id, in the order of delivery. */
  readonly samples: ReadonlyMap<string, readonly StoredSample[]>;
  /** Signals that were ever announced. */
  readonly signals: ReadonlySet<string>;
  readonly count: number;
  readonly gaps: readonly StoredGap[];
  readonly streams: readonly StoredStream[];
}

export const HISTORICAL = 1;
const AGENT_TIME = 4;
const BAD_WAITING_FOR_INITIAL_DATA = 0x80320000;
export const isOwnWord = (flags: number, statusCode: number): boolean =>
  (flags & AGENT_TIME) !== 0 || statusCode === BAD_WAITING_FOR_INITIAL_DATA;
const TRIES = 5;
const CUT_SHORT = 'the sealed files could not be read to the end';
const PASSING = new RegExp(`No files found|Cannot open|No such file|${CUT_SHORT}`);

/** `fromMs`: samples with an earlier time are left out. */
export async function readStore(directory: string, fromMs = -Infinity): Promise<StoreContents> {
  for (let tries = 1; ; tries += 1) {
    const db = new DatabaseSync(path.join(directory, 'historian.sqlite'), { readOnly: true });
    try {
      db.exec('PRAGMA busy_timeout = 5000; BEGIN');
      return await readAll(db, directory, fromMs);
    } catch (error) {
      // A running store may unlink a file that it has just merged: the next look finds the merged one.
      if (tries === TRIES || !PASSING.test(String(error))) throw error;
    } finally {
      db.close();
    }
  }
}

async function readAll(db: DatabaseSync, directory: string, fromMs: number): Promise<StoreContents> {
  const names = new Map<number, string>();
  for (const row of db.prepare('SELECT signal_no, id FROM signal').iterate())
    names.set(Number(row['signal_no']), String(row['id']));
  const samples = new Map<string, StoredSample[]>();
  let count = 0;
  const add = (signalNo: number, sample: StoredSample): void => {
    const name = names.get(signalNo) ?? `unknown signal ${signalNo}`;
    const series = samples.get(name);
    if (series) series.push(sample);
    else samples.set(name, [sample]);
    count += 1;
  };
  readLog(db, fromMs, add);
  const gaps = readGaps(db);
  const streams = readStreams(db);
  await readSealed(sealedPaths(db, directory, fromMs), fromMs, add);
  for (const series of samples.values())
    series.sort((a, b) => a.epoch - b.epoch || a.sequence - b.sequence || a.index - b.index);
  return { samples, signals: new Set(names.values()), count, gaps, streams };
}

type Add = (signalNo: number, sample: StoredSample) => void;

function readLog(db: DatabaseSync, fromMs: number, add: Add): void {
  const rows = db
    .prepare('SELECT epoch_no, sequence, body FROM log JOIN stream USING (stream_no) WHERE body IS NOT NULL')
    .iterate();
  for (const { epoch_no: epochNo, sequence, body } of rows) {
    readLogRecord(body as Uint8Array).forEach((row, index) => {
      if (Number(row.timeNs / 1_000_000n) < fromMs) return;
      add(row.signalNo, {
        key: sampleKey(String(row.timeNs), row.statusCode, storedText(row.kind, row.value)),
        epoch: Number(epochNo),
        sequence: Number(sequence),
        index,
        isOwnWord: isOwnWord(row.flags, row.statusCode),
        isLate: (row.flags & HISTORICAL) !== 0,
      });
    });
  }
}

function storedText(kind: number, value: unknown): string {
  switch (kind) {
    case 1:
      return numberText(Number(value));
    case 2:
    case 3:
      return `n:${String(value)}`;
    case 4:
      return `b:${String(value)}`;
    case 5:
      return `t:${String(value)}`;
    case 6:
      return `x:${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 7:
      return `j:${String(value)}`;
    default:
      return 'null';
  }
}

function readGaps(db: DatabaseSync): StoredGap[] {
  const statement = db.prepare('SELECT machine, signal, from_ns, to_ns, cause FROM gap');
  statement.setReadBigInts(true);
  return statement.all().map((row) => ({
    machine: row['machine'] === null ? undefined : String(row['machine']),
    signal: row['signal'] === null ? undefined : String(row['signal']),
    from: row['from_ns'] as bigint,
    to: row['to_ns'] as bigint,
    cause: String(row['cause']),
  }));
}

function readStreams(db: DatabaseSync): StoredStream[] {
  const ranges = db.prepare(
    'SELECT from_sequence AS f, to_sequence AS t FROM received WHERE stream_no = ? ORDER BY f',
  );
  return db
    .prepare('SELECT * FROM stream ORDER BY stream_no')
    .all()
    .map((row) => ({
      agent: String(row['agent']),
      epoch: String(row['epoch']),
      epochNo: Number(row['epoch_no']),
      stored: Number(row['stored']),
      rejected: Number(row['rejected']),
      declaredLost: Number(row['declared_lost']),
      received: ranges.all(Number(row['stream_no'])).map(({ f, t }) => [Number(f), Number(t)] as const),
    }));
}

function sealedPaths(db: DatabaseSync, directory: string, fromMs: number): string[] {
  const statement = db.prepare('SELECT file_no, day, max_ns FROM sealed_file ORDER BY file_no');
  statement.setReadBigInts(true);
  return statement
    .all()
    .filter((row) => Number((row['max_ns'] as bigint) / 1_000_000n) >= fromMs)
    .map((row) => {
      const day = new Date(Number(row['day']) * 86_400_000).toISOString().slice(0, 10);
      return path.join(directory, 'sealed', day, `${String(row['file_no'])}.parquet`);
    });
}

const COLUMNS = `signal, CAST(time_ns AS VARCHAR) AS time_ns, kind, value, CAST(int AS VARCHAR) AS int,
  text, hex(bytes) AS bytes, status, flags, epoch, seq, idx`;

async function readSealed(files: readonly string[], fromMs: number, add: Add): Promise<void> {
  if (files.length === 0) return;
  const duck = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await duck.connect();
  try {
    const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
    const after = Number.isFinite(fromMs)
      ? `WHERE time_ns >= ${BigInt(Math.floor(fromMs)) * 1_000_000n}`
      : '';
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM read_parquet([${list}]) ${after}`);
    const result = await connection.stream(`SELECT ${COLUMNS} FROM read_parquet([${list}]) ${after}`);
    let rows = 0;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      for (const row of chunk.getRows()) addSealed(row, add);
      rows += chunk.rowCount;
    }
    // A stream that ends early does not say why: a running store may have unlinked a file under it.
    const there = Number(counted.getRows()[0]?.[0]);
    if (rows !== there) throw new Error(`${CUT_SHORT}: ${rows} of ${there} rows`);
  } finally {
    connection.closeSync();
    duck.closeSync();
  }
}

function addSealed(row: readonly unknown[], add: Add): void {
  const [signal, timeNs, kindCell, value, int, text, bytes, status, flags, epoch, seq, idx] = row;
  const kind = Number(kindCell);
  add(Number(signal), {
    key: sampleKey(String(timeNs), Number(status), sealedText(kind, { value, int, text, bytes })),
    epoch: Number(epoch),
    sequence: Number(seq),
    index: Number(idx),
    isOwnWord: isOwnWord(Number(flags), Number(status)),
    isLate: (Number(flags) & HISTORICAL) !== 0,
  });
}

function sealedText(
  kind: number,
  cells: { readonly value: unknown; readonly int: unknown; readonly text: unknown; readonly bytes: unknown },
): string {
  switch (kind) {
    case 1:
    case 4:
      return storedText(kind, Number(cells.value));
    case 2:
      return storedText(kind, cells.int);
    case 3:
      return storedText(kind, BigInt.asUintN(64, BigInt(String(cells.int))));
    case 6:
      return `x:${String(cells.bytes).toLowerCase()}`;
    default:
      return storedText(kind, cells.text);
  }
}
