import type { Influxd } from '../../support/influxd.ts';
import type { InfluxUnderTest } from './influxdb-harness.ts';

/** Shards that end before `timeMs`: what influxd's retention service drops. */
function shardsBefore(answer: string, database: string, timeMs: number): number[] {
  const { results } = JSON.parse(answer) as {
    results: { series?: { name: string; columns: string[]; values?: (string | number)[][] }[] }[];
  };
  const series = results[0]?.series?.find(({ name }) => name === database);
  const cell = (row: readonly (string | number)[], name: string): string =>
    String(row[series?.columns.indexOf(name) ?? -1]);
  return (series?.values ?? [])
    .filter((row) => Date.parse(cell(row, 'end_time')) < timeMs)
    .map((row) => Number(cell(row, 'id')));
}

/** Retention of a real influxd, at the time that a test says. */
export const retentionOf = (
  influxd: () => Influxd,
): Pick<InfluxUnderTest, 'keepAll' | 'dropBefore' | 'drop'> => ({
  keepAll: async (database) => {
    await influxd().query(`ALTER RETENTION POLICY "autogen" ON "${database}" DURATION INF`);
  },
  dropBefore: async (database, timeMs) => {
    for (const id of shardsBefore(await influxd().query('SHOW SHARDS'), database, timeMs))
      await influxd().query(`DROP SHARD ${id}`);
  },
  drop: async (database) => {
    await influxd().query(`DROP DATABASE "${database}"; DROP DATABASE "${database}-ledger"`);
  },
});
