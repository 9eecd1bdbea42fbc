import { actionsRoute } from '#contracts/api/session.ts';
import type { ApiContext } from '../api-context.ts';
import { ApiProblem } from '../api-problem.ts';
import type { RouteTable } from '../route-table.ts';

export function addActionsRoute(routes: RouteTable, context: ApiContext): void {
  routes.get(actionsRoute, ({ query }) => {
    const { limit, cursor } = query;
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
      const message = 'is not the "next" of a page of this list';
      throw new ApiProblem('BAD_PARAMETER', `cursor: ${message}`, { issues: [{ path: 'cursor', message }] });
    }
    const before = cursor === undefined ? undefined : Number(cursor);
    const items = context.actions.entries(before, limit + 1);
    const last = items[limit - 1];
    return items.length > limit && last ? { items: items.slice(0, limit), next: String(last.id) } : { items };
  });
}
