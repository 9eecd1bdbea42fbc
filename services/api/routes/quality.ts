import { qualityRoute, type SignalQuality } from '#contracts/api/quality.ts';
import { machineId, type SignalId } from '#domain/asset-path.ts';
import type { Signal } from '#domain/machine.ts';
import { planBuckets } from '#domain/rollup.ts';
import type { Bucket, Gap, LatestSample, SampleStore, TimeRange } from '#domain/sample-store.ts';
import { BAD_WAITING_FOR_INITIAL_DATA, type StatusCode } from '#domain/status-code.ts';
import { msToNs, nsToIso, type TimeNs } from '#domain/time.ts';
import type { ApiContext } from '../api-context.ts';
import { isPathStale } from '../live/path-watch.ts';
import {
  sharesOf,
  stretchesOf,
  unclearSlices,
  united,
  type SliceRows,
  type Slices,
} from '../quality/slice-quality.ts';
import type { RouteTable } from '../route-table.ts';
import { findMachine } from './machines.ts';
import { pageAfter } from './page.ts';
import { rangeOf } from './time-range.ts';

/** Of the range; as many again before it. */
const SLICES = 120;
/** More than this in one slice are not looked through: then its worst status stands for its last one. */
const MOST_IN_SLICE = 2_000;
const MAX_GAPS = 500;
/** Signals that are asked for their first sample: they begin together. */
const MOST_ASKED = 8;
const NO_ROWS: SliceRows = new Map();
/** So many samples are enough to say that a signal speaks, or stands still. */
const ENOUGH_SAMPLES = 10;
/** Of the range: who has stood still for less may just be at rest. */
const ENOUGH_TIME = 0.5;

export function addQualityRoute(routes: RouteTable, context: ApiContext): void {
  routes.get(qualityRoute, async ({ params, query }) => {
    const catalogue = findMachine(context, machineId(params.site, params.machine));
    const range = rangeOf(query, context.clock);
    const { id } = catalogue.machine;
    const page = pageAfter(catalogue.signals, ({ path }) => path, query);
    const stale = isPathStale(
      context.presence.machines().find(({ machine }) => machine === id),
      context.clock.now(),
    );
    const answer = await context.gate.run(() =>
      judge(context.store, page.items, { range, machine: id, stale }),
    );
    return { machine: id, from: nsToIso(range.from), to: nsToIso(range.to), stale, ...page, ...answer };
  });
}

interface Question {
  readonly range: TimeRange;
  readonly machine: `${string}/${string}`;
  readonly stale: boolean;
}

async function judge(store: SampleStore, signals: readonly Signal[], { range, machine, stale }: Question) {
  const looked = { from: range.from - (range.to - range.from), to: range.to };
  const plan = planBuckets(looked, 2 * SLICES);
  const slices: Slices = {
    originMs: toMs(plan.originNs),
    widthMs: toMs(plan.widthNs),
    count: plan.count,
    fromMs: toMs(range.from),
    toMs: toMs(range.to),
  };
  const ids = signals.map(({ id }) => id);
  const [buckets, gaps] = await Promise.all([
    ids.length > 0 ? store.buckets(ids, looked, 2 * SLICES) : [],
    store.gaps(range, machine),
  ]);
  const latest = new Map(store.latest(machine).map((sample) => [sample.signal, sample]));
  const seen = signals.map(({ id }, i) => {
    const rows = rowsOf(buckets[i] ?? [], slices);
    return { id, rows: startsWithLatest(rows, slices, latest.get(id)) ?? rows };
  });
  const knownSince = await firstKnown(store, { seen, gaps, machine, slices });
  const known = knownSince === undefined ? slices : { ...slices, fromMs: toMs(knownSince) };
  const items: SignalQuality[] = [];
  for (const [i, signal] of signals.entries()) {
    const rows = seen[i]?.rows ?? NO_ROWS;
    const lasts = await lastStatuses(store, signal.id, rows, slices);
    items.push(qualityOf(signal, { rows, lasts, slices, known, gaps, stale, latest: latest.get(signal.id) }));
  }
  return {
    items,
    knownSince: knownSince === undefined ? null : nsToIso(knownSince),
    sliceMs: slices.widthMs,
    gaps: gaps.slice(-MAX_GAPS).map(wireGap),
  };
}

interface Seen {
  readonly seen: readonly { readonly id: SignalId; readonly rows: SliceRows }[];
  readonly gaps: readonly Gap[];
  readonly machine: `${string}/${string}`;
  readonly slices: Slices;
}

/** Time of the first that is known of a machine, where that lies inside the range: before it nothing can be good or bad. */
async function firstKnown(
  store: SampleStore,
  { seen, gaps, machine, slices }: Seen,
): Promise<TimeNs | undefined> {
  const firsts = seen.map(({ rows }) => Math.min(...rows.keys()));
  const first = Math.min(...firsts);
  const startMs = slices.originMs + first * slices.widthMs;
  if (startMs <= slices.fromMs) return undefined;
  const earliest = seen.filter((_, i) => firsts[i] === first).slice(0, first < Infinity ? MOST_ASKED : 0);
  const samples = await Promise.all(
    earliest.map(({ id }) => store.samples(id, timesOf(startMs, startMs + slices.widthMs), 1)),
  );
  const times = [
    ...samples.flatMap(([sample]) => (sample ? [sample.sourceTimestamp] : [])),
    ...gaps.filter((gap) => gap.machine === machine).map((gap) => gap.from),
  ];
  const [least] = times.toSorted((a, b) => (a < b ? -1 : 1));
  return least !== undefined && toMs(least) > slices.fromMs ? least : undefined;
}

const timesOf = (fromMs: number, toMs: number): TimeRange => ({
  from: msToNs(Math.floor(fromMs)),
  to: msToNs(Math.ceil(toMs)),
});

interface Known {
  readonly rows: SliceRows;
  readonly lasts: ReadonlyMap<number, StatusCode>;
  readonly slices: Slices;
  /** The same from the time on at which the machine is known. */
  readonly known: Slices;
  readonly gaps: readonly Gap[];
  readonly stale: boolean;
  readonly latest: LatestSample | undefined;
}

function qualityOf(
  signal: Signal,
  { rows, lasts, slices, known, gaps, stale, latest }: Known,
): SignalQuality {
  const own = gaps.filter((gap) => gap.signal === undefined || gap.signal === signal.id);
  const holes = united(own.map(({ from, to }) => ({ fromMs: toMs(from), toMs: toMs(to) })));
  const stretches = stretchesOf(slices, rows);
  const isLong = stretches.withinMs >= ENOUGH_TIME * (slices.toMs - slices.fromMs);
  return {
    signal: signal.id,
    ...sharesOf(known, rows, holes, lasts),
    samples: stretches.within,
    statusCode: latest?.statusCode ?? BAD_WAITING_FOR_INITIAL_DATA,
    lastSampleAt: latest ? nsToIso(latest.sourceTimestamp) : null,
    gaps: own.length,
    condition: conditionOf(signal, stretches, { stale, isLong, isKnown: latest !== undefined }),
  };
}

/** Nothing came for long: the latest sample, older than all that was looked at, holds from the start. */
function startsWithLatest(
  rows: SliceRows,
  { originMs }: Slices,
  latest: LatestSample | undefined,
): SliceRows | undefined {
  if (rows.size > 0 || !latest || toMs(latest.sourceTimestamp) >= originMs) return undefined;
  return new Map([[0, { samples: 1, worstStatus: latest.statusCode, min: null, max: null }]]);
}

function conditionOf(
  { dataType, range, isArray }: Signal,
  { before, within, isConstant }: ReturnType<typeof stretchesOf>,
  { stale, isLong, isKnown }: Readonly<Record<'stale' | 'isLong' | 'isKnown', boolean>>,
): SignalQuality['condition'] {
  if (!isKnown) return 'never';
  if (!stale && within === 0 && before >= ENOUGH_SAMPLES) return 'silent';
  const isMeasured = (dataType === 'Double' || dataType === 'Float') && range !== undefined && !isArray;
  return isMeasured && isLong && within >= ENOUGH_SAMPLES && isConstant ? 'stuck' : 'ok';
}

function rowsOf(buckets: readonly Bucket[], { originMs, widthMs }: Slices): SliceRows {
  return new Map(
    buckets.map(({ t, count, worstStatus, min, max }) => [
      Math.round((toMs(t) - originMs) / widthMs),
      { samples: count, worstStatus, min, max },
    ]),
  );
}

/** Read from the samples themselves, for the few slices where it cannot be told otherwise. */
async function lastStatuses(
  store: SampleStore,
  signal: SignalId,
  rows: SliceRows,
  slices: Slices,
): Promise<ReadonlyMap<number, StatusCode>> {
  const found = new Map<number, StatusCode>();
  for (const i of unclearSlices(slices, rows)) {
    const startMs = slices.originMs + i * slices.widthMs;
    const samples = await store.samples(signal, timesOf(startMs, startMs + slices.widthMs), MOST_IN_SLICE);
    const last = samples.at(-1);
    if (last && samples.length < MOST_IN_SLICE) found.set(i, last.statusCode);
  }
  return found;
}

const wireGap = ({ machine, signal, from, to, cause }: Gap) => ({
  ...(machine === undefined ? {} : { machine }),
  ...(signal === undefined ? {} : { signal }),
  from: nsToIso(from),
  to: nsToIso(to),
  cause,
});

const toMs = (ns: bigint): number => Number(ns) / 1e6;
