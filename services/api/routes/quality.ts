import { qualityRoute, type SignalQuality } from '#contracts/api/quality.ts';
import { machineId, type SignalId } from '#domain/asset-path.ts';
import type { Signal } from '#domain/machine.ts';
import { planBuckets } from '#domain/rollup.ts';
import type { Bucket, Gap, LatestSample, SampleStore, TimeRange } from '#domain/sample-store.ts';
import { BAD_WAITING_FOR_INITIAL_DATA, type StatusCode } from '#domain/status-code.ts';
import { msToNs, nsToIso } from '#domain/time.ts';
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
/** So many samples are enough to say that a signal speaks, or stands still. */
const ENOUGH_SAMPLES = 10;

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
  const items: SignalQuality[] = [];
  for (const [i, signal] of signals.entries()) {
    const rows = rowsOf(buckets[i] ?? [], slices);
    const lasts = await lastStatuses(store, signal.id, rows, slices);
    items.push(qualityOf(signal, { rows, lasts, slices, gaps, stale, latest: latest.get(signal.id) }));
  }
  return { items, sliceMs: slices.widthMs, gaps: gaps.slice(-MAX_GAPS).map(wireGap) };
}

interface Known {
  readonly rows: SliceRows;
  readonly lasts: ReadonlyMap<number, StatusCode>;
  readonly slices: Slices;
  readonly gaps: readonly Gap[];
  readonly stale: boolean;
  readonly latest: LatestSample | undefined;
}

function qualityOf(signal: Signal, { rows, lasts, slices, gaps, stale, latest }: Known): SignalQuality {
  const own = gaps.filter((gap) => gap.signal === undefined || gap.signal === signal.id);
  const holes = united(own.map(({ from, to }) => ({ fromMs: toMs(from), toMs: toMs(to) })));
  const known = startsWithLatest(rows, slices, latest);
  const stretches = stretchesOf(slices, rows);
  return {
    signal: signal.id,
    ...sharesOf(slices, known ?? rows, holes, lasts),
    samples: stretches.within,
    statusCode: latest?.statusCode ?? BAD_WAITING_FOR_INITIAL_DATA,
    lastSampleAt: latest ? nsToIso(latest.sourceTimestamp) : null,
    gaps: own.length,
    condition: conditionOf(signal, stretches, { stale, isKnown: latest !== undefined }),
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
  { stale, isKnown }: { readonly stale: boolean; readonly isKnown: boolean },
): SignalQuality['condition'] {
  if (!isKnown) return 'never';
  if (!stale && within === 0 && before >= ENOUGH_SAMPLES) return 'silent';
  const isMeasured = (dataType === 'Double' || dataType === 'Float') && range !== undefined && !isArray;
  return isMeasured && within >= ENOUGH_SAMPLES && isConstant ? 'stuck' : 'ok';
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
    const from = msToNs(Math.floor(slices.originMs + i * slices.widthMs));
    const to = msToNs(Math.ceil(slices.originMs + (i + 1) * slices.widthMs));
    const samples = await store.samples(signal, { from, to }, MOST_IN_SLICE);
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
