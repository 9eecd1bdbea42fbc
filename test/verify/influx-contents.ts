/**
 * Reads what an InfluxDB holds of a centre as an outsider: over `/query` alone, by the description in docs/influxdb.md, with no
 * code of the historian.
 */
import { numberText, sampleKey } from './sample-key.ts';
import {
  isOwnWord,
  HISTORICAL,
  type StoreContents,
  type StoredGap,
  type StoredSample,
  type StoredStream,
} from './store-reader.ts';

export interface InfluxAddress {
  readonly url: string;
  readonly database: string;
  readonly username?: string;
  readonly password?: string;
}

type Cell = string | number | bigint | boolean | null;
type Row = Readonly<Record<string, Cell | undefined>>;

interface Answer {
  readonly results: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly name: string;
      readonly tags?: Readonly<Record<string, string>>;
      readonly columns: readonly string[];
      readonly values?: readonly (readonly Cell[])[];
    }[];
  }[];
  readonly error?: string;
}

/** Integers that a double cannot hold come as bigint: times of ns, orders, 64-bit values. */
const exactly = (
  _key: string,
  value: unknown,
  { source = '' }: { readonly source?: string } = {},
): unknown =>
  typeof value === 'number' && source.length > 15 && /^-?\d+$/.test(source) ? BigInt(source) : value;

/** Rows of one InfluxQL statement, tags among the columns. @throws when InfluxDB refuses it */
export async function influxRows(
  { url, username, password = '' }: InfluxAddress,
  database: string,
  statement: string,
): Promise<Row[]> {
  const parameters = new URLSearchParams({ db: database, epoch: 'ns', q: statement });
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  const headers: Record<string, string> =
    username === undefined ? {} : { authorization: `Basic ${credentials}` };
  const response = await fetch(`${url}/query`, { method: 'POST', body: parameters, headers });
  const { results = [], error } = JSON.parse(await response.text(), exactly) as Partial<Answer>;
  const problem = error ?? results.find((result) => result.error !== undefined)?.error;
  if (problem !== undefined) throw new Error(`${statement}: ${problem}`);
  return results.flatMap(({ series = [] }) =>
    series.flatMap(({ name, tags = {}, columns, values = [] }) =>
      values.map((cells): Row => ({
        measurement: name,
        ...tags,
        ...Object.fromEntries(columns.map((column, i) => [column, cells[i]])),
      })),
    ),
  );
}

const integer = (cell: Cell | undefined): bigint =>
  BigInt(typeof cell === 'bigint' ? cell : Number(cell ?? 0));
const isThere = (cell: Cell | undefined): cell is Exclude<Cell, null> => cell !== null && cell !== undefined;
/** Backslashes of tags are written `%5C`, and `%` as `%25` where it would be mistaken. */
const tagOf = (cell: Cell | undefined): string =>
  String(cell ?? '').replace(/%(5C|25)/g, (_all, code) => (code === '5C' ? '\\' : '%'));

/** `fromMs`: samples with an earlier time are left out. */
export async function readInflux(address: InfluxAddress, fromMs = -Infinity): Promise<StoreContents> {
  const { database } = address;
  const ledger = `${database}-ledger`;
  const after = Number.isFinite(fromMs) ? `WHERE time >= ${BigInt(Math.floor(fromMs)) * 1_000_000n}` : '';
  const rows = await influxRows(address, database, `SELECT * FROM /.*/ ${after}`);
  const samples = new Map<string, { sample: StoredSample; timeNs: bigint; n: number }[]>();
  let count = 0;
  for (const row of rows) {
    const order = row['seq'];
    if (!isThere(order) || row['signal'] === undefined) continue;
    const id = `${String(row['site'])}/${String(row['machine'])}/${tagOf(row['signal'])}`;
    const stored = {
      sample: sampleOf(row, integer(order)),
      timeNs: timeOf(row),
      n: Number(row['n'] ?? 0),
    };
    const series = samples.get(id);
    if (series) series.push(stored);
    else samples.set(id, [stored]);
    count += 1;
  }
  const announced = await influxRows(address, ledger, 'SELECT "id" FROM "signal"');
  const gaps = await influxRows(address, ledger, 'SELECT * FROM "gap"');
  return {
    samples: new Map([...samples].map(([id, series]) => [id, inOrder(series)])),
    signals: new Set(announced.map(({ id }) => String(id))),
    count,
    gaps: gaps.map(gapOf),
    streams: await streamsOf(address, ledger),
  };
}

const timeOf = (row: Row): bigint => integer(row['at'] ?? row['time']);

function inOrder(series: { sample: StoredSample; timeNs: bigint; n: number }[]): readonly StoredSample[] {
  series.sort(
    (a, b) =>
      a.sample.epoch - b.sample.epoch ||
      a.sample.sequence - b.sample.sequence ||
      Number(a.timeNs - b.timeNs) ||
      a.n - b.n,
  );
  return series.map(({ sample }, index) => ({ ...sample, index }));
}

const EPOCH_SHIFT = 44n;

function sampleOf(row: Row, order: bigint): StoredSample {
  const status = Number(row['status'] ?? 0);
  const isLate = isThere(row['seqh']);
  const flags = Number(row['flags'] ?? 0) | (isLate ? HISTORICAL : 0);
  return {
    key: sampleKey(String(timeOf(row)), status, textOf(row)),
    epoch: Number(order >> EPOCH_SHIFT),
    sequence: Number(order & ((1n << EPOCH_SHIFT) - 1n)),
    index: 0,
    isOwnWord: isOwnWord(flags, status),
    isLate,
  };
}

function wholeText(row: Row): string {
  let text = String(row['text'] ?? '');
  for (let part = 1; isThere(row[`text${part}`]); part += 1) text += String(row[`text${part}`]);
  return text;
}

function textOf(row: Row): string {
  switch (row['type']) {
    case 'null':
      return 'null';
    case 'NaN':
      return numberText(NaN);
    case '+Inf':
      return numberText(Infinity);
    case '-Inf':
      return numberText(-Infinity);
    case 'bytes':
      return `x:${Buffer.from(wholeText(row), 'base64').toString('hex')}`;
    case 'json':
      return `j:${wholeText(row)}`;
    case 'uint64':
      return `n:${String(row['text'])}`;
    default:
      return plainTextOf(row);
  }
}

function plainTextOf(row: Row): string {
  if (isThere(row['int'])) return `n:${String(row['int'])}`;
  if (isThere(row['bool'])) return `b:${row['bool'] === true ? 1 : 0}`;
  if (isThere(row['text'])) return `t:${wholeText(row)}`;
  const number = row['value'] ?? row['uncertain'];
  return isThere(number) ? numberText(Number(number)) : 'null';
}

const gapOf = (row: Row): StoredGap => ({
  machine: isThere(row['machine']) ? String(row['machine']) : undefined,
  signal: isThere(row['signal']) ? String(row['signal']) : undefined,
  from: integer(row['from']),
  to: integer(row['to']),
  cause: String(row['cause']),
});

async function streamsOf(address: InfluxAddress, ledger: string): Promise<StoredStream[]> {
  const opened = await influxRows(
    address,
    ledger,
    'SELECT "opened", "agent", "epoch" FROM "stream" ORDER BY time',
  );
  const streams: StoredStream[] = [];
  for (const { agent, epoch } of opened) {
    const where = `WHERE "agent" = '${String(agent)}' AND "epoch" = '${String(epoch)}'`;
    const [sums] = await influxRows(
      address,
      ledger,
      `SELECT sum("stored") AS "stored", sum("rejected") AS "rejected", sum("expired") AS "expired" FROM "record" ${where}`,
    );
    const [drops] = await influxRows(address, ledger, `SELECT sum("lost") AS "lost" FROM "drop" ${where}`);
    const received = await influxRows(address, ledger, `SELECT "stored" FROM "record" ${where}`);
    const epochNo = 1 + streams.filter((other) => other.agent === tagOf(agent)).length;
    streams.push({
      agent: tagOf(agent),
      epoch: tagOf(epoch),
      epochNo,
      stored: Number(sums?.['stored'] ?? 0),
      rejected: Number(sums?.['rejected'] ?? 0),
      expired: Number(sums?.['expired'] ?? 0),
      declaredLost: Number(drops?.['lost'] ?? 0),
      received: rangesOf(received.map(({ time }) => Number(time))),
    });
  }
  return streams;
}

function rangesOf(sequences: readonly number[]): (readonly [from: number, to: number])[] {
  const ranges: [number, number][] = [];
  for (const sequence of sequences.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && sequence <= last[1] + 1) last[1] = sequence;
    else ranges.push([sequence, sequence]);
  }
  return ranges;
}

/** Lines among the dead letters that InfluxDB refused. */
export async function refusedLines(address: InfluxAddress): Promise<string[]> {
  const letters = await influxRows(
    address,
    `${address.database}-ledger`,
    'SELECT "payload" FROM "dead_lines"',
  );
  return letters.flatMap(({ payload }) => Buffer.from(String(payload), 'base64').toString().split('\n'));
}
