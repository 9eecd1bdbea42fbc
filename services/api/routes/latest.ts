import { latestRoute } from '#contracts/api/samples.ts';
import type { LatestSample } from '#domain/sample-store.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiProblem } from '../api-problem.ts';
import { Answer, type RouteTable } from '../route-table.ts';
import { IsoTimeWriter } from '../wire/iso-time.ts';
import { valueJson } from '#contracts/api/json-value.ts';
import { findMachine } from './machines.ts';

export function addLatestRoute(routes: RouteTable, context: ApiContext): void {
  routes.get(latestRoute, ({ query }) => {
    if (query.machine !== undefined) findMachine(context, query.machine);
    const after = query.cursor === undefined ? 0 : cursorNumber(query.cursor);
    const samples = inNumberOrder(context.store.latest(query.machine)).filter(
      ({ signalNo }) => signalNo > after,
    );
    return new Answer(latestJson(samples, query.limit));
  });
}

function cursorNumber(cursor: string): number {
  if (/^\d{1,10}$/.test(cursor)) return Number(cursor);
  const message = 'is not the "next" of a page of this list';
  throw new ApiProblem('BAD_PARAMETER', `cursor: ${message}`, { issues: [{ path: 'cursor', message }] });
}

function inNumberOrder(samples: readonly LatestSample[]): readonly LatestSample[] {
  const sorted = samples.every((sample, i) => i === 0 || (samples[i - 1]?.signalNo ?? 0) < sample.signalNo);
  return sorted ? samples : samples.toSorted((a, b) => a.signalNo - b.signalNo);
}

/** The list by hand: a thousand signals have 5 ms. A test holds it against the schema. */
export function latestJson(samples: readonly LatestSample[], limit: number): string {
  const times = new IsoTimeWriter();
  const count = Math.min(limit, samples.length);
  let items = '';
  for (let i = 0; i < count; i += 1) {
    const sample = samples[i];
    if (!sample) break;
    const { signal, value, statusCode, sourceTimestamp } = sample;
    items +=
      `${i === 0 ? '' : ','}{"signal":${JSON.stringify(signal)},"value":${valueJson(value)},` +
      `"statusCode":${statusCode},"sourceTimestamp":"${times.write(sourceTimestamp)}"}`;
  }
  const next = count < samples.length ? `,"next":"${samples[count - 1]?.signalNo}"` : '';
  return `{"items":[${items}]${next}}`;
}
