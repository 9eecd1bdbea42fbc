import type { InfluxHistorianConfig } from '#contracts/config/historian.ts';
import { ConnectionError, StartError } from '#platform/errors.ts';
import type { Generation } from './generation.ts';
import { createDatabases1 } from './generation-1.ts';
import { createBuckets } from './generation-2.ts';
import { createDatabases3 } from './generation-3.ts';
import { refusedCredentials, type InfluxHttp } from './influx-http.ts';

const PORTS = 'InfluxDB listens on 8086, InfluxDB 3 on 8181';

/** Asks the server what it is. @throws StartError when it is no InfluxDB, ConnectionError when nothing answers */
export async function detectGeneration(http: InfluxHttp, config: InfluxHistorianConfig): Promise<Generation> {
  const { status, headers, body } = await http.call({ method: 'GET', path: '/ping' });
  if (status === 401 || status === 403) throw refusedCredentials(http, status);
  if (status >= 500)
    throw new ConnectionError(
      'INFLUX_UNREACHABLE',
      `what answers at ${http.origin} says ${status}; check that InfluxDB runs behind it`,
    );
  const header = headers['x-influxdb-version'];
  const version = typeof header === 'string' ? header : versionIn(body);
  const build = headers['x-influxdb-build'];
  // VictoriaMetrics answers with an InfluxDB version, keeps duplicates and acknowledges lines that it drops [measured, 1.79.5].
  if (version === undefined || headers['x-server-hostname'] !== undefined)
    throw new StartError(
      'INFLUX_UNKNOWN',
      `what answers at ${http.origin} is no InfluxDB`,
      `the address, and whether it is http or https; ${PORTS}`,
    );
  const label = `${version.replace(/^v/, '')}${typeof build === 'string' ? ` ${build}` : ''}`;
  switch (/^v?(\d+)/.exec(version)?.[1]) {
    case '1':
      return createDatabases1(http, label);
    case '2':
      return createBuckets(http, label, config.org);
    case '3':
      await http.useBearer();
      return createDatabases3(http, label);
    default:
      throw new StartError(
        'INFLUX_VERSION',
        `InfluxDB ${label} at ${http.origin} is of no generation known here`,
        '1.x, 2.x and 3.x are',
      );
  }
}

/** InfluxDB 3 answers `{"version": "3.x.y", ...}`. */
function versionIn(body: string): string | undefined {
  try {
    const { version } = JSON.parse(body) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
