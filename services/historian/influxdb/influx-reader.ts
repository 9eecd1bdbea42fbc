import { setTimeout as pause } from 'node:timers/promises';
import type { MachineId, SignalId } from '#domain/asset-path.ts';
import type { StreamState, TimeRange } from '#domain/sample-store.ts';
import {
  influxHistorianSchema,
  type InfluxHistorianConfig,
  type InfluxHistorianInput,
} from '#contracts/config/historian.ts';
import { systemClock } from '#platform/clock.ts';
import { ConnectionError, StartError, StoreUnavailableError } from '#platform/errors.ts';
import { NS_PER_DAY, dayOf, type MovedSample } from '../transfer/moved-sample.ts';
import type { DayCount, StoreReader } from '../transfer/store-copy.ts';
import { connectInflux, type InfluxConnection } from './influx-connection.ts';
import { InfluxHttp } from './influx-http.ts';
import { askInfluxql } from './influx-query.ts';
import { bigintIn, numberIn, rowsOf, type Series } from './influxql.ts';
import { MAX_TIME_NS, MIN_TIME_NS } from './line-protocol.ts';
import { SampleQueries, timeBounds } from './sample-queries.ts';
import type { StoredSample } from './sample-rows.ts';
import { SignalRegistry } from './signal-registry.ts';

/** Rows of one answer: an InfluxDB may be configured to give no more than 10,000. */
const PAGE_ROWS = 10_000;
const TRIES = 6;
const TRY_AGAIN_MS = 2_000;
const EPOCH_SHIFT = 44n;
const SEQUENCE_MASK = (1n << EPOCH_SHIFT) - 1n;
/** Days at the ends of what InfluxDB holds: it does not cut windows there. */
const FIRST_WHOLE_DAY = dayOf(MIN_TIME_NS) + 2;
const LAST_WHOLE_DAY = dayOf(MAX_TIME_NS) - 2;

/** Tries again while InfluxDB is away for a moment. @throws StartError with the last reason */
export async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) && !(error instanceof ConnectionError)) throw error;
      if (attempt === TRIES)
        throw new StartError(
          error.code,
          error.message,
          'InfluxDB, then run the same command again: it goes on where it was',
          { cause: error },
        );
      await pause(TRY_AGAIN_MS);
    }
  }
}

/** Reads all that lies in an InfluxDB, beside or without a store at work on it. */
export class InfluxReader implements StoreReader {
  readonly config: InfluxHistorianConfig;
  readonly registry = new SignalRegistry();
  readonly #http: InfluxHttp;
  readonly queries: SampleQueries;
  #connection: InfluxConnection | undefined;
  #storeId = '';

  constructor(config: InfluxHistorianInput) {
    this.config = influxHistorianSchema.parse(config);
    this.#http = new InfluxHttp(this.config);
    this.queries = new SampleQueries((statement) => this.ask(statement), this.registry);
  }

  get name(): string {
    return `${this.config.database} of InfluxDB at ${this.#http.origin}`;
  }

  get storeId(): string {
    return this.#storeId;
  }

  get connection(): InfluxConnection {
    if (!this.#connection) throw new StoreUnavailableError('INFLUX_CLOSED', 'the historian is not open');
    return this.#connection;
  }

  /** @throws StartError with one plain sentence: wrong address, token, organisation, version */
  async open(): Promise<void> {
    try {
      this.#connection = await connectInflux({
        config: this.config,
        http: this.#http,
        clock: systemClock,
        ask: (database, statement) => patiently(() => askInfluxql(this.#http, { statement, database })),
      });
      this.#storeId = await this.connection.ledger.storeId();
      await this.learnSignals();
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof StoreUnavailableError)
        throw new StartError(error.code, error.message, 'the address, and that InfluxDB runs', {
          cause: error,
        });
      throw error;
    }
  }

  async learnSignals(): Promise<void> {
    const { machines, kinds, signals } = await this.connection.ledger.catalogues();
    for (const { id, no } of signals) this.registry.number(id, no);
    for (const { machine, kind } of kinds) this.registry.addKind(machine, kind);
    for (const catalogue of machines) this.registry.learn(catalogue);
  }

  ask(statement: string): Promise<Series[][]> {
    return patiently(() => askInfluxql(this.#http, { statement, database: this.config.database }));
  }

  async counts(range: TimeRange): Promise<DayCount[]> {
    const counts: DayCount[] = [];
    for (const { machine } of this.registry.machines()) {
      const source = this.queries.machineSource(machine.id);
      if (source === undefined) continue;
      for (const part of partsOf(range)) counts.push(...(await this.#countPart(machine.id, source, part)));
    }
    return counts;
  }

  async #countPart(machine: MachineId, source: string, { range, windows }: CountPart): Promise<DayCount[]> {
    const bounds = timeBounds(range);
    if (bounds === undefined) return [];
    const [site = '', id = ''] = machine.split('/');
    const answers = await this.ask(
      `SELECT count("seq") AS "count" ${source} AND ${bounds} GROUP BY "signal"${windows ? ', time(1d) fill(none)' : ''}`,
    );
    return rowsOf(answers.flat()).flatMap((row) => {
      const no = this.registry.noOfTags(site, id, String(row['signal']));
      const signal = no === undefined ? undefined : this.registry.id(no);
      const samples = numberIn(row['count']);
      if (signal === undefined || samples === 0) return [];
      return [{ day: dayOf(windows ? bigintIn(row['time']) : range.from), signal, samples }];
    });
  }

  async read(
    signals: readonly SignalId[],
    range: TimeRange,
    onPage: (page: readonly MovedSample[]) => Promise<void> | void,
  ): Promise<void> {
    for (const signal of signals) await this.#readSignal(signal, range, onPage);
  }

  /** By time; samples of one time never straddle two pages. */
  async #readSignal(
    signal: SignalId,
    range: TimeRange,
    onPage: (page: readonly MovedSample[]) => Promise<void> | void,
  ): Promise<void> {
    let limit = PAGE_ROWS;
    for (let { from } = range; ;) {
      const page = await this.queries.stored(signal, { from, to: range.to }, limit);
      const last = page.at(-1)?.sample.sourceTimestamp;
      if (page.length < limit || last === undefined) return await onPage(page.map(movedOf));
      const complete = page.filter(({ sample }) => sample.sourceTimestamp < last);
      if (complete.length === 0) limit *= 2;
      else {
        await onPage(complete.map(movedOf));
        from = last;
        limit = PAGE_ROWS;
      }
    }
  }

  async streams(): Promise<readonly StreamState[]> {
    const { ledger } = this.connection;
    const states: StreamState[] = [];
    for (const { stream, epochNumber } of await ledger.streams())
      states.push({ stream, epochNumber, received: (await ledger.received(stream)).toArray() });
    return states;
  }

  close(): Promise<void> {
    this.#http.close();
    return Promise.resolve();
  }
}

export const movedOf = ({ sample, order }: StoredSample): MovedSample => ({
  sample,
  epochNumber: Number(order >> EPOCH_SHIFT),
  sequence: Number(order & SEQUENCE_MASK),
});

interface CountPart {
  readonly range: TimeRange;
  /** Day by day; else all in one, which lies within one day. */
  readonly windows: boolean;
}

function partsOf({ from, to }: TimeRange): CountPart[] {
  const first = BigInt(FIRST_WHOLE_DAY) * NS_PER_DAY;
  const end = BigInt(LAST_WHOLE_DAY) * NS_PER_DAY;
  const part = (low: bigint, high: bigint, windows: boolean): CountPart => ({
    range: { from: low > from ? low : from, to: high < to ? high : to },
    windows,
  });
  const edge = (day: number): CountPart =>
    part(BigInt(day) * NS_PER_DAY, BigInt(day + 1) * NS_PER_DAY, false);
  return [
    ...[FIRST_WHOLE_DAY - 2, FIRST_WHOLE_DAY - 1].map(edge),
    part(first, end, true),
    ...[LAST_WHOLE_DAY, LAST_WHOLE_DAY + 1, LAST_WHOLE_DAY + 2].map(edge),
  ].filter(({ range }) => range.from < range.to);
}
