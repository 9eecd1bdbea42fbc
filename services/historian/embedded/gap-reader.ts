import type { DatabaseSync } from 'node:sqlite';
import type { MachineId, SignalId } from '#domain/asset-path.ts';
import type { Gap, TimeRange } from '#domain/sample-store.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const clamp = (timeNs: bigint): bigint =>
  timeNs < INT64_MIN ? INT64_MIN : timeNs > INT64_MAX ? INT64_MAX : timeNs;

/** Declared holes that touch the range, oldest first; those of the whole stream belong to every machine. */
export function readGaps(db: DatabaseSync, range: TimeRange, machine?: MachineId): Gap[] {
  const statement = db.prepare(`SELECT machine, signal, from_ns, to_ns, cause FROM gap
    WHERE to_ns >= ? AND from_ns < ? AND (?3 IS NULL OR machine IS NULL OR machine = ?3) ORDER BY from_ns, to_ns`);
  statement.setReadBigInts(true);
  return statement.all(clamp(range.from), clamp(range.to), machine ?? null).map((row) => ({
    machine: row['machine'] === null ? undefined : (String(row['machine']) as MachineId),
    signal: row['signal'] === null ? undefined : (String(row['signal']) as SignalId),
    from: row['from_ns'] as bigint,
    to: row['to_ns'] as bigint,
    cause: String(row['cause']),
  }));
}
