import { parseSignalId, type MachineId, type SignalId } from '#domain/asset-path.ts';
import { planBuckets } from '#domain/rollup.ts';
import type { Sample } from '#domain/sample.ts';
import type { Bucket, TimeRange } from '#domain/sample-store.ts';
import { bigintIn, identifier, literal, numberIn, rowsOf, type Cell, type Series } from './influxql.ts';
import { MAX_TIME_NS, MIN_TIME_NS, clampTime, tagText } from './line-protocol.ts';
import {
  SAMPLE_COLUMNS,
  hasMoreText,
  inOrder,
  storedSampleOf,
  type Row,
  type StoredSample,
} from './sample-rows.ts';
import type { SignalRegistry } from './signal-registry.ts';

/** Rows of one answer. */
const PAGE_ROWS = 50_000;
const STATEMENTS_PER_QUERY = 50;

export type Query = (statement: string) => Promise<Series[][]>;

/** Reads samples and buckets by InfluxQL. */
export class SampleQueries {
  readonly #query: Query;
  readonly #registry: SignalRegistry;

  constructor(query: Query, registry: SignalRegistry) {
    this.#query = query;
    this.#registry = registry;
  }

  async samples(signal: SignalId, range: TimeRange, limit: number): Promise<Sample[]> {
    return (await this.stored(signal, range, limit)).map(({ sample }) => sample);
  }

  /** Samples with their order of delivery. */
  async stored(signal: SignalId, range: TimeRange, limit: number): Promise<StoredSample[]> {
    const source = this.source(signal);
    const bounds = timeBounds(range);
    if (source === undefined || bounds === undefined || limit < 1) return [];
    const found: StoredSample[] = [];
    for (let offset = 0; offset < limit; offset += PAGE_ROWS) {
      const rows = await this.#page(`${source} AND ${bounds}`, Math.min(PAGE_ROWS, limit - offset), offset);
      for (const row of rows) found.push(storedSampleOf(row, signal));
      if (rows.length < PAGE_ROWS) break;
    }
    // Ties at the end of the answer: in their order, though cut where InfluxDB cut them.
    return found
      .sort(inOrder)
      .filter(({ sample: { sourceTimestamp: at } }) => at >= range.from && at < range.to);
  }

  async #page(source: string, limit: number, offset: number): Promise<Row[]> {
    const [series = []] = await this.#query(
      `SELECT ${SAMPLE_COLUMNS} ${source} ORDER BY time LIMIT ${limit} OFFSET ${offset}`,
    );
    const rows = rowsOf(series);
    for (const [i, row] of rows.entries()) if (hasMoreText(row)) rows[i] = await this.#wholeRow(source, row);
    return rows;
  }

  /** A row with all its parts of text. */
  async #wholeRow(source: string, row: Row): Promise<Row> {
    const [series = []] = await this.#query(`SELECT * ${source} AND time = ${String(row['time'])}`);
    return rowsOf(series).find(({ n, seq }) => same(n, row['n']) && same(seq, row['seq'])) ?? row;
  }

  async countSamples(signal: SignalId, range: TimeRange, limit: number): Promise<number> {
    const source = this.source(signal);
    const bounds = timeBounds(range);
    if (source === undefined || bounds === undefined) return 0;
    const [series = []] = await this.#query(`SELECT count("seq") AS "count" ${source} AND ${bounds}`);
    const count = rowsOf(series).reduce((sum, row) => sum + numberIn(row['count']), 0);
    return Math.min(count, limit);
  }

  async buckets(signals: readonly SignalId[], range: TimeRange, buckets: number): Promise<Bucket[][]> {
    const plan = planBuckets(range, buckets);
    const answered: Bucket[][] = signals.map(() => []);
    const bounds = timeBounds(plan.range);
    if (plan.count === 0 || bounds === undefined) return answered;
    const { widthNs, originNs } = plan;
    const offset = ((originNs % widthNs) + widthNs) % widthNs;
    const asked = signals.flatMap((signal, i) => {
      const source = this.source(signal);
      return source === undefined
        ? []
        : [
            {
              i,
              statement: `SELECT ${AGGREGATES} ${source} AND ${bounds} GROUP BY time(${widthNs}ns, ${offset}ns) fill(none)`,
            },
          ];
    });
    for (let from = 0; from < asked.length; from += STATEMENTS_PER_QUERY) {
      const some = asked.slice(from, from + STATEMENTS_PER_QUERY);
      const answers = await this.#query(some.map(({ statement }) => statement).join('; '));
      some.forEach(({ i }, k) => (answered[i] = rowsOf(answers[k] ?? []).flatMap(bucketOf)));
    }
    return answered;
  }

  /** `FROM ... WHERE` of all signals of a machine; `undefined` when nobody has announced it. */
  machineSource(machine: MachineId): string | undefined {
    const kinds = this.#registry.kindsOf(machine);
    const [site = '', id = ''] = machine.split('/');
    const from = kinds.map((kind) => identifier(tagText(kind))).join(', ');
    return kinds.length === 0
      ? undefined
      : `FROM ${from} WHERE "site" = ${literal(site)} AND "machine" = ${literal(id)}`;
  }

  /** `FROM ... WHERE` of one signal; `undefined` when nobody has announced it. */
  source(signal: SignalId): string | undefined {
    const parts = parseSignalId(signal);
    if (!parts) return undefined;
    const source = this.machineSource(`${parts.site}/${parts.machine}`);
    if (source === undefined || this.#registry.no(signal) === undefined) return undefined;
    return `${source} AND "signal" = ${literal(tagText(parts.path))}`;
  }
}

const AGGREGATES = `count("seq") AS "count", count("value") AS "good", min("value") AS "min", max("value") AS "max",
  mean("value") AS "mean", first("value") AS "first", last("value") AS "last", max("status") AS "worst"`;

function bucketOf(row: Row): Bucket[] {
  const count = numberIn(row['count']);
  if (count === 0) return [];
  const has = numberIn(row['good']) > 0;
  const number = (cell: Cell | undefined): number | null =>
    has && cell !== null && cell !== undefined ? Number(cell) : null;
  return [
    {
      t: bigintIn(row['time']),
      min: number(row['min']),
      mean: number(row['mean']),
      max: number(row['max']),
      first: number(row['first']),
      last: number(row['last']),
      count,
      worstStatus: numberIn(row['worst']),
    },
  ];
}

/** `undefined` for an empty range. */
export function timeBounds({ from, to }: TimeRange): string | undefined {
  if (from >= to) return undefined;
  const last = to > MAX_TIME_NS ? MAX_TIME_NS : to - 1n;
  return last < MIN_TIME_NS ? undefined : `time >= ${clampTime(from)} AND time <= ${clampTime(last)}`;
}

const same = (a: Cell | undefined, b: Cell | undefined): boolean => String(a ?? '') === String(b ?? '');
