import { escape } from '@influxdata/influxdb-client';
import type { MachineId } from '#domain/asset-path.ts';
import type { SamplesRecord } from '#domain/sample-store.ts';
import { timeMsAt } from '#domain/time.ts';
import { streamTags } from './ledger-lines.ts';
import type { Row } from './ledger.ts';
import { bigintIn, literal, numberIn, rowsOf } from './influxql.ts';
import { MAX_TIME_NS, tagText } from './line-protocol.ts';
import type { Query } from './sample-queries.ts';

export const HOUR_NS = 3_600_000_000_000n;
export const HOUR_MS = 3_600_000;
/** Before it all hours are whole ones in what InfluxDB can hold. */
export const LAST_HOUR = Number(MAX_TIME_NS / HOUR_NS);

/** What comes so long after the end of its hour says so in the ledger before it is acknowledged. */
const LATE_AFTER_MS = 600_000;
/** So long after its end an hour is rolled up: what was on its way is there. */
const ROLLED_AFTER_MS = 1_800_000;

export interface HourClocks {
  /** Of this machine. */
  readonly clockMs: () => number;
  /** The latest time that InfluxDB's own answers told; `undefined`: none did. */
  readonly serverMs: () => number | undefined;
}

/**
 * Which hours are closed. Workers' clocks may differ: what is stored is late by the latest time that its worker has ever heard of, InfluxDB's
 * included, and hours are rolled up by the earlier of InfluxDB's time and one's own. So an hour that anybody rolls up is closed for everybody.
 */
export class HourBook {
  readonly #clocks: HourClocks;
  #latestMs = -Infinity;

  constructor(clocks: HourClocks) {
    this.#clocks = clocks;
  }

  /** It is so late at least, whatever the clocks say. */
  tell(nowMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, nowMs);
  }

  /** What comes into hours before this one (since 1970) is late. */
  get firstOpen(): number {
    return Math.floor((this.latestMs - LATE_AFTER_MS) / HOUR_MS);
  }

  /** Now, by the clock that is ahead, and never less than it was. */
  get latestMs(): number {
    const { clockMs, serverMs } = this.#clocks;
    this.tell(Math.max(clockMs(), serverMs() ?? -Infinity));
    return this.#latestMs;
  }

  /** Now, by the clock that is behind: for {@link firstUnrolled}. */
  get earliestMs(): number {
    return Math.min(this.#clocks.clockMs(), this.#clocks.serverMs() ?? Infinity);
  }
}

/** Hours before this one are to be rolled up at that time, ms. */
export const firstUnrolled = (nowMs: number): number => Math.floor((nowMs - ROLLED_AFTER_MS) / HOUR_MS);

/**
 * Marks in the ledger for closed hours that these records bring samples of, keyed by record and hour: two sendings of a
 * record mark once. Their number is the revision that a rollup of the hour must have.
 */
export function lateLines(
  records: readonly { readonly record: SamplesRecord }[],
  firstOpen: number,
): string[] {
  const openMs = firstOpen * HOUR_MS;
  return records.flatMap(({ record: { batch, machine, stream, sequence } }) => {
    const words = new Uint32Array(batch.timeNs.buffer, batch.timeNs.byteOffset, batch.timeNs.length * 2);
    const hours = new Set<number>();
    for (let i = 0; i < batch.count; i += 1) {
      const timeMs = timeMsAt(words, i);
      // Only hours since 1970 are rolled up.
      if (timeMs < openMs && timeMs >= 0) hours.add(Math.floor(timeMs / HOUR_MS));
    }
    return [...hours].map((hour) => {
      const key = `${streamTags(stream)},machine=${escape.tag(tagText(machine))}`;
      return lateLine(key, hour, BigInt(sequence));
    });
  });
}

/** A mark for samples that came with no record. `key`: no other mark of the machine has it. */
export const lateLineOf = (machine: MachineId, hour: number, key: bigint): string =>
  lateLine(`machine=${escape.tag(tagText(machine))}`, hour, key);

const lateLine = (tags: string, hour: number, key: bigint): string =>
  `late,${tags} sequence=${key}i ${BigInt(hour) * HOUR_NS + (key % HOUR_NS)}`;

/** What a machine's rollups are, from hour to hour since 1970. */
export interface RolledHours {
  /** Revision of the newest rollup of each hour that has one. */
  readonly rolled: ReadonlyMap<number, number>;
  /** Marks of late samples: the revision that the hour has by now. */
  readonly late: ReadonlyMap<number, number>;
}

export interface HourPorts {
  /** In the database of the samples. */
  readonly query: Query;
  readonly ledgerRows: (statement: string) => Promise<Row[]>;
}

export const revisionOf = ({ late }: RolledHours, hour: number): number => late.get(hour) ?? 0;

export const isCurrent = (hours: RolledHours, hour: number): boolean =>
  hours.rolled.get(hour) === revisionOf(hours, hour);

/** A newer rollup than there are marks (a ledger of an older backup) is neither read nor made again. */
export const isOutdated = (hours: RolledHours, hour: number): boolean =>
  (hours.rolled.get(hour) ?? -1) < revisionOf(hours, hour);

/** `fromHour..toHour` (exclusive). Late marks are read after the rollups: one that comes in between is seen. */
export async function readHours(
  { query, ledgerRows }: HourPorts,
  machine: MachineId,
  [fromHour, toHour]: readonly [number, number],
): Promise<RolledHours> {
  const bounds = `"machine" = ${literal(tagText(machine))} AND ${hourBounds(fromHour, toHour)}`;
  const rolled = new Map<number, number>();
  for (const row of rowsOf((await query(`SELECT "signals" FROM "rolled" WHERE ${bounds}`)).flat())) {
    const { hour, revision } = placeOf(bigintIn(row['time']));
    rolled.set(hour, Math.max(revision, rolled.get(hour) ?? 0));
  }
  const late = new Map<number, number>();
  const marks = `SELECT count("sequence") AS "marks" FROM "late" WHERE ${bounds} GROUP BY time(1h) fill(none)`;
  for (const row of await ledgerRows(marks))
    late.set(Number(bigintIn(row['time']) / HOUR_NS), numberIn(row['marks']));
  return { rolled, late };
}

/** All times of the hours `fromHour..toHour` (exclusive). */
export const hourBounds = (fromHour: number, toHour: number): string =>
  `time >= ${BigInt(fromHour) * HOUR_NS} AND time < ${BigInt(Math.min(toHour, LAST_HOUR)) * HOUR_NS}`;

/** A rollup stands at its hour's start, `revision` ns later. */
export const rollupTime = (hour: number, revision: number): bigint =>
  BigInt(hour) * HOUR_NS + BigInt(revision);

export const placeOf = (timeNs: bigint): { hour: number; revision: number } => ({
  hour: Number(timeNs / HOUR_NS),
  revision: Number(timeNs % HOUR_NS),
});
