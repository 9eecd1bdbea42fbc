import { escape } from '@influxdata/influxdb-client';
import { signalId, type MachineId } from '#domain/asset-path.ts';
import { ROLLUP_NS, addAggregate, createAggregates, type AggregateColumns } from '#domain/rollup.ts';
import { encodeRollups } from '../rollup-codec.ts';
import { askAggregates, readAggregates } from './bucket-rows.ts';
import { bigintIn, literal, rowsOf, textIn } from './influxql.ts';
import type { Row } from './ledger.ts';
import { tagText, tagValueOf } from './line-protocol.ts';
import { hourBounds, rollupTime } from './rolled-hours.ts';
import type { Query } from './sample-queries.ts';

const MINUTES = 60;
/** Signals whose minutes are read by one query: 12,000 rows. */
const SIGNALS_AT_ONCE = 200;

/** An hour of a machine, since 1970, and the revision that its rollup is of. */
export interface MachineHour {
  readonly machine: MachineId;
  readonly hour: number;
  readonly revision: number;
}

/** Where samples of a machine may lie: all measurements, for another worker may know of a kind or a signal that this one has not heard of. */
export function wholeMachine(machine: MachineId): string {
  const [site = '', id = ''] = machine.split('/');
  return `FROM /.*/ WHERE "site" = ${literal(site)} AND "machine" = ${literal(id)}`;
}

/** A point for each signal that has samples in the hour, some signals at a time. */
export async function* hourLines(query: Query, at: MachineHour): AsyncGenerator<string[]> {
  const { machine, hour } = at;
  const source = wholeMachine(machine);
  const bounds = hourBounds(hour, hour + 1);
  const counted = await query(`SELECT count("seq") AS "count" ${source} AND ${bounds} GROUP BY "signal"`);
  const signals = [...new Set(rowsOf(counted.flat()).map((row) => textIn(row['signal'])))];
  for (let from = 0; from < signals.length; from += SIGNALS_AT_ONCE) {
    const some = signals.slice(from, from + SIGNALS_AT_ONCE);
    const isAll = some.length === signals.length;
    const which = isAll ? '' : ` AND (${some.map((tag) => `"signal" = ${literal(tag)}`).join(' OR ')})`;
    const [rows = []] = await askAggregates(query, [
      { source: source + which, bounds, grouping: '"signal", time(1m)' },
    ]);
    yield linesOf(rows, at);
  }
}

function linesOf(rows: readonly Row[], { machine, hour, revision }: MachineHour): string[] {
  const [site = '', id = ''] = machine.split('/');
  const bySignal = Map.groupBy(rows, (row) => textIn(row['signal']));
  return [...bySignal].map(([tag, minutes]) => {
    const signal = tagText(signalId(site, id, tagValueOf(tag)));
    return `rollup,signal=${escape.tag(signal)} body="${bodyOf(minutes, hour)}" ${rollupTime(hour, revision)}`;
  });
}

/** Says that all lines of the hour are there. */
export const rolledLine = ({ machine, hour, revision }: MachineHour, signals: number): string =>
  `rolled,machine=${escape.tag(tagText(machine))} signals=${signals}i ${rollupTime(hour, revision)}`;

/** The minutes of one signal's hour, packed. A machine that was of two kinds may have a minute in two rows. */
function bodyOf(rows: readonly Row[], hour: number): string {
  const all = createAggregates(MINUTES);
  const one = createAggregates(1);
  for (const row of rows) {
    const minute = Number(bigintIn(row['time']) / ROLLUP_NS) - hour * MINUTES;
    if (minute < 0 || minute >= MINUTES) continue;
    readAggregates(row, one);
    addAggregate(all, minute, { from: one, i: 0, shift: 0 });
  }
  const held = Array.from({ length: MINUTES }, (_, minute) => minute).filter(
    (minute) => (all.count[minute] ?? 0) > 0,
  );
  const columns = createAggregates(held.length);
  for (const name of Object.keys(columns) as (keyof AggregateColumns)[])
    held.forEach((minute, i) => (columns[name][i] = all[name][minute] ?? 0));
  const minute = Float64Array.from(held, (one) => hour * MINUTES + one);
  const bytes = encodeRollups({ rows: held.length, minute, columns });
  return Buffer.from(bytes).toString('base64');
}
