import { gapsRoute, MAX_GAPS } from '#contracts/api/gaps.ts';
import { nsToIso } from '#domain/time.ts';
import type { ApiContext } from '../api-context.ts';
import type { RouteTable } from '../route-table.ts';
import { findMachine } from './machines.ts';
import { rangeOf } from './time-range.ts';

export function addGapsRoute(routes: RouteTable, context: ApiContext): void {
  routes.get(gapsRoute, async ({ query }) => {
    const range = rangeOf(query, context.clock);
    if (query.machine !== undefined) findMachine(context, query.machine);
    const gaps = await context.gate.run(() => context.store.gaps(range, query.machine));
    const items = gaps.slice(-MAX_GAPS).map(({ machine, signal, from, to, cause }) => ({
      ...(machine === undefined ? {} : { machine }),
      ...(signal === undefined ? {} : { signal }),
      from: nsToIso(from),
      to: nsToIso(to),
      cause,
    }));
    return { items };
  });
}
