/**
 * Reads the historian's files as an outsider would, after everything has stopped: the catalogue and the list of
 * sealed files from SQLite, the samples from Parquet. Nothing of the product takes part.
 */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import type { StoredRow } from './compare-series.ts';

const historianDir = (dataDir: string): string => path.join(dataDir, 'services', 'historian');

function openCatalogue(dataDir: string): DatabaseSync {
  return new DatabaseSync(path.join(historianDir(dataDir), 'historian.sqlite'), { readOnly: true });
}

/** Samples in the log that are not sealed yet, in a store that may be running. */
export function unsealedSamples(dataDir: string): number {
  const db = openCatalogue(dataDir);
  try {
    return Number(db.prepare('SELECT coalesce(sum(samples), 0) AS n FROM log').get()?.['n']);
  } finally {
    db.close();
  }
}

function locate(dataDir: string, machine: string, signalPath: string): { signalNo: number; files: string[] } {
  const db = openCatalogue(dataDir);
  try {
    const signal = db
      .prepare(`SELECT signal_no FROM signal WHERE id LIKE ?`)
      .get(`%/${machine}/${signalPath}`);
    if (!signal) throw new Error(`the store does not know ${machine}/${signalPath}`);
    const files = db.prepare('SELECT file_no, day FROM sealed_file').all();
    return {
      signalNo: Number(signal['signal_no']),
      files: files.map((row) =>
        path.join(
          historianDir(dataDir),
          'sealed',
          dayName(Number(row['day'])),
          `${String(row['file_no'])}.parquet`,
        ),
      ),
    };
  } finally {
    db.close();
  }
}

const dayName = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);

/** SampleFlag.agentTime: the agent's own word after it had lost sight of a machine, not a reading of the recording. */
const AGENT_TIME = 4;

/** All samples of one signal in the order in which the agent journaled them, at their source's time. */
export async function readStoredSeries(
  dataDir: string,
  machine: string,
  signalPath: string,
): Promise<StoredRow[]> {
  const { signalNo, files } = locate(dataDir, machine, signalPath);
  if (files.length === 0) return [];
  const duck = await DuckDBInstance.create(':memory:');
  const connection = await duck.connect();
  try {
    const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
    const result = await connection.runAndReadAll(
      `SELECT time_ns, kind, value, int, text, status FROM read_parquet([${list}])
       WHERE signal = ${signalNo} AND flags & ${AGENT_TIME} = 0 ORDER BY epoch, seq, idx`,
    );
    return result.getRows().map(([timeNs, kind, value, int, text, statusCode]) => ({
      timeNs: timeNs as bigint,
      value: valueOf(Number(kind), value, int, text),
      statusCode: Number(statusCode),
    }));
  } finally {
    connection.closeSync();
    duck.closeSync();
  }
}

/** By the kinds of docs/adr/0011: 1 float, 2 and 3 integers, 4 boolean, 5 text. Recordings write booleans as 0 and 1. */
function valueOf(kind: number, value: unknown, int: unknown, text: unknown): unknown {
  if (kind === 1 || kind === 4) return value;
  if (kind === 2 || kind === 3) return Number(int);
  return kind === 5 ? text : null;
}
