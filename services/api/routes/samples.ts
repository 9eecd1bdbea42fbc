import { COLUMNS_MEDIA_TYPE, MAX_TOTAL_POINTS, samplesRoute } from '#contracts/api/samples.ts';
import { machineId, parseSignalId, type SignalId } from '#domain/asset-path.ts';
import { planBuckets } from '#domain/rollup.ts';
import type { Gap, TimeRange } from '#domain/sample-store.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiProblem } from '../api-problem.ts';
import { Answer, type RouteTable } from '../route-table.ts';
import { seriesColumns } from '../wire/series-columns.ts';
import { seriesJson, type Series, type SeriesAnswer } from '../wire/series-json.ts';
import { rangeOf, requireSignals } from './time-range.ts';

export function addSamplesRoute(routes: RouteTable, context: ApiContext): void {
  routes.get(samplesRoute, async ({ query }) => {
    const range = rangeOf(query, context.clock);
    requireSignals(context.store, query.signal);
    if (query.signal.length * query.maxPoints > MAX_TOTAL_POINTS) {
      const message = `signals times maxPoints may be ${MAX_TOTAL_POINTS} at most`;
      throw new ApiProblem('BAD_PARAMETER', message, { issues: [{ path: 'maxPoints', message }] });
    }
    const answer = await context.gate.run(() => readSeries(context, query.signal, range, query.maxPoints));
    return query.format === 'columns'
      ? new Answer(seriesColumns(answer), { mediaType: COLUMNS_MEDIA_TYPE })
      : new Answer(seriesJson(answer));
  });
}

/** Raw where a signal has at most `maxPoints` samples in the range, else that many buckets. */
async function readSeries(
  { store }: ApiContext,
  signals: readonly SignalId[],
  range: TimeRange,
  maxPoints: number,
): Promise<SeriesAnswer> {
  const [gaps, counts] = await Promise.all([
    readGaps({ store }, signals, range),
    Promise.all(signals.map((signal) => store.countSamples(signal, range, maxPoints + 1))),
  ]);
  const isRaw = (i: number): boolean => (counts[i] ?? 0) <= maxPoints;
  const many = signals.filter((_, i) => !isRaw(i));
  const [bucketed, raw] = await Promise.all([
    many.length > 0 ? store.buckets(many, range, maxPoints) : Promise.resolve([]),
    Promise.all(
      signals.map(async (signal, i) =>
        isRaw(i) ? await store.samples(signal, range, maxPoints) : undefined,
      ),
    ),
  ]);
  const bucketMs = Number(planBuckets(range, maxPoints).widthNs) / 1e6;
  let next = 0;
  const series = signals.map((signal, i): Series => {
    const samples = raw[i];
    if (samples) return { signal, mode: 'raw', samples };
    next += 1;
    return { signal, mode: 'buckets', bucketMs, buckets: bucketed[next - 1] ?? [] };
  });
  return { range, series, gaps };
}

/** Of the signals asked for, and of their machines and streams as a whole. */
async function readGaps(
  { store }: Pick<ApiContext, 'store'>,
  signals: readonly SignalId[],
  range: TimeRange,
): Promise<readonly Gap[]> {
  const machines = new Set(
    signals.flatMap((signal) => {
      const parts = parseSignalId(signal);
      return parts ? [machineId(parts.site, parts.machine)] : [];
    }),
  );
  const wanted = new Set<string>(signals);
  const found = await store.gaps(range, machines.size === 1 ? [...machines][0] : undefined);
  return found.filter(
    ({ machine, signal }) =>
      (signal === undefined || wanted.has(signal)) && (machine === undefined || machines.has(machine)),
  );
}
