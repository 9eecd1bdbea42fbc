import { parseSignalId, type MachineId, type SignalId } from '#domain/asset-path.ts';
import type { Sample } from '#domain/sample.ts';
import type { TimeRange } from '#domain/sample-store.ts';
import { identifier, literal, numberIn, rowsOf, type Cell, type Series } from './influxql.ts';
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

export type Query = (statement: string) => Promise<Series[][]>;

/** Reads samples by InfluxQL. */
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

/** `undefined` for an empty range. */
export function timeBounds({ from, to }: TimeRange): string | undefined {
  if (from >= to) return undefined;
  const last = to > MAX_TIME_NS ? MAX_TIME_NS : to - 1n;
  return last < MIN_TIME_NS ? undefined : `time >= ${clampTime(from)} AND time <= ${clampTime(last)}`;
}

const same = (a: Cell | undefined, b: Cell | undefined): boolean => String(a ?? '') === String(b ?? '');
