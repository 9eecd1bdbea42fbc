import { StartError } from '#platform/errors.ts';
import type { DatabaseOrder, Generation } from './generation.ts';
import { refusedCredentials, refusedMaking, type InfluxHttp } from './influx-http.ts';

/**
 * InfluxDB 3 (Core, Enterprise): databases by `/api/v3/configure/database`, their retention fixed when they are made
 * (docs.influxdata.com/influxdb3/core/api). Writes go to the 2.x path, of which a database is a bucket. Documented, not proven here.
 */
export function createDatabases3(http: InfluxHttp, label: string): Generation {
  return {
    number: 3,
    label,
    writePath: (database) => `/api/v2/write?bucket=${encodeURIComponent(database)}&precision=ns`,
    ensureDatabase: async ({ name, retentionDays }: DatabaseOrder) => {
      const { status, body } = await http.call({
        path: '/api/v3/configure/database',
        contentType: 'application/json',
        body: JSON.stringify({
          db: name,
          ...(retentionDays > 0 && { retention_period: `${Math.round(retentionDays * 24)}h` }),
        }),
      });
      if (status === 401) throw refusedCredentials(http, status);
      if (status === 403) throw refusedMaking(http, name);
      // 409: it is there; how long it keeps is not told by the API of Core, so what we asked for is taken.
      if (status >= 300 && status !== 409)
        throw new StartError(
          'INFLUX_DATABASE',
          `the database ${name} cannot be made (${status}): ${body.slice(0, 200)}`,
          'make it by hand, or give a token that may; InfluxDB 3 Core holds 5',
        );
      return retentionDays;
    },
    retentionOf: () => Promise.resolve(undefined),
    bytesOnDisk: () => Promise.resolve(undefined),
  };
}
