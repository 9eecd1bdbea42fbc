import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { MachineId, SignalId } from '#domain/asset-path.ts';
import type {
  EventRecord,
  GapRecord,
  MachineCatalogue,
  StreamAudit,
  StreamKey,
  TimeRange,
} from '#domain/sample-store.ts';
import type { MovedSample } from '../transfer/moved-sample.ts';
import type {
  CopySource,
  OpenLoss,
  RecordAccount,
  StoreBooks,
  StoreCatalogue,
  StreamAccount,
} from '../transfer/store-copy.ts';
import { requireStore } from './backup.ts';
import { DATABASE_FILE, assertFinished, assertVersion, databaseVersion } from './database.ts';
import { DeadLetterTable } from './dead-letter-table.ts';
import { DeliveryLog } from './delivery-log.ts';
import { EmbeddedReader } from './embedded-reader.ts';
import { MOVED_COLUMNS, movedRows } from './moved-rows.ts';
import { rememberedChecksums } from './sealed-checksums.ts';
import { StoreLock } from './store-lock.ts';

/** Opens a store, or a backup of one, to copy it elsewhere; nothing in it is changed. @throws StartError */
export async function openEmbeddedSource(dir: string): Promise<EmbeddedCopySource> {
  requireStore(dir);
  const lock = StoreLock.acquire(dir);
  try {
    const db = new DatabaseSync(join(dir, DATABASE_FILE), { readOnly: true });
    assertVersion(databaseVersion(db), dir);
    assertFinished(db, dir);
    const source = new EmbeddedCopySource(dir, db, lock);
    source.files.read();
    await source.open();
    return source;
  } catch (error) {
    lock.release();
    throw error;
  }
}

export class EmbeddedCopySource extends EmbeddedReader implements CopySource {
  catalogue(): Promise<StoreCatalogue> {
    const texts = (sql: string): string[] =>
      this.db
        .prepare(sql)
        .all()
        .map((row) => String(row['text']));
    return Promise.resolve({
      machines: texts('SELECT body AS text FROM machine ORDER BY id').map(
        (body) => JSON.parse(body) as MachineCatalogue,
      ),
      signals: texts('SELECT id AS text FROM signal ORDER BY signal_no') as SignalId[],
    });
  }

  async books(range: TimeRange): Promise<StoreBooks> {
    const log = new DeliveryLog(this.db, { deadLetters: 1 });
    log.load();
    return {
      streams: log.streams.audit().map((audit) => this.#account(audit, log.streams.find(audit.stream)?.no)),
      gaps: this.#gaps(),
      events: this.#events(),
      standing: log.events.standing(),
      letters: new DeadLetterTable(this.db, 1).list(Number.MAX_SAFE_INTEGER),
      latest: await this.#latest(range),
    };
  }

  #account(audit: StreamAudit, streamNo = -1): StreamAccount {
    const records = new Map<number, RecordAccount>();
    const put = (sequence: number, known: Partial<RecordAccount>): void => {
      const before = records.get(sequence);
      records.set(sequence, {
        checksum: undefined,
        stored: 0,
        rejected: 0,
        expired: 0,
        ...before,
        ...known,
        sequence,
      });
    };
    const rows = (sql: string): Record<string, unknown>[] => this.db.prepare(sql).all(streamNo);
    for (const row of rows('SELECT sequence AS s, samples AS n FROM above_cut WHERE stream_no = ?'))
      put(Number(row['s']), { stored: Number(row['n']) });
    for (const [sequence, checksum, stored] of rememberedChecksums(this.db, streamNo))
      put(sequence, { checksum, stored });
    for (const row of rows('SELECT sequence AS s, checksum AS c, samples AS n FROM log WHERE stream_no = ?'))
      put(Number(row['s']), { checksum: Number(row['c']), stored: Number(row['n']) });
    const refused = rows(
      `SELECT sequence AS s, samples AS n FROM dead_letter JOIN stream USING (agent, epoch)
       WHERE stream_no = ? AND code <> 'STREAM_FORK' AND sequence IS NOT NULL`,
    );
    for (const row of refused)
      if (!records.has(Number(row['s']))) put(Number(row['s']), { rejected: Number(row['n'] ?? 0) });
    const openLosses = rows(
      'SELECT from_sequence AS f, to_sequence AS t, lost AS n FROM beyond_cut WHERE stream_no = ? AND lost > 0',
    ).map((row): OpenLoss => ({
      from: Number(row['f']),
      to: Number(row['t']),
      samples: Number(row['n']),
    }));
    const inOrder = [...records.values()].toSorted((a, b) => a.sequence - b.sequence);
    const machines = rows('SELECT machine AS m FROM machine_stream WHERE stream_no = ?').map(
      (row) => String(row['m']) as MachineId,
    );
    return { audit, machines, records: inOrder, openLosses };
  }

  #rows(sql: string): Record<string, SQLOutputValue>[] {
    const statement = this.db.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all();
  }

  #gaps(): GapRecord[] {
    return this.#rows('SELECT * FROM gap JOIN stream USING (stream_no) ORDER BY stream_no, sequence').map(
      (row) => ({
        ...headOf(row),
        kind: 'gap',
        signal: row['signal'] === null ? undefined : (String(row['signal']) as SignalId),
        from: row['from_ns'] as bigint,
        to: row['to_ns'] as bigint,
        cause: String(row['cause']),
      }),
    );
  }

  #events(): EventRecord[] {
    return this.#rows('SELECT * FROM event JOIN stream USING (stream_no) ORDER BY stream_no, sequence').map(
      (row) => ({
        ...headOf(row),
        kind: 'event',
        time: row['time_ns'] as bigint,
        body: String(row['body']),
      }),
    );
  }

  async #latest(range: TimeRange): Promise<MovedSample[]> {
    const from = this.relation(range);
    const latest: MovedSample[] = [];
    if (from === undefined) return latest;
    const columns = 'signal, time_ns, kind, value, int, raw, status, flags, epoch, seq';
    const order = '(epoch::HUGEINT << 84) + (seq::HUGEINT << 31) + idx';
    const sql = `SELECT ${MOVED_COLUMNS} FROM (
      SELECT unnest(arg_max(struct_pack(${columns}), ${order})) FROM (${from}) WHERE flags & 1 = 0 GROUP BY signal)`;
    await this.snapshot.duck.read(sql, (chunk) => {
      latest.push(...movedRows(chunk, (no) => this.idOf(no)));
    });
    return latest;
  }
}

function headOf(row: Record<string, SQLOutputValue>): {
  stream: StreamKey;
  sequence: number;
  checksum: number;
  machine: MachineId | undefined;
} {
  return {
    stream: { agent: String(row['agent']), epoch: String(row['epoch']) },
    sequence: Number(row['sequence']),
    checksum: 0,
    machine: row['machine'] === null ? undefined : (String(row['machine']) as MachineId),
  };
}
