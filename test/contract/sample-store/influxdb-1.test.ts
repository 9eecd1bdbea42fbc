import { afterAll, beforeAll, describe } from 'vitest';
import { startInfluxd, type Influxd } from '../../support/influxd.ts';
import { describeWith } from '../../support/programs.ts';
import { influxHarness } from './influxdb-harness.ts';
import { describeSampleStore } from './suite.ts';

interface Shard {
  readonly id: number;
  readonly end: string;
}

/** Shards that end before `timeMs`: what influxd's retention service drops. */
function shardsBefore(answer: string, database: string, timeMs: number): number[] {
  const { results } = JSON.parse(answer) as {
    results: { series?: { name: string; columns: string[]; values?: (string | number)[][] }[] }[];
  };
  const series = results[0]?.series?.find(({ name }) => name === database);
  const column = (name: string): number => series?.columns.indexOf(name) ?? -1;
  const shards = (series?.values ?? []).map((row): Shard => ({ id: Number(row[column('id')]), end: String(row[column('end_time')]) })); // prettier-ignore
  return shards.filter(({ end }) => Date.parse(end) < timeMs).map(({ id }) => id);
}

describeWith('influxd', 'InfluxDB 1.x', (program) => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd(program);
  });
  afterAll(() => influxd.remove());

  describe('on the real influxd', () => {
    describeSampleStore(
      influxHarness({
        name: 'InfluxDB 1.x (influxd)',
        config: () => ({ url: influxd.url }),
        keepAll: async (database) => {
          await influxd.query(`ALTER RETENTION POLICY "autogen" ON "${database}" DURATION INF`);
        },
        dropBefore: async (database, timeMs) => {
          for (const id of shardsBefore(await influxd.query('SHOW SHARDS'), database, timeMs))
            await influxd.query(`DROP SHARD ${id}`);
        },
        drop: async (database) => {
          await influxd.query(`DROP DATABASE "${database}"; DROP DATABASE "${database}-ledger"`);
        },
      }),
    );
  });
});
