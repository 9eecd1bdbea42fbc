import { StartError, codeOf } from '#platform/errors.ts';
import type { DatabaseOrder, Generation } from './generation.ts';
import { askInfluxql } from './influx-query.ts';
import { refusedMaking, type InfluxHttp } from './influx-http.ts';
import { identifier, numberIn, rowsOf, textIn } from './influxql.ts';

const HOURS_PER_DAY = 24;

/** InfluxDB 1.x: databases with a default retention policy, made by InfluxQL. */
export function createDatabases1(http: InfluxHttp, label: string): Generation {
  const ask = (statement: string): ReturnType<typeof askInfluxql> => askInfluxql(http, { statement });

  async function policyHours(name: string): Promise<number | undefined> {
    const [series = []] = await ask('SHOW DATABASES');
    if (!rowsOf(series).some((row) => row['name'] === name)) return undefined;
    const [policies = []] = await ask(`SHOW RETENTION POLICIES ON ${identifier(name)}`);
    const policy = rowsOf(policies).find((row) => row['default'] === true);
    if (policy === undefined)
      throw new StartError(
        'INFLUX_NO_POLICY',
        `the database ${name} has no default retention policy`,
        'ALTER RETENTION POLICY ... DEFAULT',
      );
    return hoursOf(textIn(policy['duration']));
  }

  return {
    number: 1,
    label,
    writePath: (database) => `/write?db=${encodeURIComponent(database)}&precision=ns`,
    ensureDatabase: async ({ name, retentionDays }: DatabaseOrder) => {
      let hours = await policyHours(name);
      if (hours === undefined) {
        const duration = retentionDays === 0 ? 'INF' : `${Math.round(retentionDays * HOURS_PER_DAY)}h`;
        const order = `WITH DURATION ${duration} SHARD DURATION ${shardOf(retentionDays)} NAME "autogen"`;
        await ask(`CREATE DATABASE ${identifier(name)} ${order}`).catch((error: unknown) => {
          throw codeOf(error) === 'INFLUX_CREDENTIALS' ? refusedMaking(http, name) : error;
        });
        hours = await policyHours(name);
      }
      return (hours ?? 0) / HOURS_PER_DAY;
    },
    retentionOf: async (database) => {
      const hours = await policyHours(database);
      return hours === undefined ? undefined : hours / HOURS_PER_DAY;
    },
    bytesOnDisk: async (databases) => {
      const [series = []] = await ask("SHOW STATS FOR 'shard'");
      return rowsOf(series.filter(({ tags }) => databases.includes(tags['database'] ?? ''))).reduce(
        (sum, row) => sum + numberIn(row['diskBytes']),
        0,
      );
    },
  };
}

/** A shard is what retention drops at once: a day, as InfluxDB itself takes it for up to six months; a week for ever. */
const shardOf = (retentionDays: number): string =>
  retentionDays === 0 ? '168h' : retentionDays < 2 ? '1h' : '24h';

/** `720h0m0s` */
function hoursOf(duration: string): number {
  const [, hours = '0', minutes = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?/.exec(duration) ?? [];
  return Number(hours) + Number(minutes) / 60;
}
