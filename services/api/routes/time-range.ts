import { MAX_RANGE_DAYS } from '#contracts/api/samples.ts';
import type { SignalId } from '#domain/asset-path.ts';
import type { SampleStore, TimeRange } from '#domain/sample-store.ts';
import { msToNs, NS_PER_S, nsToIso, type TimeNs } from '#domain/time.ts';
import type { Clock } from '#platform/clock.ts';
import { ApiProblem } from '../api-problem.ts';

const HOUR_NS = 3_600n * NS_PER_S;
const MAX_RANGE_NS = BigInt(MAX_RANGE_DAYS) * 24n * HOUR_NS;

/** The range asked for; the last hour by default. @throws ApiProblem RANGE_INVALID */
export function rangeOf(
  query: { readonly from?: TimeNs | undefined; readonly to?: TimeNs | undefined },
  clock: Clock,
): TimeRange {
  const to = query.to ?? msToNs(clock.now());
  const from = query.from ?? to - HOUR_NS;
  if (from >= to) {
    const said = `from (${nsToIso(from)}) must be before to (${nsToIso(to)})`;
    throw new ApiProblem('RANGE_INVALID', said, { issues: [{ path: 'from', message: said }] });
  }
  if (to - from > MAX_RANGE_NS) {
    const said = `the range may be ${MAX_RANGE_DAYS} days long at most`;
    throw new ApiProblem('RANGE_INVALID', said, { issues: [{ path: 'to', message: said }] });
  }
  return { from, to };
}

/** @throws ApiProblem SIGNAL_UNKNOWN */
export function requireSignals(store: Pick<SampleStore, 'signalNo'>, signals: readonly SignalId[]): void {
  const unknown = signals.filter((signal) => store.signalNo(signal) === undefined);
  if (unknown.length === 0) return;
  throw new ApiProblem(
    'SIGNAL_UNKNOWN',
    `No signal has the id ${unknown.map((id) => `"${id}"`).join(', ')}.`,
    {
      issues: unknown.map((id) => ({ path: 'signal', message: id })),
    },
  );
}
