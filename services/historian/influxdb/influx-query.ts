import { ConnectionError, codeOf } from '#platform/errors.ts';
import { refusedCredentials, type InfluxHttp } from './influx-http.ts';
import { readAnswer, readChunks, type Series } from './influxql.ts';

/** Rows of a series in one chunk. */
const CHUNK_ROWS = 1_000_000;

export interface Question {
  /** One or several, `;` between. */
  readonly statement: string;
  readonly database?: string;
}

/**
 * InfluxQL over `/query`, times in ns. 1.6.7 says `partial` of every series of more than 10,000 rows, though they are all there [measured]; so it does of
 * one that its max-row-limit has cut. Then the same is asked for in chunks, which have no such limit. @throws ConnectionError or StartError with one plain sentence
 */
export async function askInfluxql(http: InfluxHttp, question: Question): Promise<Series[][]> {
  const body = await bodyOf(http, question, '');
  try {
    return readAnswer(body);
  } catch (error) {
    if (codeOf(error) !== 'INFLUX_ROW_LIMIT') throw error;
    return readChunks(await bodyOf(http, question, `&chunked=true&chunk_size=${CHUNK_ROWS}`));
  }
}

async function bodyOf(http: InfluxHttp, { statement, database }: Question, more: string): Promise<string> {
  const db = database === undefined ? '' : `db=${encodeURIComponent(database)}&`;
  const { status, body } = await http.call({
    path: `/query?${db}epoch=ns${more}`,
    body: `q=${encodeURIComponent(statement)}`,
    contentType: 'application/x-www-form-urlencoded',
  });
  if (status === 401 || status === 403) throw refusedCredentials(http, status);
  if (status === 404)
    throw new ConnectionError(
      'INFLUX_NO_DATABASE',
      `InfluxDB at ${http.origin} does not know ${database ?? 'this path'}: ${body.slice(0, 200).trim()}`,
    );
  if (status >= 500)
    throw new ConnectionError(
      'INFLUX_QUERY',
      `InfluxDB answers a query with ${status}: ${body.slice(0, 200)}`,
    );
  return body;
}
