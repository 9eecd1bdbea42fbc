import { randomUUID } from 'node:crypto';
import type { MachineId, SignalId } from '#domain/asset-path.ts';
import type {
  DeadLetter,
  Gap,
  MachineCatalogue,
  SignalNo,
  StreamAudit,
  StreamClose,
  StreamKey,
  TimeRange,
} from '#domain/sample-store.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import { RejectedError, StartError, StoreUnavailableError } from '#platform/errors.ts';
import { escape } from '@influxdata/influxdb-client';
import { bigintIn, literal, numberIn, rowsOf, textIn, type Cell, type Series } from './influxql.ts';
import { gapOf } from './gap-watch.ts';
import { closeLine, foldLine, letterLine, streamTags, type RecordCounts } from './ledger-lines.ts';
import { TEXT_PART_CHARS, clampTime, tagText, tagValueOf, textFields } from './line-protocol.ts';
import type { LineWriter } from './line-writer.ts';

export type Row = Readonly<Record<string, Cell>>;

const PAGE_ROWS = 100_000;

/** A stream's row in the ledger. */
export interface KnownStream {
  readonly stream: StreamKey;
  readonly epochNumber: number;
}

/** A declared loss, as the ledger keeps it. */
export interface Drop {
  readonly from: number;
  readonly to: number;
  readonly lost: number;
  readonly lostRanges: readonly SequenceRange[];
}

export interface StoredCatalogues {
  readonly machines: readonly MachineCatalogue[];
  readonly kinds: readonly { readonly machine: MachineId; readonly kind: string }[];
  readonly signals: readonly { readonly id: SignalId; readonly no: SignalNo }[];
}

/** Keys are times of now, made different by random µs: also of two workers, also when a clock steps back. */
const KEY_STEP_NS = 1_000n;

/** Reads and writes the database `<database>-ledger`. Holds nothing: every worker sees the same. */
export class Ledger {
  readonly #database: string;
  readonly #writer: LineWriter;
  readonly #query: (database: string, statement: string) => Promise<Series[][]>;
  #lastKeyNs = 0n;

  constructor(
    database: string,
    writer: LineWriter,
    query: (database: string, statement: string) => Promise<Series[][]>,
  ) {
    this.#database = database;
    this.#writer = writer;
    this.#query = query;
  }

  /** @throws StoreUnavailableError; RejectedError when a line is refused for what is in it while others are taken */
  async write(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const [refused] = await this.#writer.write(this.#database, lines);
    if (refused)
      throw new RejectedError(
        'INFLUX_LEDGER',
        `InfluxDB refuses a line of ${this.#database}: ${refused.reason}`,
      );
  }

  /** @throws StoreUnavailableError */
  async rows(statement: string): Promise<Row[]> {
    const [series = []] = await this.#query(this.#database, statement);
    return rowsOf(series);
  }

  /** The store's id, made by whoever comes first. @throws StartError when what was written cannot be read */
  async storeId(): Promise<string> {
    const read = async (): Promise<string> =>
      textIn((await this.rows('SELECT first("id") AS "id" FROM "store"'))[0]?.['id']);
    const known = await read();
    if (known !== '') return known;
    await this.write([`store id=${escape.quoted(randomUUID())} ${this.nextKey()}`]);
    const made = await read();
    if (made !== '') return made;
    throw new StartError(
      'INFLUX_UNKNOWN',
      'what answers takes writes but does not give them back: it is no InfluxDB',
      'the address; VictoriaMetrics and others only take its line protocol',
    );
  }

  /** @throws StartError when a copy into the store has begun and not ended */
  async assertFinished(): Promise<void> {
    const [row] = await this.rows('SELECT last("unfinished") AS "unfinished" FROM "copy"');
    if (row?.['unfinished'] !== true) return;
    throw new StartError(
      'COPY_UNFINISHED',
      `a copy into ${this.#database.replace(/-ledger$/, '')} has not come to its end`,
      'run the same `npm run historian -- copy` again, or drop both databases',
    );
  }

  async catalogues(): Promise<StoredCatalogues> {
    const [bodies = [], kinds = [], signals = []] = await this.#query(
      this.#database,
      'SELECT * FROM "machine" GROUP BY "machine" ORDER BY time DESC LIMIT 1; SELECT "kind", "machine" FROM "machine"; SELECT "id" FROM "signal" ORDER BY time',
    );
    return {
      machines: rowsOf(bodies).map((row) => JSON.parse(longText(row)) as MachineCatalogue),
      kinds: rowsOf(kinds).map((row) => ({
        machine: textIn(row['machine']) as MachineId,
        kind: textIn(row['kind']),
      })),
      signals: rowsOf(signals).map((row) => ({ id: textIn(row['id']) as SignalId, no: Number(row['time']) })),
    };
  }

  async putCatalogue(
    catalogue: MachineCatalogue,
    added: readonly { readonly id: SignalId; readonly no: SignalNo }[],
  ): Promise<void> {
    const { id, kind } = catalogue.machine;
    const body = textFields(JSON.stringify(catalogue));
    await this.write([
      ...added.map(({ id: signal, no }) => `signal id=${escape.quoted(signal)} ${no}`),
      `machine,machine=${escape.tag(tagText(id))} kind=${escape.quoted(kind)},${body} ${this.nextKey()}`,
    ]);
  }

  /** All streams; epochs of one agent numbered by when they were first opened. */
  async streams(): Promise<KnownStream[]> {
    const rows = await this.rows('SELECT "opened", "agent", "epoch" FROM "stream" ORDER BY time');
    const epochs = new Map<string, string[]>();
    const known: KnownStream[] = [];
    for (const row of rows) {
      const stream = { agent: tagValueOf(textIn(row['agent'])), epoch: tagValueOf(textIn(row['epoch'])) };
      const ofAgent = epochs.get(stream.agent) ?? [];
      epochs.set(stream.agent, ofAgent);
      if (ofAgent.includes(stream.epoch)) continue;
      known.push({ stream, epochNumber: ofAgent.push(stream.epoch) });
    }
    return known;
  }

  /** Registers the stream if it is new. */
  async openStream(stream: StreamKey): Promise<KnownStream> {
    const find = async (): Promise<KnownStream | undefined> =>
      (await this.streams()).find((known) => sameStream(known.stream, stream));
    const known = await find();
    if (known) return known;
    await this.write([`stream,${streamTags(stream)} opened=1i ${this.nextKey()}`]);
    const opened = await find();
    if (opened) return opened;
    throw new StoreUnavailableError('INFLUX_LEDGER', 'a stream that was just registered cannot be read back');
  }

  /** What was received: all up to the last fold, and each record behind it. */
  async received(stream: StreamKey): Promise<SequenceRanges> {
    const where = whereStream(stream);
    const folded = await this.#lastFold(stream);
    const ranges = SequenceRanges.of(folded.upTo > 0 ? [[1, folded.upTo]] : []);
    // What an agent gave up by its policy counts as received: nobody is to wait for it.
    for (const { lostRanges } of await this.drops(stream))
      for (const [from, to] of lostRanges) ranges.add(from, to);
    for (let from = folded.upTo; ;) {
      const rows = await this.rows(
        `SELECT "stored" FROM "record" WHERE ${where} AND time > ${from} ORDER BY time LIMIT ${PAGE_ROWS}`,
      );
      for (const row of rows) ranges.add(Number(row['time']));
      if (rows.length < PAGE_ROWS) return ranges;
      from = Number(rows.at(-1)?.['time']);
    }
  }

  async #lastFold(
    stream: StreamKey,
    atMost = Number.MAX_SAFE_INTEGER,
  ): Promise<{ upTo: number; sums: RecordCounts }> {
    const [row] = await this.rows(
      `SELECT * FROM "fold" WHERE ${whereStream(stream)} AND time <= ${atMost} ORDER BY time DESC LIMIT 1`,
    );
    return { upTo: row ? Number(row['time']) : 0, sums: sumsOf(row) };
  }

  /** Sums of all records up to `upTo`. */
  async sums(stream: StreamKey, upTo = Number.MAX_SAFE_INTEGER): Promise<RecordCounts> {
    const fold = await this.#lastFold(stream, upTo);
    const [row] = await this.rows(
      `SELECT sum("stored") AS "stored", sum("rejected") AS "rejected", sum("expired") AS "expired"
       FROM "record" WHERE ${whereStream(stream)} AND time > ${fold.upTo} AND time <= ${upTo}`,
    );
    const rest = sumsOf(row);
    return {
      stored: fold.sums.stored + rest.stored,
      rejected: fold.sums.rejected + rest.rejected,
      expired: fold.sums.expired + rest.expired,
    };
  }

  /** Sums what is received without a hole, so that no start and no audit reads it again. Says the same whoever does it. */
  async fold(stream: StreamKey, upTo: number): Promise<void> {
    if ((await this.received(stream)).contiguousEnd(1) < upTo) return;
    await this.write([foldLine(stream, upTo, await this.sums(stream, upTo))]);
  }

  /** Checksums of records that were stored, `undefined` where the ledger has none. */
  async checksums(stream: StreamKey, sequences: readonly number[]): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    if (sequences.length === 0) return found;
    const statements = sequences.map(
      (sequence) => `SELECT "checksum" FROM "record" WHERE ${whereStream(stream)} AND time = ${sequence}`,
    );
    for (const series of await this.#query(this.#database, statements.join('; ')))
      for (const row of rowsOf(series)) found.set(Number(row['time']), numberIn(row['checksum']));
    return found;
  }

  /** Declared losses. */
  async drops(stream: StreamKey): Promise<Drop[]> {
    const rows = await this.rows(`SELECT * FROM "drop" WHERE ${whereStream(stream)}`);
    return rows.map((row) => ({
      from: numberIn(row['from']),
      to: numberIn(row['to']),
      lost: numberIn(row['lost']),
      lostRanges: JSON.parse(longText(row)) as SequenceRange[],
    }));
  }

  /** Samples of the records in `ranges` that are here: stored, refused or too old. */
  async arrived(stream: StreamKey, ranges: readonly SequenceRange[]): Promise<number> {
    let arrived = 0;
    for (const [from, to] of ranges) {
      const [row] = await this.rows(
        `SELECT sum("stored") AS "stored", sum("rejected") AS "rejected", sum("expired") AS "expired" FROM "record"
         WHERE ${whereStream(stream)} AND time >= ${from} AND time <= ${to}`,
      );
      const { stored, rejected, expired } = sumsOf(row);
      arrived += stored + rejected + expired;
    }
    return arrived;
  }

  async close(stream: StreamKey, close: StreamClose): Promise<void> {
    const known = (await this.streams()).some((one) => sameStream(one.stream, stream));
    if (known)
      await this.write([closeLine(stream, close, (await this.received(stream)).size, this.nextKey())]);
  }

  async #closed(stream: StreamKey, received: SequenceRanges): Promise<StreamClose | undefined> {
    const [row] = await this.rows(
      `SELECT max("head") AS "head", max("produced") AS "produced", max("discarded") AS "discarded", max("carried") AS "carried",
       last("received") AS "received" FROM "close" WHERE ${whereStream(stream)}`,
    );
    if (!row || numberIn(row['received']) !== received.size) return undefined;
    return {
      head: numberIn(row['head']),
      produced: numberIn(row['produced']),
      discarded: numberIn(row['discarded']),
      carried: numberIn(row['carried']),
    };
  }

  /** Counted by InfluxDB, whoever stored it. */
  async audit({ stream, epochNumber }: KnownStream): Promise<StreamAudit> {
    const cut = await this.#cut(stream);
    const upTo = cut?.sequence ?? 0;
    const [all, atCut, received, drops] = await Promise.all([
      this.sums(stream),
      cut ? this.sums(stream, upTo) : undefined,
      this.received(stream),
      this.drops(stream),
    ]);
    const lostOf = (counts: (drop: Drop) => boolean): number =>
      drops.reduce((sum, drop) => sum + (counts(drop) ? drop.lost : 0), 0);
    return {
      stream,
      epochNumber,
      cut,
      received: received.toArray(),
      storedAtCut: atCut?.stored ?? 0,
      stored: all.stored,
      rejectedAtCut: atCut?.rejected ?? 0,
      rejected: all.rejected,
      expiredAtCut: atCut?.expired ?? 0,
      expired: all.expired,
      declaredLostAtCut: lostOf(({ to }) => to <= upTo),
      declaredLost: lostOf(() => true),
      lostAcrossCut: lostOf(({ from, to }) => from <= upTo && to > upTo),
      closed: await this.#closed(stream, received),
    };
  }

  async #cut(stream: StreamKey): Promise<StreamAudit['cut']> {
    const [row] = await this.rows(
      `SELECT "produced", "discarded" FROM "checkpoint" WHERE ${whereStream(stream)} ORDER BY time DESC LIMIT 1`,
    );
    return (
      row && {
        sequence: Number(row['time']),
        produced: numberIn(row['produced']),
        discarded: numberIn(row['discarded']),
      }
    );
  }

  async gaps({ from, to }: TimeRange, machine: MachineId | undefined): Promise<Gap[]> {
    const rows = await this.rows(
      `SELECT * FROM "gap" WHERE "from" < ${clampTime(to)} AND "to" > ${clampTime(from)}`,
    );
    return rows
      .filter(
        (row) =>
          machine === undefined ||
          row['machine'] === null ||
          row['machine'] === undefined ||
          row['machine'] === machine,
      )
      .map(gapOf);
  }

  async putLetter(letter: Omit<DeadLetter, 'id'>): Promise<void> {
    await this.write([letterLine(letter, this.nextKey())]);
  }

  /** A time that no other point of the ledger has. */
  nextKey(): bigint {
    const nowNs = BigInt(Date.now()) * 1_000_000n + BigInt(Math.floor(Math.random() * 1_000)) * KEY_STEP_NS;
    this.#lastKeyNs = nowNs > this.#lastKeyNs ? nowNs : this.#lastKeyNs + KEY_STEP_NS;
    return this.#lastKeyNs;
  }

  /** Newest first. */
  async letters(limit: number): Promise<DeadLetter[]> {
    const tail = `ORDER BY time DESC LIMIT ${Math.max(0, Math.floor(limit))}`;
    const [letters = [], lines = []] = await this.#query(
      this.#database,
      `SELECT * FROM "dead_letter" ${tail}; SELECT * FROM "dead_lines" ${tail}`,
    );
    return [
      ...rowsOf(letters).map((row) => letterOf(row, Number(bigintIn(row['time']) / KEY_STEP_NS))),
      ...rowsOf(lines).map((row) => letterOf(row, numberIn(row['sequence']))),
    ]
      .sort((a, b) => (a.receivedAt === b.receivedAt ? b.id - a.id : a.receivedAt < b.receivedAt ? 1 : -1))
      .slice(0, Math.max(0, Math.floor(limit)));
  }
}

export const whereStream = ({ agent, epoch }: StreamKey): string =>
  `"agent" = ${literal(tagText(agent))} AND "epoch" = ${literal(tagText(epoch))}`;

const sameStream = (a: StreamKey, b: StreamKey): boolean => a.agent === b.agent && a.epoch === b.epoch;

const sumsOf = (row: Row | undefined): RecordCounts => ({
  stored: numberIn(row?.['stored']),
  rejected: numberIn(row?.['rejected']),
  expired: numberIn(row?.['expired']),
});

function optional<T extends string>(cell: Cell | undefined): T | undefined {
  return typeof cell === 'string' ? (cell as T) : undefined;
}

/** A text that may lie in fields `text`, `text1`, ... */
export function longText(row: Row): string {
  let text = textIn(row['text']);
  if (text.length < TEXT_PART_CHARS - 1) return text;
  for (let i = 1; typeof row[`text${i}`] === 'string'; i += 1) text += textIn(row[`text${i}`]);
  return text;
}

function letterOf(row: Row, id: number): DeadLetter {
  const agent = optional(row['stream_agent']);
  const epoch = optional(row['stream_epoch']);
  return {
    id,
    receivedAt: bigintIn(row['received_at']),
    topic: textIn(row['topic']),
    code: textIn(row['code']),
    reason: textIn(row['reason']),
    stream: agent === undefined || epoch === undefined ? undefined : { agent, epoch },
    sequence: typeof row['sequence'] === 'number' ? row['sequence'] : undefined,
    samples: typeof row['samples'] === 'number' ? row['samples'] : undefined,
    payload: Buffer.from(textIn(row['payload']), 'base64'),
  };
}
