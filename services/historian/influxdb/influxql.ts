/** InfluxQL, the one query language that 1.x, 2.x and 3.x share: literals, and answers read without loss. */
import { ConnectionError } from '#platform/errors.ts';

/** `"a \"name\""` */
export const identifier = (name: string): string =>
  `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

/** `'a \'text\''` */
export const literal = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;

/** Integers of 16 and more digits come as text: JSON's numbers would lose their last digits. */
export type Cell = string | number | boolean | null;

export interface Series {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly Cell[])[];
}

interface Answer {
  readonly results?: readonly {
    readonly statement_id?: number;
    readonly error?: string;
    readonly partial?: boolean;
    readonly series?: readonly (Partial<Series> & { readonly partial?: boolean })[];
  }[];
  readonly error?: string;
}

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Every number of 16 and more characters in quotes; strings are left as they are. */
const quoteLongNumbers = (json: string): string =>
  json.replace(STRING_OR_NUMBER, (token) =>
    token.length < 16 || token.startsWith('"') ? token : `"${token}"`,
  );

/** The series of each statement. @throws ConnectionError when the answer is an error, cut short or no InfluxQL answer */
export function readAnswer(body: string): Series[][] {
  const answer = parse(body);
  if (answer.error !== undefined)
    throw new ConnectionError('INFLUX_QUERY', `InfluxDB refuses a query: ${answer.error}`);
  if (!answer.results) throw notInflux(body);
  return answer.results.map(({ error, partial, series = [] }) => {
    if (error !== undefined) throw new ConnectionError('INFLUX_QUERY', `InfluxDB refuses a query: ${error}`);
    if (partial === true || series.some((one) => one.partial === true))
      throw new ConnectionError('INFLUX_ROW_LIMIT', 'InfluxDB cut an answer short; raise its max-row-limit');
    return series.map(({ name = '', tags = {}, columns = [], values = [] }) => ({
      name,
      tags,
      columns,
      values,
    }));
  });
}

/** The same of an answer in chunks: a JSON text in each line, a series that goes on is marked as partial. @throws ConnectionError */
export function readChunks(body: string): Series[][] {
  const statements: Series[][] = [];
  let goesOn = false;
  for (const line of body.split('\n')) {
    if (line === '') continue;
    const { results, error } = parse(line);
    const problem = error ?? results?.find((result) => result.error !== undefined)?.error;
    if (problem !== undefined)
      throw new ConnectionError('INFLUX_QUERY', `InfluxDB refuses a query: ${problem}`);
    if (!results) throw notInflux(line);
    for (const { statement_id: id = 0, series = [] } of results) {
      const known = (statements[id] ??= []);
      for (const { name = '', tags = {}, columns = [], values = [], partial = false } of series) {
        const last = known.at(-1);
        if (goesOn && last) known[known.length - 1] = { ...last, values: [...last.values, ...values] };
        else known.push({ name, tags, columns, values });
        goesOn = partial;
      }
    }
  }
  if (goesOn) throw new ConnectionError('INFLUX_ROW_LIMIT', 'InfluxDB cut an answer short');
  return Array.from(statements, (series) => series ?? []);
}

function parse(body: string): Answer {
  try {
    return JSON.parse(quoteLongNumbers(body)) as Answer;
  } catch (cause) {
    throw notInflux(body, cause);
  }
}

const notInflux = (body: string, cause?: unknown): ConnectionError =>
  new ConnectionError('INFLUX_ANSWER', `what answers is no InfluxDB, or it failed: ${body.slice(0, 120)}`, {
    cause,
  });

/** Rows of all series as objects, tags among the columns. */
export function rowsOf(series: readonly Series[]): Readonly<Record<string, Cell>>[] {
  return series.flatMap(({ tags, columns, values }) =>
    values.map((cells) => {
      const row: Record<string, Cell> = { ...tags };
      columns.forEach((column, i) => (row[column] = cells[i] ?? null));
      return row;
    }),
  );
}

export const numberIn = (cell: Cell | undefined): number =>
  cell === null || cell === undefined ? 0 : Number(cell);
export const textIn = (cell: Cell | undefined): string =>
  cell === null || cell === undefined ? '' : String(cell);

/** An integer cell, exact. */
export const bigintIn = (cell: Cell | undefined): bigint => {
  if (cell === null || cell === undefined) return 0n;
  return typeof cell === 'string' && /^-?\d+$/.test(cell) ? BigInt(cell) : BigInt(Math.trunc(Number(cell)));
};
