import { addAggregate, createAggregates, type AggregateColumns, type BucketPlan } from '#domain/rollup.ts';
import type { TimeRange } from '#domain/sample-store.ts';
import { codeOf } from '#platform/errors.ts';
import { bigintIn, numberIn, rowsOf, type Cell } from './influxql.ts';
import type { Row } from './ledger.ts';
import type { Query } from './sample-queries.ts';

/** What InfluxDB is to work out of the samples of intervals. */
export interface Aggregation {
  /** `FROM ... WHERE ...` */
  readonly source: string;
  /** `time >= ... AND time < ...` */
  readonly bounds: string;
  /** `time(1m)` */
  readonly grouping: string;
}

const ALL_BUT_SUM = `count("seq") AS "count", count("value") AS "good", min("value") AS "min", max("value") AS "max",
  first("value") AS "first", last("value") AS "last", max("status") AS "worst"`;

/** A power of two: what is divided by it loses nothing above 2^-958, and no number of samples makes the sum overflow. */
const SCALE = 2 ** 64;

const plain = ({ source, bounds, grouping }: Aggregation): string =>
  `SELECT ${ALL_BUT_SUM}, sum("value") AS "sum" ${source} AND ${bounds} GROUP BY ${grouping} fill(none)`;

const scaled = ({ source, bounds, grouping }: Aggregation): string =>
  `SELECT ${ALL_BUT_SUM}, sum("scaled") AS "scaled" FROM (SELECT "seq", "value", "status", "value" / ${SCALE}.0 AS "scaled" ${source} AND ${bounds})
   WHERE ${bounds} GROUP BY ${grouping} fill(none)`;

/** The rows of each. A sum beyond a double breaks the answer of 1.6.7 [measured] as a whole: it is asked for scaled then. */
export async function askAggregates(query: Query, asked: readonly Aggregation[]): Promise<Row[][]> {
  const answers = await answersOf(query, asked.map(plain));
  const rows: Row[][] = [];
  for (const [i, aggregation] of asked.entries()) {
    const answered = answers?.[i] ?? (await answersOf(query, [plain(aggregation)]))?.[0];
    if (answered && !answered.some(hasNoSum)) rows.push(answered);
    else rows.push(rowsOf((await query(scaled(aggregation))).flat()));
  }
  return rows;
}

/** `undefined`: InfluxDB cannot put its answer into JSON. */
async function answersOf(query: Query, statements: readonly string[]): Promise<Row[][] | undefined> {
  try {
    return statements.length === 0 ? [] : (await query(statements.join('; '))).map(rowsOf);
  } catch (error) {
    if (codeOf(error) === 'INFLUX_ANSWER') return undefined;
    throw error;
  }
}

/** JSON knows no infinity: where it is answered, it is answered as null. */
const hasNoSum = (row: Row): boolean => numberIn(row['good']) > 0 && row['sum'] === null;

const number = (cell: Cell | undefined): number => Number(cell ?? 0);

/** One row of {@link askAggregates} as row 0 of `to`. */
export function readAggregates(row: Row, to: AggregateColumns, atNs = 0): void {
  to.count[0] = numberIn(row['count']);
  to.good[0] = numberIn(row['good']);
  to.min[0] = number(row['min']);
  to.max[0] = number(row['max']);
  to.sum[0] = row['scaled'] === undefined ? number(row['sum']) : number(row['scaled']) * SCALE;
  to.first[0] = number(row['first']);
  to.last[0] = number(row['last']);
  to.worst[0] = numberIn(row['worst']);
  to.firstAt[0] = atNs;
  to.lastAt[0] = atNs;
}

/** Adds answers of `GROUP BY time(width)` over `part` of the plan's range. */
export function addBucketRows(
  to: AggregateColumns,
  rows: readonly Row[],
  { plan, part }: { readonly plan: BucketPlan; readonly part: TimeRange },
): void {
  const one = createAggregates(1);
  for (const row of rows) {
    const start = bigintIn(row['time']);
    const bucket = Number((start - plan.originNs) / plan.widthNs);
    if (bucket < 0 || bucket >= plan.count) continue;
    readAggregates(row, one, start < part.from ? Number(part.from - start) : 0);
    addAggregate(to, bucket, { from: one, i: 0, shift: 0 });
  }
}
