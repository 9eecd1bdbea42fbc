import type { DatabaseSync } from 'node:sqlite';
import type { ReadBack, StreamKey } from '#domain/sample-store.ts';
import { readMeta } from './database.ts';
import type { DeliveryLog } from './delivery-log.ts';
import type { Duck } from './duck.ts';
import { quoted } from './sample-reader.ts';
import type { SealedFile, SealedFiles } from './sealed-files.ts';

/** Samples by `epoch number machine`: that is all a stored row tells of its stream. */
export type RowCounts = Map<string, number>;

/** Files read by one query. */
const FILES_AT_ONCE = 48;
const ALL_TIME = { from: -(2n ** 63n), to: 2n ** 63n };

export interface ReadBackPorts {
  readonly db: DatabaseSync;
  readonly duck: Duck;
  readonly log: DeliveryLog;
  readonly files: SealedFiles;
}

const keyOf = (epochNo: number, machine: string): string => `${epochNo} ${machine}`;

function add(counts: RowCounts, key: string, samples: number): void {
  counts.set(key, (counts.get(key) ?? 0) + samples);
}

/** Rows of sealed files, counted from their columns. */
export async function countSealed(
  { duck, log, files }: Omit<ReadBackPorts, 'db'>,
  which: readonly SealedFile[],
  counts: RowCounts = new Map(),
): Promise<RowCounts> {
  for (let at = 0; at < which.length; at += FILES_AT_ONCE) {
    const paths = which.slice(at, at + FILES_AT_ONCE).map((file) => quoted(files.pathOf(file)));
    const sql = `SELECT signal::INTEGER, epoch::BIGINT, count(*) FROM read_parquet([${paths.join(', ')}]) GROUP BY 1, 2`;
    await duck.read(sql, (chunk) => {
      const signals = chunk.int32(0);
      const epochs = chunk.bigint64(1);
      const rows = chunk.bigint64(2);
      for (let i = 0; i < chunk.rows; i += 1)
        add(counts, keyOf(Number(epochs[i]), log.catalogue.machineOf(signals[i] ?? 0)), Number(rows[i]));
    });
  }
  return counts;
}

/** Remembers what retention takes away; belongs into the transaction that does. */
export function noteExpired(db: DatabaseSync, counts: RowCounts): void {
  const put = db.prepare(`INSERT INTO expired VALUES (?, ?, ?)
    ON CONFLICT (machine, epoch_no) DO UPDATE SET samples = samples + excluded.samples`);
  for (const [key, samples] of counts) {
    const [epochNo = '', machine = ''] = key.split(' ');
    put.run(machine, Number(epochNo), samples);
  }
}

/** Counts every row that is there: of the log by decoding it, of sealed files by their columns. */
export async function readBack(ports: ReadBackPorts): Promise<ReadBack[]> {
  const { db, log, files } = ports;
  if (readMeta(db, 'migrated-from') !== undefined) return []; // which machines its first streams had is not known
  // One instant: counters, the log and the register of sealed files belong together.
  const groups = groupsOf(log);
  const counts: RowCounts = new Map();
  for (const { span, columns } of log.replay())
    add(counts, keyOf(span.epochNo, log.catalogue.machineOf(columns.signal[0] ?? 0)), columns.count);
  const expired: RowCounts = new Map(
    db
      .prepare('SELECT machine, epoch_no, samples FROM expired')
      .all()
      .map((row) => [keyOf(Number(row['epoch_no']), String(row['machine'])), Number(row['samples'])]),
  );
  const held = files.acquire(
    log.catalogue.signals().map(({ no }) => no),
    ALL_TIME,
  );
  try {
    await countSealed(ports, held, counts);
  } finally {
    files.done(held);
  }
  const sumOf = (keys: ReadonlySet<string>, from: RowCounts): number =>
    [...keys].reduce((sum, key) => sum + (from.get(key) ?? 0), 0);
  return groups.map(({ keys, streams, stored }) => ({
    streams,
    stored,
    samples: sumOf(keys, counts),
    expired: sumOf(keys, expired),
  }));
}

interface Group {
  readonly keys: Set<string>;
  readonly streams: StreamKey[];
  stored: number;
}

/** Streams whose rows look alike are counted together: as a rule each is alone. */
function groupsOf(log: DeliveryLog): Group[] {
  const groups: Group[] = [];
  for (const { key, epochNo, machines, counters } of log.streams.all()) {
    const keys = new Set([...machines].map((machine) => keyOf(epochNo, machine)));
    const alike = groups.filter((group) => [...keys].some((one) => group.keys.has(one)));
    const merged: Group = { keys, streams: [key], stored: counters.stored };
    for (const group of alike) {
      for (const one of group.keys) merged.keys.add(one);
      merged.streams.push(...group.streams);
      merged.stored += group.stored;
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(merged);
  }
  return groups;
}
