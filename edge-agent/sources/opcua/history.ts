/** HistoryRead (Part 11, 6.5.3 ReadRawModifiedDetails): what a server recorded while nobody listened. */
import {
  AttributeIds,
  HistoryData,
  HistoryReadRequest,
  ReadRawModifiedDetails,
  TimestampsToReturn,
  type DataValue,
  type HistoryReadResponse,
  type HistoryReadResult,
} from 'node-opcua-client';
import { msToNs, nsToMs, type TimeNs } from '#domain/time.ts';
import type { NewestSample } from '../../pipeline/source.ts';
import { inChunks } from './limits.ts';
import type { Item } from './item-table.ts';
import { readAttributes, transact, type UaServices } from './session.ts';

export interface HistoryContext {
  readonly session: UaServices;
  /** Nodes per Read and per HistoryRead. */
  readonly limits: { readonly read: number; readonly history: number };
  readonly timeoutMs: number;
  readonly pace: () => Promise<void>;
}

/** Bit 2 of AccessLevel (Part 3, 8.57): HistoryRead. */
const HISTORY_READ = 4;
const VALUES_PER_NODE = 1_000;
/** Nodes whose holes begin within this go into one request. */
const SAME_START_MS = 10_000;
/** The server's clock may be ahead of ours. */
const AHEAD_MS = 3_600_000;

/** Those of `items` that the server keeps a history of, for this user. */
export async function historizedItems(context: HistoryContext, items: readonly Item[]): Promise<Item[]> {
  const levels = await inChunks<Item, DataValue | undefined>(
    items,
    context.limits.read,
    async (chunk) => {
      await context.pace();
      return readAttributes(
        context.session,
        chunk.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.UserAccessLevel })),
        context.timeoutMs,
      );
    },
    () => undefined,
  );
  return items.filter((_item, i) => {
    const level = levels[i];
    return level?.statusCode.isGoodish() === true && (Number(level.value.value) & HISTORY_READ) !== 0;
  });
}

/** The hole of one signal: after `before`, up to the first value that came by subscription again. */
export interface SignalHole {
  readonly item: Item;
  /** Newest sample before the hole; absent = none is known, `sinceMs` counts. */
  readonly before: NewestSample | undefined;
  readonly sinceMs: number;
  /** Source time of the first value after it; absent = none came. */
  readonly untilNs: TimeNs | undefined;
}

export interface SignalHistory {
  /** Values within the hole, in order; called once per answer. */
  readonly take: (hole: SignalHole, values: readonly DataValue[]) => Promise<void>;
  /** A value as the journal would hold it. */
  readonly asSample: (hole: SignalHole, value: DataValue) => NewestSample | undefined;
}

export interface HistoryOutcome {
  readonly kind: 'complete' | 'incomplete' | 'refused';
  /** Source time of the newest value that the history had of the hole, or of the sample before it. */
  readonly lastNs: TimeNs | undefined;
}

/** Walks the answers of one signal in order and lets through what lies in its hole. */
class HoleFilter {
  readonly hole: SignalHole;
  #hasOverlap: boolean;
  #lastNs: TimeNs | undefined;
  isOver = false;
  isRefused = false;

  constructor(hole: SignalHole) {
    this.hole = hole;
    this.#hasOverlap = hole.before === undefined;
  }

  /**
   * `complete` only when the history also has the sample before the hole: a record that began later proves nothing. Of
   * values in the same tick as that sample, those behind it are taken.
   */
  get outcome(): HistoryOutcome {
    const kind = this.isRefused ? 'refused' : this.#hasOverlap ? 'complete' : 'incomplete';
    return { kind, lastNs: this.#lastNs };
  }

  pass(values: readonly DataValue[], asSample: SignalHistory['asSample']): DataValue[] {
    const { before, untilNs } = this.hole;
    return values.filter((value) => {
      const sample = asSample(this.hole, value);
      if (!sample || this.isOver) return false;
      if (untilNs !== undefined && sample.timeNs >= tickOf(untilNs)) {
        this.isOver = true;
        return false;
      }
      if (!before || sample.timeNs >= tickOf(before.timeNs)) this.#lastNs = sample.timeNs;
      if (!before || sample.timeNs > before.timeNs) return true;
      if (sample.timeNs < tickOf(before.timeNs)) return false;
      const isBefore = sample.statusCode === before.statusCode && equal(sample.value, before.value);
      const isTaken = this.#hasOverlap && !isBefore;
      this.#hasOverlap ||= isBefore;
      return isTaken;
    });
  }
}

const tickOf = (timeNs: TimeNs): TimeNs => timeNs - (((timeNs % 100n) + 100n) % 100n);

function equal(a: NewestSample['value'], b: NewestSample['value']): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (typeof a === 'object' && a !== null)
    return typeof b === 'object' && b !== null && 'json' in b && a.json === b.json;
  return Object.is(a, b);
}

/** @throws what ends the session; a signal whose history is refused comes back as such. */
export async function readHoles(
  context: HistoryContext,
  holes: readonly SignalHole[],
  history: SignalHistory,
): Promise<Map<SignalHole, HistoryOutcome>> {
  const outcomes = new Map<SignalHole, HistoryOutcome>();
  for (const group of bySimilarStart(holes, context.limits.history)) {
    const filters = group.map((hole) => new HoleFilter(hole));
    await readGroup(context, filters, history);
    for (const filter of filters) outcomes.set(filter.hole, filter.outcome);
  }
  return outcomes;
}

const startMsOf = ({ before, sinceMs }: SignalHole): number => (before ? nsToMs(before.timeNs) : sinceMs);

function bySimilarStart(holes: readonly SignalHole[], limit: number): SignalHole[][] {
  const groups: SignalHole[][] = [];
  for (const hole of [...holes].sort((a, b) => startMsOf(a) - startMsOf(b))) {
    const group = groups.at(-1);
    const first = group?.[0];
    if (group && first && group.length < limit && startMsOf(hole) - startMsOf(first) <= SAME_START_MS)
      group.push(hole);
    else groups.push([hole]);
  }
  return groups;
}

async function readGroup(
  context: HistoryContext,
  filters: readonly HoleFilter[],
  history: SignalHistory,
): Promise<void> {
  const startMs = Math.min(...filters.map(({ hole }) => startMsOf(hole)));
  const untilMs = Math.max(Date.now(), ...filters.map(({ hole }) => nsToMs(hole.untilNs ?? 0n))) + AHEAD_MS;
  let open = filters.map((filter) => ({ filter, point: undefined as Buffer | undefined }));
  while (open.length > 0) {
    const results = await ask(context, open, { startMs, untilMs });
    const next: typeof open = [];
    const unneeded: typeof open = [];
    for (const [i, { filter }] of open.entries()) {
      const result = results[i];
      if (!result?.statusCode.isGoodish()) {
        filter.isRefused = true;
        continue;
      }
      const data = result.historyData;
      const values = data instanceof HistoryData ? (data.dataValues ?? []) : [];
      await history.take(filter.hole, filter.pass(values, history.asSample));
      const point: Buffer | null | undefined = result.continuationPoint;
      if (point && point.length > 0) (filter.isOver ? unneeded : next).push({ filter, point });
    }
    if (unneeded.length > 0) await ask(context, unneeded, { startMs, untilMs, isRelease: true });
    open = next;
  }
}

/** Answers one result per node; `undefined` where the request was refused because of it. */
async function ask(
  { session, limits, timeoutMs, pace }: HistoryContext,
  open: readonly { readonly filter: HoleFilter; readonly point: Buffer | undefined }[],
  {
    startMs,
    untilMs,
    isRelease = false,
  }: { readonly startMs: number; readonly untilMs: number; readonly isRelease?: boolean },
): Promise<(HistoryReadResult | undefined)[]> {
  return inChunks<(typeof open)[number], HistoryReadResult | undefined>(
    open,
    limits.history,
    async (chunk) => {
      await pace();
      const request = new HistoryReadRequest({
        historyReadDetails: new ReadRawModifiedDetails({
          isReadModified: false,
          startTime: new Date(startMs),
          endTime: new Date(untilMs),
          numValuesPerNode: VALUES_PER_NODE,
          returnBounds: false,
        }),
        timestampsToReturn: TimestampsToReturn.Both,
        releaseContinuationPoints: isRelease,
        nodesToRead: chunk.map(({ filter, point }) => ({
          nodeId: filter.hole.item.nodeId,
          ...(point && { continuationPoint: point }),
        })),
      });
      const response = await transact<HistoryReadResponse>(session, request, {
        timeoutMs,
        what: 'reading history',
      });
      return response.results ?? [];
    },
    () => undefined,
  );
}

/** For holes without any known sample. */
export const sinceNs = ({ before, sinceMs }: SignalHole): TimeNs => before?.timeNs ?? msToNs(sinceMs);
