import { ConnectionError } from '#platform/errors.ts';
import { refusedCredentials, type InfluxHttp } from './influx-http.ts';
import { readAnswer, type Series } from './influxql.ts';

export interface Question {
  /** One or several, `;` between. */
  readonly statement: string;
  readonly database?: string;
}

/** InfluxQL over `/query`, times in ns. @throws ConnectionError or StartError with one plain sentence */
export async function askInfluxql(http: InfluxHttp, { statement, database }: Question): Promise<Series[][]> {
  const db = database === undefined ? '' : `db=${encodeURIComponent(database)}&`;
  const { status, body } = await http.call({
    path: `/query?${db}epoch=ns`,
    body: `q=${encodeURIComponent(statement)}`,
    contentType: 'application/x-www-form-urlencoded',
  });
  if (status === 401 || status === 403) throw refusedCredentials(http, status);
  if (status === 404)
    throw new ConnectionError(
      'INFLUX_NO_DATABASE',
      `InfluxDB at ${http.origin} does not know ${database ?? 'this path'}: ${body.slice(0, 200)}`,
    );
  if (status >= 500)
    throw new ConnectionError(
      'INFLUX_QUERY',
      `InfluxDB answers a query with ${status}: ${body.slice(0, 200)}`,
    );
  return readAnswer(body);
}
