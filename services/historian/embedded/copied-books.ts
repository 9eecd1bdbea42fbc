/** Streams, gaps, events, dead letters and latest values of a store that is copied here. */
import type { DatabaseSync } from 'node:sqlite';
import { machineId, parseSignalId } from '#domain/asset-path.ts';
import type { EventRecord, GapRecord, StreamKey } from '#domain/sample-store.ts';
import type { StoreBooks, StreamAccount } from '../transfer/store-copy.ts';
import { transaction } from './database.ts';
import { DeadLetterTable } from './dead-letter-table.ts';
import { EventTables } from './event-tables.ts';
import type { EmbeddedReader } from './embedded-reader.ts';
import { saveLatest } from './latest-rows.ts';
import { LatestTable } from './latest-table.ts';
import { columnsOf } from './moved-rows.ts';
import { putChecksums } from './sealed-checksums.ts';

const ALL_TIME = { from: -(2n ** 63n), to: 2n ** 63n };
const TABLES = [
  'stream',
  'received',
  'above_cut',
  'beyond_cut',
  'machine_stream',
  'expired',
  'sealed_checksum',
  'gap',
  'event',
  'standing',
  'dead_letter',
  'latest',
];
/** Machine of a stream that has no samples here. */
const NO_MACHINE = '(none)';

/** Samples by epoch number and machine, as they are in the target. */
type HeldRows = Map<number, Map<string, number>>;

/** One transaction, which also says that the copy is complete. */
export async function writeBooks(target: EmbeddedReader, books: StoreBooks): Promise<void> {
  const { db } = target;
  const held = await countRows(target);
  transaction(db, () => {
    for (const table of TABLES) db.exec(`DELETE FROM ${table}`);
    const numbers = new Map<string, number>();
    for (const [i, account] of books.streams.entries()) {
      numbers.set(keyText(account.audit.stream), i + 1);
      putStream(db, i + 1, account);
      const machines = held.get(account.audit.epochNumber)?.keys() ?? [NO_MACHINE];
      const putMachine = db.prepare('INSERT INTO machine_stream VALUES (?, ?)');
      for (const machine of machines) putMachine.run(i + 1, machine);
    }
    putLeftOut(db, books.streams, held);
    for (const gap of books.gaps) putGap(db, numbers.get(keyText(gap.stream)) ?? 0, gap);
    for (const event of books.events) putEvent(db, numbers.get(keyText(event.stream)) ?? 0, event);
    const events = new EventTables(db);
    for (const event of books.standing)
      events.stand({ no: numbers.get(keyText(event.stream)) ?? 0, epochNo: event.epochNumber }, event);
    const letters = new DeadLetterTable(db, Number.MAX_SAFE_INTEGER);
    for (const letter of books.letters.toReversed()) letters.put(letter);
    putLatest(target, books);
    db.exec("DELETE FROM meta WHERE key = 'copy-unfinished'");
  });
}

const keyText = ({ agent, epoch }: StreamKey): string => `${agent} ${epoch}`;

async function countRows(target: EmbeddedReader): Promise<HeldRows> {
  const held: HeldRows = new Map();
  const from = target.relation(ALL_TIME);
  if (from === undefined) return held;
  const sql = `SELECT epoch::INTEGER, signal, count(*) FROM (${from}) GROUP BY 1, 2`;
  await target.snapshot.duck.read(sql, (chunk) => {
    const [epochs, signals, rows] = [chunk.int32(0), chunk.int32(1), chunk.bigint64(2)];
    for (let i = 0; i < chunk.rows; i += 1) {
      const parts = parseSignalId(target.idOf(signals[i] ?? 0));
      const machine = parts ? machineId(parts.site, parts.machine) : NO_MACHINE;
      const ofEpoch = held.get(epochs[i] ?? 0) ?? new Map<string, number>();
      held.set(epochs[i] ?? 0, ofEpoch);
      ofEpoch.set(machine, (ofEpoch.get(machine) ?? 0) + Number(rows[i]));
    }
  });
  return held;
}

function putStream(db: DatabaseSync, no: number, { audit, records, openLosses }: StreamAccount): void {
  const { stream, epochNumber, received, cut, closed } = audit;
  const { expired = 0, expiredAtCut = 0 } = audit;
  // Here retention takes away what was stored: what was too old when it came has been both.
  const row = {
    stream_no: no,
    agent: stream.agent,
    epoch: stream.epoch,
    epoch_no: epochNumber,
    stored: audit.stored + expired,
    rejected: audit.rejected,
    declared_lost: audit.declaredLost,
    cut_sequence: cut?.sequence ?? 0,
    cut_produced: cut?.produced ?? 0,
    cut_discarded: cut?.discarded ?? 0,
    stored_at_cut: audit.storedAtCut + expiredAtCut,
    rejected_at_cut: audit.rejectedAtCut,
    declared_lost_at_cut: audit.declaredLostAtCut,
    closed: closed ? 1 : 0,
    closed_head: closed?.head ?? 0,
    closed_produced: closed?.produced ?? 0,
    closed_discarded: closed?.discarded ?? 0,
    carried: closed?.carried ?? 0,
  };
  const names = Object.keys(row);
  db.prepare(`INSERT INTO stream (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`).run(
    ...Object.values(row),
  );
  const putRange = db.prepare('INSERT INTO received VALUES (?, ?, ?)');
  for (const [from, to] of received) putRange.run(no, from, to);
  const putAbove = db.prepare('INSERT INTO above_cut VALUES (?, ?, ?)');
  const putBeyond = db.prepare('INSERT INTO beyond_cut VALUES (NULL, ?, ?, ?, ?, ?, 0)');
  for (const record of records) {
    if (record.sequence <= (cut?.sequence ?? 0)) continue;
    const stored = record.stored + record.expired;
    if (stored > 0) putAbove.run(no, record.sequence, stored);
    if (record.rejected > 0) putBeyond.run(no, record.sequence, record.sequence, record.rejected, 0);
  }
  for (const { from, to, samples } of openLosses) putBeyond.run(no, from, to, 0, samples);
  putChecksums(
    db,
    no,
    records.flatMap(({ sequence, checksum, stored, expired: old }) =>
      checksum === undefined ? [] : [[sequence, checksum, stored + old] as const],
    ),
  );
}

/**
 * Samples that were stored once and are not here: retention had taken them, or the copy's range left them out. Streams
 * of one epoch number are counted together, as their rows cannot be told apart.
 */
function putLeftOut(db: DatabaseSync, streams: readonly StreamAccount[], held: HeldRows): void {
  const put = db.prepare('INSERT INTO expired VALUES (?, ?, ?)');
  for (const [epochNo, ofEpoch] of Map.groupBy(streams, ({ audit }) => audit.epochNumber)) {
    const stored = ofEpoch.reduce((sum, { audit }) => sum + audit.stored + (audit.expired ?? 0), 0);
    const machines = held.get(epochNo) ?? new Map([[NO_MACHINE, 0]]);
    const here = [...machines.values()].reduce((sum, rows) => sum + rows, 0);
    const [machine = NO_MACHINE] = machines.keys();
    if (stored > here) put.run(machine, epochNo, stored - here);
  }
}

function putGap(db: DatabaseSync, no: number, gap: GapRecord): void {
  const { sequence, machine, signal, from, to, cause } = gap;
  db.prepare('INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?)').run(
    no,
    sequence,
    machine ?? null,
    signal ?? null,
    from,
    to,
    cause,
  );
}

function putEvent(db: DatabaseSync, no: number, { sequence, machine, time, body }: EventRecord): void {
  db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?)').run(no, sequence, machine ?? null, time, body);
}

function putLatest(target: EmbeddedReader, { latest }: StoreBooks): void {
  const table = new LatestTable();
  const known = latest.filter(({ sample }) => target.noOf(sample.signal) !== undefined);
  const facts = (
    signal: (typeof known)[number]['sample']['signal'],
  ): { no: number; dataType: undefined } => ({
    no: target.noOf(signal) ?? 0,
    dataType: undefined,
  });
  const { columns, spans } = columnsOf(known, facts);
  for (const { epochNo, sequence, from, to } of spans)
    for (let row = from; row < to; row += 1) table.put(columns, row, { epochNo, sequence }, 0);
  saveLatest(target.db, table, table.signals());
}
