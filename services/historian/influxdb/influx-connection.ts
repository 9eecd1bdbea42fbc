import type { InfluxHistorianConfig } from '#contracts/config/historian.ts';
import type { Clock } from '#platform/clock.ts';
import { StartError } from '#platform/errors.ts';
import { detectGeneration } from './detect-generation.ts';
import type { Generation } from './generation.ts';
import type { InfluxHttp } from './influx-http.ts';
import type { Series } from './influxql.ts';
import { Ledger } from './ledger.ts';
import { LineWriter } from './line-writer.ts';

/** A server that is known, with both databases there. */
export interface InfluxConnection {
  readonly generation: Generation;
  readonly retentionDays: number;
  readonly ledgerName: string;
  readonly writer: LineWriter;
  readonly ledger: Ledger;
}

export interface ConnectOrder {
  readonly config: InfluxHistorianConfig;
  readonly http: InfluxHttp;
  readonly clock: Clock;
  readonly ask: (database: string, statement: string) => Promise<Series[][]>;
}

/** Finds out what answers and makes what is missing. @throws StartError or ConnectionError with one plain sentence */
export async function connectInflux({ config, http, clock, ask }: ConnectOrder): Promise<InfluxConnection> {
  const { database, retentionDays: wanted } = config;
  const ledgerName = `${database}-ledger`;
  await http.authorize();
  const generation = await detectGeneration(http, config);
  const retentionDays = await generation.ensureDatabase({ name: database, retentionDays: wanted });
  const ledgerDays = await generation.ensureDatabase({ name: ledgerName, retentionDays: 0 });
  if (ledgerDays !== 0)
    throw new StartError(
      'INFLUX_LEDGER_RETENTION',
      `${ledgerName} forgets after ${ledgerDays} days`,
      'it holds what was received: its retention must be infinite',
    );
  const writer = new LineWriter({ http, generation, config, clock });
  return { generation, retentionDays, ledgerName, writer, ledger: new Ledger(ledgerName, writer, ask) };
}
