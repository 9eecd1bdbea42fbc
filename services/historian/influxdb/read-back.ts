/** Rows counted by InfluxDB itself, beside the counters of the ledger. */
import type { MachineId } from '#domain/asset-path.ts';
import type { ReadBack } from '#domain/sample-store.ts';
import { msToNs } from '#domain/time.ts';
import { escape } from '@influxdata/influxdb-client';
import { NS_PER_DAY } from '../transfer/moved-sample.ts';
import { bigintIn, numberIn, rowsOf, textIn } from './influxql.ts';
import { whereStream, type KnownStream, type Ledger } from './ledger.ts';
import { streamTags } from './ledger-lines.ts';
import { orderOf, tagText, tagValueOf } from './line-protocol.ts';
import type { Query, SampleQueries } from './sample-queries.ts';

/** A stream's time in the ledger when it was copied there: its epoch's number. */
const COPIED_BEFORE_NS = 1_000_000_000_000n;
/** A stream's first samples come after no more records than this. */
const FIRST_AT_MOST = 1_000;
/** Instead of a day: what was gone before the first count. */
const BEFORE = 'before';

/** A count that takes no longer is made whenever it is asked for. */
const EASY_MS = 30_000;
/** Others take a hundredth of the time at most. */
const REST = 100;

export interface ReadBackPorts {
  readonly ledger: Ledger;
  readonly queries: Pick<SampleQueries, 'machineSource'>;
  readonly query: Query;
  /** ms since 1970: older days may be gone. `undefined`: all is kept. */
  readonly keptFromMs: () => number | undefined;
}

/** A store's `readBack`: after a long count the last outcome is told again for a while. */
export function createReadBack(
  ports: ReadBackPorts & { readonly monotonic: () => number },
): () => Promise<readonly ReadBack[]> {
  let last: { endedMs: number; tookMs: number; outcomes: readonly ReadBack[] } | undefined;
  return async () => {
    const startedMs = ports.monotonic();
    const isRecent =
      last !== undefined && last.tookMs > EASY_MS && startedMs - last.endedMs < last.tookMs * REST;
    if (last && isRecent) return last.outcomes;
    const outcomes = await readBack(ports);
    const endedMs = ports.monotonic();
    last = { endedMs, tookMs: endedMs - startedMs, outcomes };
    return outcomes;
  };
}

interface Stream extends KnownStream {
  readonly upTo: number;
  readonly isWhole: boolean;
  readonly openedNs: bigint;
  readonly machines: readonly MachineId[];
  /** Sequence at which it began to be told what it carries; Infinity: not yet. */
  readonly first: number;
}

/**
 * Of each stream, or of several whose rows look alike, all records before the first hole: later ones may be on their way. What retention takes away is known by
 * the days: each count leaves the number of every day in the ledger, and a day that is too old and has fewer now has expired.
 */
async function readBack(ports: ReadBackPorts): Promise<ReadBack[]> {
  const outcomes: ReadBack[] = [];
  for (const group of groupsOf(await streamsOf(ports.ledger))) {
    // Where rows of several streams cannot be told apart there is no common point to count up to, unless nothing is on its way.
    if (group.length > 1 && group.some(({ isWhole }) => !isWhole)) continue;
    outcomes.push(await readGroup(ports, group));
  }
  return outcomes;
}

async function streamsOf(ledger: Ledger): Promise<Stream[]> {
  const streams: Stream[] = [];
  for (const known of await ledger.streams()) {
    const received = await ledger.received(known.stream);
    const upTo = received.contiguousEnd(1);
    const [opened] = await ledger.rows(
      `SELECT first("opened") FROM "stream" WHERE ${whereStream(known.stream)}`,
    );
    const carried = await carriedMachines(ledger, known.stream);
    streams.push({
      ...known,
      ...carried,
      upTo,
      isWhole: upTo === (received.max ?? 0),
      openedNs: bigintIn(opened?.['time']),
    });
  }
  return streams;
}

function groupsOf(streams: readonly Stream[]): Stream[][] {
  const groups: Stream[][] = [];
  for (const stream of streams) {
    const keys = new Set(stream.machines.map((machine) => `${stream.epochNumber} ${machine}`));
    const isAlike = (group: readonly Stream[]): boolean =>
      group.some((one) => one.machines.some((machine) => keys.has(`${one.epochNumber} ${machine}`)));
    const merged = [stream, ...groups.filter(isAlike).flat()];
    groups.splice(0, groups.length, ...groups.filter((group) => !isAlike(group)), merged);
  }
  return groups;
}

async function readGroup(ports: ReadBackPorts, group: readonly Stream[]): Promise<ReadBack> {
  const { ledger } = ports;
  const keptFromMs = ports.keptFromMs();
  const keptFromNs = keptFromMs === undefined ? undefined : msToNs(keptFromMs);
  const [first] = group as [Stream];
  let stored = 0;
  for (const { stream, upTo } of group) stored += (await ledger.sums(stream, upTo)).stored;
  const found = await countRows(ports, group);
  const held = await heldOf(ledger, first);
  const samples = [...found.values()].reduce((sum, count) => sum + count, 0);
  const news = new Map([...found].filter(([key, count]) => held.get(key) !== count));
  let expired = held.get(BEFORE) ?? 0;
  // Written by a program that did not count yet, copied, or so old that retention has been at it.
  const isOld =
    first.first > FIRST_AT_MOST ||
    first.openedNs < COPIED_BEFORE_NS ||
    (keptFromNs !== undefined && first.openedNs < keptFromNs);
  if (held.size === 0 && isOld && stored > samples) {
    expired = stored - samples;
    news.set(BEFORE, expired);
  }
  for (const [key, count] of held) {
    const now = found.get(key) ?? 0;
    const day = Number(key.split(' ')[0]);
    if (key === BEFORE || now >= count) continue;
    if (keptFromNs === undefined || BigInt(day) * NS_PER_DAY >= keptFromNs) continue;
    expired += count - now;
    // The greater number stays: it is what has expired.
    news.delete(key);
  }
  const time = ledger.nextKey();
  await ledger.write(
    [...news].map(
      ([key, count]) =>
        `held,${streamTags(first.stream)},key=${escape.tag(tagText(key))} samples=${count}i ${time}`,
    ),
  );
  return { streams: group.map(({ stream }) => stream), stored, samples, expired };
}

/** By `day machine`. */
async function countRows(
  { query, queries }: ReadBackPorts,
  group: readonly Stream[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const [{ epochNumber }] = group as [Stream];
  const last = orderOf(epochNumber, Math.max(...group.map(({ upTo }) => upTo)));
  for (const machine of new Set(group.flatMap(({ machines }) => machines))) {
    const source = queries.machineSource(machine);
    if (source === undefined) continue;
    const answers = await query(
      `SELECT count("seq") AS "rows" ${source} AND "seq" > ${orderOf(epochNumber, 0)} AND "seq" <= ${last} GROUP BY time(1d) fill(none)`,
    );
    for (const row of rowsOf(answers.flat())) {
      const key = `${bigintIn(row['time']) / NS_PER_DAY} ${machine}`;
      found.set(key, (found.get(key) ?? 0) + numberIn(row['rows']));
    }
  }
  return found;
}

async function heldOf(ledger: Ledger, { stream }: Stream): Promise<Map<string, number>> {
  const rows = await ledger.rows(
    `SELECT last("samples") AS "samples" FROM "held" WHERE ${whereStream(stream)} GROUP BY "key"`,
  );
  return new Map(rows.map((row) => [tagValueOf(textIn(row['key'])), numberIn(row['samples'])]));
}

/** Says in the ledger that a stream has brought samples of a machine, since about this sequence. */
export const carriesLine = (stream: KnownStream['stream'], machine: MachineId, first: number): string =>
  `carries,${streamTags(stream)},machine=${escape.tag(tagText(machine))} first=${first}i 1`;

/** What a stream carries, by its lines. */
export async function carriedMachines(
  ledger: Pick<Ledger, 'rows'>,
  stream: KnownStream['stream'],
): Promise<{ machines: MachineId[]; first: number }> {
  const rows = await ledger.rows(`SELECT "first", "machine" FROM "carries" WHERE ${whereStream(stream)}`);
  return {
    machines: rows.map((row) => textIn(row['machine']) as MachineId),
    first: Math.min(...rows.map((row) => numberIn(row['first']))),
  };
}
