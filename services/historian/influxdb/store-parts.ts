import type { ReadBack, SampleStore } from '#domain/sample-store.ts';
import type { InfluxHistorianConfig } from '#contracts/config/historian.ts';
import type { Clock } from '#platform/clock.ts';
import { AppendFlow, type AppendFlowOptions } from './append-flow.ts';
import { BucketQueries } from './bucket-queries.ts';
import { GapWatch } from './gap-watch.ts';
import type { Generation } from './generation.ts';
import { connectInflux } from './influx-connection.ts';
import type { InfluxHttp } from './influx-http.ts';
import type { Series } from './influxql.ts';
import { LedgerEvents } from './ledger-events.ts';
import type { Ledger } from './ledger.ts';
import type { LineWriter } from './line-writer.ts';
import type { NewestTimes } from './newest-times.ts';
import { createReadBack } from './read-back.ts';
import { Retention } from './retention.ts';
import type { HourBook, HourPorts } from './rolled-hours.ts';
import { RollupMaker } from './rollup-maker.ts';
import type { Query, SampleQueries } from './sample-queries.ts';
import type { SignalRegistry } from './signal-registry.ts';
import type { StreamBook } from './stream-book.ts';

const MS_PER_DAY = 86_400_000;

/** What a store has before its server is known. */
export interface PartsOrder {
  readonly config: InfluxHistorianConfig;
  readonly http: InfluxHttp;
  readonly clock: Clock;
  readonly ask: (database: string, statement: string) => Promise<Series[][]>;
  readonly samplesQuery: Query;
  readonly registry: SignalRegistry;
  readonly newest: NewestTimes;
  readonly book: StreamBook;
  readonly queries: SampleQueries;
  readonly hours: HourBook;
  readonly putCatalogue: SampleStore['putCatalogue'];
  readonly stored: AppendFlowOptions['stored'];
}

/** What is there once the server is known. */
export interface StoreParts {
  readonly storeId: string;
  readonly generation: Generation;
  readonly retention: Retention;
  readonly writer: LineWriter;
  readonly ledger: Ledger;
  readonly ledgerName: string;
  readonly events: LedgerEvents;
  readonly flow: AppendFlow;
  readonly gaps: GapWatch;
  readonly readBack: () => Promise<readonly ReadBack[]>;
  readonly buckets: BucketQueries;
  readonly rollups: RollupMaker;
}

/** @throws StartError or ConnectionError with one plain sentence */
export async function openParts(order: PartsOrder): Promise<StoreParts> {
  const { config, clock, samplesQuery: query, registry, queries, hours } = order;
  const { database, maxSignals } = config;
  const connection = await connectInflux(order);
  const { generation, writer, ledger } = connection;
  await ledger.assertFinished();
  const hourPorts: HourPorts = { query, ledgerRows: (statement) => ledger.rows(statement) };
  const retention = new Retention(connection.retentionDays, {
    read: () => generation.retentionOf(database),
    monotonic: () => clock.monotonic(),
    hours,
  });
  const flow = new AppendFlow({
    database,
    writer,
    ledger,
    book: order.book,
    query,
    rules: { registry, newest: order.newest, maxSignals },
    hours,
    retention,
    nowMs: () => clock.now(),
    putCatalogue: ({ catalogue }) => order.putCatalogue(catalogue),
    stored: order.stored,
  });
  const readBack = createReadBack({
    ledger,
    queries,
    query,
    keptFromMs: () => (retention.days === 0 ? undefined : clock.now() - retention.days * MS_PER_DAY),
    monotonic: () => clock.monotonic(),
  });
  return {
    ...connection,
    retention,
    storeId: await ledger.storeId(),
    flow,
    readBack,
    events: new LedgerEvents(ledger),
    gaps: new GapWatch((statement) => ledger.rows(statement)),
    buckets: new BucketQueries({ ...hourPorts, queries }),
    rollups: new RollupMaker({ ...hourPorts, registry, writer, database, hours, retention }),
  };
}
