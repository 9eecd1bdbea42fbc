/**
 * After a loss: what can still be had is fetched (history, current values), what cannot is declared. The subscription is
 * delivering meanwhile; none of this holds it up.
 */
import { CallMethodRequest, DataType, Variant, coerceNodeId, type DataValue } from 'node-opcua-client';
import { msToNs, nsToMs, type TimeNs } from '#domain/time.ts';
import type { Logger } from '#platform/logger.ts';
import type { NewestSample, SourceGap, SourceSink } from '../../pipeline/source.ts';
import { pause, within } from './deadline.ts';
import { serviceStatus } from './failure.ts';
import { readHoles, sinceNs, type HistoryContext, type HistoryOutcome, type SignalHole } from './history.ts';
import { inChunks } from './limits.ts';
import type { Item } from './item-table.ts';
import type { NotificationReader } from './notification-reader.ts';
import { readAttributes } from './session.ts';

export interface HealingContext extends HistoryContext {
  readonly machineId: string;
  readonly sink: SourceSink;
  readonly reader: NotificationReader;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly subscriptionId: number;
  readonly publishingIntervalMs: number;
}

/** Something was lost between two times; `before` is what was known of each signal then. */
export interface Hole {
  readonly cause: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly before: ReadonlyMap<number, NewestSample | undefined>;
}

/** First values of every signal are waited for so long before a hole is taken as open to the end. */
const FIRSTS_TIMEOUT_MS = 15_000;
const LOOK_MS = 100;
/** More signals than this: one gap record for the machine tells it. */
const MAX_GAP_RECORDS = 50;

export const machineGap = (
  machineId: string,
  { fromMs, toMs, cause }: Pick<Hole, 'fromMs' | 'toMs' | 'cause'>,
): SourceGap => ({ machineId, from: msToNs(Math.min(fromMs, toMs)), to: msToNs(toMs), cause });

// Server and its method ResendData (Part 5, 9.2).
const SERVER = coerceNodeId('i=2253');
const RESEND_DATA = coerceNodeId('i=12873');

/**
 * The current value of every item once more: by ResendData, else by reading. A lost notification may have held the last
 * change of a signal that stands still from then on. Rows that are there already are left out.
 */
export async function fetchCurrent(
  context: HealingContext,
  items: readonly Item[],
): Promise<'resent' | 'read'> {
  const settleMs = context.publishingIntervalMs * 2 + LOOK_MS;
  if (await resend(context)) {
    await pause(settleMs, context.signal);
    return 'resent';
  }
  const values = await readItems(context, items);
  await pause(settleMs, context.signal);
  await context.reader.takeRead(items, values, 'taken', context.signal);
  await pause(settleMs, context.signal);
  return 'read';
}

async function resend({ session, subscriptionId, timeoutMs, pace, log }: HealingContext): Promise<boolean> {
  await pace();
  const request = new CallMethodRequest({
    objectId: SERVER,
    methodId: RESEND_DATA,
    inputArguments: [new Variant({ dataType: DataType.UInt32, value: subscriptionId })],
  });
  try {
    const result = await within(timeoutMs, 'asking for current values', session.call(request));
    if (result.statusCode.isGoodish()) return true;
    log.debug({ status: result.statusCode.name }, 'the server does not resend, its values are read');
  } catch (error) {
    const status = serviceStatus(error);
    if (!status) throw error;
    log.debug({ status: status.name }, 'the server does not resend, its values are read');
  }
  return false;
}

export async function readItems(
  { session, limits, timeoutMs, pace }: HistoryContext,
  items: readonly Item[],
): Promise<(DataValue | undefined)[]> {
  return inChunks<Item, DataValue | undefined>(
    items,
    limits.read,
    async (chunk) => {
      await pace();
      return readAttributes(
        session,
        chunk.map(({ nodeId }) => ({ nodeId })),
        timeoutMs,
      );
    },
    () => undefined,
  );
}

/**
 * Fills a hole from the server's history, signal by signal, and declares what stays open.
 * @param historized those of `items` that have a history
 * @param firstNs where the hole of each signal ends; filled by the reader while values come in
 */
export async function healFromHistory(
  context: HealingContext,
  hole: Hole,
  {
    items,
    historized,
    firstNs,
  }: {
    readonly items: readonly Item[];
    readonly historized: readonly Item[];
    readonly firstNs: ReadonlyMap<number, TimeNs>;
  },
): Promise<void> {
  const { signal } = context;
  const deadline = performance.now() + FIRSTS_TIMEOUT_MS;
  while (items.some(({ alias }) => !firstNs.has(alias)) && performance.now() < deadline && !signal.aborted)
    await pause(LOOK_MS, signal);
  if (signal.aborted) return;
  const holeOf = (item: Item): SignalHole => ({
    item,
    before: hole.before.get(item.alias),
    sinceMs: hole.fromMs,
    untilNs: firstNs.get(item.alias),
  });
  const changed = items.map(holeOf).filter((one) => !isUnchanged(one));
  const withHistory = new Set(historized);
  const asked = changed.filter(({ item }) => withHistory.has(item));
  const outcomes = await outcomesOf(context, asked);
  const isProven = hole.cause !== 'server-restarted';
  const open = changed.flatMap((one) => {
    const { kind, lastNs } = outcomes.get(one) ?? NO_HISTORY;
    if (kind !== 'complete') return [{ ...one, fromNs: sinceNs(one) }];
    // What a server wrote down last before it went is not proven to be all that it had.
    return isProven ? [] : [{ ...one, fromNs: lastNs ?? sinceNs(one) }];
  });
  context.log.info(
    { machine: context.machineId, cause: hole.cause, asked: asked.length, open: open.length },
    'a hole was filled from the server’s history',
  );
  await declare(context, hole, { open, all: items.length });
}

const NO_HISTORY: HistoryOutcome = { kind: 'refused', lastNs: undefined };

/** The same value at the same source time before and after: nothing happened in between. */
const isUnchanged = ({ before, untilNs }: SignalHole): boolean =>
  before !== undefined && untilNs !== undefined && untilNs / 100n === before.timeNs / 100n;

async function outcomesOf(
  context: HealingContext,
  asked: readonly SignalHole[],
): Promise<Map<SignalHole, HistoryOutcome>> {
  const { reader, signal } = context;
  try {
    return await readHoles(context, asked, {
      take: (one, values) => reader.takeHistory(one.item.alias, values, signal),
      asSample: (one, value) => reader.asSample(one.item.alias, value),
    });
  } catch (error) {
    const status = serviceStatus(error);
    if (!status) throw error;
    context.log.warn(
      { machine: context.machineId, status: status.name },
      'the server refuses to show its history',
    );
    return new Map();
  }
}

interface OpenHole extends SignalHole {
  readonly fromNs: TimeNs;
}

async function declare(
  { machineId, sink }: HealingContext,
  hole: Hole,
  { open, all }: { readonly open: readonly OpenHole[]; readonly all: number },
): Promise<void> {
  if (open.length === 0) return;
  if (open.length === all || open.length > MAX_GAP_RECORDS) {
    await sink.gap(machineGap(machineId, hole));
    return;
  }
  for (const one of open) {
    const from = one.fromNs;
    const now = msToNs(Math.max(hole.toMs, nsToMs(from) + 1));
    // A server that begins anew with older times does not end the hole before it began.
    const to = one.untilNs !== undefined && one.untilNs > from ? one.untilNs : now;
    await sink.gap({ machineId, path: one.item.path, from, to, cause: hole.cause });
  }
}
